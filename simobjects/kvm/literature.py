# SPDX-License-Identifier: BSD-3-Clause
"""What the objects of KVM cite: commits of Linux by their hashes."""

from __future__ import annotations

from collections.abc import Mapping

from simobjects.framework import Citation
from simobjects.ppc440.literature import LINUX

_BLANCHARD = "Blanchard, Hollis"


def _commit(name: str, title: str, author: str, year: int) -> Citation:
    return Citation(f"linux{name[:8]}", title, (author,), year, how=f"Linux commit {name}")


COMMITS: Mapping[str, Citation] = {
    name: _commit(name, title, author, year)
    for name, title, author, year in (
        ("bbf45ba57e", "KVM for the PowerPC 440", _BLANCHARD, 2008),
        ("20754c2495", "KVM for the PowerPC 440: the host's TLB is not saved", LINUX, 2008),
        ("83aae4a809", "KVM: ppc: Write only modified shadow entries into the TLB on exit", _BLANCHARD, 2008),
        ("49dd2c4928", "KVM: powerpc: Map guest userspace with TID=0 mappings", _BLANCHARD, 2008),
        ("fe4e771d5c", "KVM for the PowerPC 440: user mappings go with the guest's context", LINUX, 2008),
        ("df9b856c45", "KVM for the PowerPC 440: guest memory is not guarded", LINUX, 2008),
        ("7924bd4109", "KVM: ppc: directly insert shadow mappings into the hardware TLB", _BLANCHARD, 2008),
        ("c5fbdffbda", "KVM for the PowerPC 440: mappings are saved at context switches", LINUX, 2008),
        ("f5d0906b5b", "KVM for the PowerPC 440: one flush too many goes", LINUX, 2009),
    )
}
"""By the first ten digits. Titles with a subsystem in front are those of the commits, the others say what they do."""

KVM = Citation(
    key="kvm440",
    title="KVM for embedded PowerPC: arch/powerpc/kvm",
    authors=(_BLANCHARD, "Ehrhardt, Christian"),
    year=2008,
    how="Linux 2.6.26 to 3.16",
)
PARAVIRTUAL = _commit("2a342ed577", "KVM: PPC: Implement hypervisor interface", "Graf, Alexander", 2010)
"""The series that brought the page of privileged registers."""
