# SPDX-License-Identifier: BSD-3-Clause
"""Linux kernels as hosts, by name: which shadow scheme each had, and which numbers of the cost model were its own.

`HostKernel(kernel=...)` takes these names. A user's own kernel is a Release and one call of `register_release`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from simobjects.base.names import nearest

PARENT = "c0ca609c5f"
COMMIT = "7924bd4109"
EMULATION = "2.6.29"
"""Of a release that says nothing else."""


@dataclass(frozen=True)
class Release:
    """What a kernel of the host means for the simulation.

    Attributes:
        name: by which `HostKernel(kernel=...)` takes it.
        scheme: the short name of its shadow scheme.
        costs: parameters of the CostModel that differ from its defaults, mostly instructions of C paths; each is used
            unless the script gives another.
        host: parameters of the HostKernel, beside the scheme, that differ from its defaults (those of 2.6.29).
    """

    name: str
    scheme: str
    costs: Mapping[str, int] = field(default_factory=dict)
    host: Mapping[str, object] = field(default_factory=dict)

    @property
    def emulation(self) -> str:
        """Which instructions and registers its KVM emulates: `HostKernel.emulation`."""
        return str(self.host.get("emulation", EMULATION))


OF_2_6_29 = {"c_emulate": 82, "search_entry": 14}
OF_3_14 = {"c_dispatch": 158, "c_emulate": 98, "c_hand_on": 86, "search_entry": 14}
"""Instructions of C paths. A search of the guest's TLB takes 14 for an entry that lies below the address, as all do
that come before the kernel's. Of an emulated mfspr 256 are in C in 3.14 (a path length). The others are fitted to a
Linux guest in windows: docs/kvm-truth-linux.md. The defaults are those of 2.6.27 and 2.6.28."""


def _releases() -> list[tuple[int, int, int]]:
    return [*((2, 6, minor) for minor in range(30, 40)), *((3, minor, 0) for minor in range(17))]


def _later(release: tuple[int, int, int]) -> Release:
    """A release from 2.6.30 on.

    What 3.6 emulates came between 2.6.33 and 3.6 in steps that are not known here. Of what 3.14 emulates besides, the
    sources of 3.6 have nothing and those of 3.10 have the device control registers; all of it is given from 3.7 on.
    Path lengths were measured on 2.6.29's code and on 3.14; what lies between has those of 2.6.29.
    """
    host: dict[str, object] = {}
    if release >= (2, 6, 33):
        host |= {"decrementer": "exact", "emulation": "2.6.33"}
    if release >= (2, 6, 34):
        host |= {"index_bug": False, "syndrome": "delivery"}
    if release >= (3, 4, 0):
        host["tsr_dis"] = "expiry"
    if release >= (3, 6, 0):
        host["emulation"] = "3.6"
    if release >= (3, 7, 0):
        host["emulation"] = "3.14"
    name = ".".join(map(str, release if release[0] == 2 else release[:2]))
    return Release(name, "e6", OF_3_14 if release >= (3, 14, 0) else OF_2_6_29, host)


BUILT_IN = (
    Release("2.6.26", "e0", {"e0_entry": 59}, {"tsr_dis": "delivery"}),
    Release("2.6.27", "e0", {"e0_entry": 62}, {"tsr_dis": "delivery"}),
    Release("2.6.28", "e3", host={"tsr_dis": "delivery"}),
    Release("parent", "e3b", OF_2_6_29),
    Release("commit", "e4", OF_2_6_29),
    Release("2.6.29", "e5", OF_2_6_29),
    *map(_later, _releases()),
)
"""KVM on the 440 came with 2.6.26 and went with 3.17. "commit" is 7924bd4109, "parent" the state before it."""

RELEASES: dict[str, Release] = {release.name: release for release in BUILT_IN}

_ALSO = {PARENT: "parent", COMMIT: "commit"}


def register_release(release: Release) -> Release:
    """Make a kernel known to `HostKernel(kernel=...)`.

    A script that is executed again registers its kernel again: the new one takes the place of the old.

    Args:
        release: of a name that no kernel of ours has.

    Returns:
        The same.

    Raises:
        ValueError: it has no name, or that of one of ours.
    """
    if not release.name:
        raise ValueError("a release without a name cannot be chosen; give it one")
    found = find_release(release.name)
    if found is not None and found in BUILT_IN:
        raise ValueError(f"there is a kernel {release.name!r} already: {found.name}, with scheme {found.scheme}")
    RELEASES[release.name] = release
    return release


def find_release(name: str) -> Release | None:
    """The kernel of that name, or None.

    Args:
        name: a release, `parent`, `commit` or the number of one of the two commits. A stable release is its base:
            2.6.28.10 is 2.6.28, 3.14.79 is 3.14.
    """
    base = re.fullmatch(r"(2\.6\.\d+|[3-9]\.\d+)(\.\d+)?", name)
    return RELEASES.get(name) or RELEASES.get(base[1] if base else _ALSO.get(name, name))


def known_releases() -> str:
    """What a report says may be chosen."""
    own = [release.name for release in RELEASES.values() if release not in BUILT_IN]
    return ", ".join(["a kernel with KVM for the 440: 2.6.26 to 3.16", "parent or commit", *own])


def nearest_release(name: str) -> str | None:
    """The known name that looks most like it; for a release before the first or after the last, that one."""
    version = re.fullmatch(r"(\d)\.(\d{1,2})(?:\.(\d\d?))?", name)
    if version is not None:
        number = tuple(int(part or 0) for part in version.groups())
        for known, outside in (("2.6.26", number < (2, 6, 26)), ("3.16", number >= (3, 17))):
            if outside:
                return known
    return nearest(name, [*RELEASES, *_ALSO])
