# SPDX-License-Identifier: BSD-3-Clause
"""Our /init and a busybox, natively and under KVM of each kind, to their last lines: everywhere the same text."""

from __future__ import annotations

import lzma
import re
from functools import cache
from pathlib import Path

import pytest

from simobjects import EventKind, LinuxGuest, Simulation
from simobjects.boards import NATIVE, bamboo
from simobjects.linux.fit import make_fit
from simobjects.linux.programs import initramfs
from tests.helpers.cross import needed
from tests.helpers.small_programs import console

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not ORACLE.is_dir(), reason="no Linux kernels beside the project (../shared/oracle)"),
]
UNDER = [NATIVE, "e0", "e3b", "e4", "e6"]
ENOUGH = 500_000_000
"""References. A guest that resets itself under KVM spins in its kernel, with its clock ticking, for ever."""


def guest(folder: Path, kernel: bytes) -> Path:
    """A folder as a build leaves it."""
    (folder / "vmlinux").write_bytes(kernel)
    (folder / "vmlinux-kvm").write_bytes(make_fit(kernel, "vmlinux")[0])
    return folder


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kernel that has /dev/mem, and our /init."""
    needed()
    made = guest(tmp_path_factory.mktemp("ours"), lzma.decompress((ORACLE / "kvm-linux" / "vmlinux61.xz").read_bytes()))
    (made / "initramfs.cpio").write_bytes(initramfs(None, (), made))
    return made


@pytest.fixture(scope="module")
def busybox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kernel without, and a busybox with a script."""
    made = guest(tmp_path_factory.mktemp("busybox"), (ORACLE / "linux" / "vmlinux-soft").read_bytes())
    (made / "initramfs.cpio").write_bytes((ORACLE / "linux" / "initramfs-bbsf.cpio").read_bytes())
    return made


@cache
def lines(folder: Path, under: str, arguments: str, end: EventKind) -> tuple[str, ...]:
    """What the guest printed, from its first program on."""
    system = bamboo(LinuxGuest(built=str(folder), arguments=arguments), under, memory="128MiB")
    simulation = Simulation(system)
    assert list(simulation.run(references=ENOUGH))[-1].kind is end
    text = re.sub(r"^\[ *[\d.]+\] ", "", console(simulation).replace("\r", ""), flags=re.MULTILINE)
    return tuple(text.partition("Run /init as init process\n")[2].splitlines())


@pytest.mark.parametrize("under", UNDER)
def test_our_init_through_all_windows(under: str, ours: Path) -> None:
    found = lines(ours, under, "scale=10", EventKind.END_OF_WORKLOAD)
    assert (found[0], found[-1]) == ("GUEST-START", "GUEST-DONE")
    assert [int(line.split()[1]) for line in found[1:-1]] == list(range(1, 19))
    assert found == lines(ours, NATIVE, "scale=10", EventKind.END_OF_WORKLOAD)


@pytest.mark.parametrize("under", UNDER)
def test_busybox_through_its_script(under: str, busybox: Path) -> None:
    """Under KVM, which only stores DBCR0, the restart does not end the run."""
    found = lines(busybox, under, "N=5", EventKind.END_OF_WORKLOAD if under == NATIVE else EventKind.REFERENCE_LIMIT)
    assert (found[0], found[-2:]) == ("BB-START N=5", ("BB-DONE", "reboot: Restarting system"))
    assert "RESULT forks 30" in found
    assert found == lines(busybox, NATIVE, "N=5", EventKind.END_OF_WORKLOAD)
