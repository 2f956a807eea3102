# SPDX-License-Identifier: BSD-3-Clause
"""A Linux 6.1 guest to its last line, window by window against real hosts: what is the guest's own doing is equal.

The real hosts are Linux kernels whose KVM ran the same guest under an emulator: an instruction takes 0.4 ticks of the
timebase. The device tree says that the clock is ten times as fast, so that ticks of the guest are rare.
"""

from __future__ import annotations

import csv
import lzma
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from simobjects import CostModel, ElfProgram, EventKind, HostKernel, Simulation, System
from tests.helpers.kvm_guests import guest_system
from tests.helpers.small_programs import console

GUEST = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "kvm-linux"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GUEST.is_dir(), reason="no guest beside the project (../shared/oracle/kvm-linux)"),
]
COLUMNS = ("itlb_r", "dtlb_r", "sysc", "isi", "dsi", "mmio", "dcr")
"""KVM's counters that do not depend on what the host does meanwhile."""
KERNELS = ("3.14", "2.6.29", "commit", "parent", "2.6.27")
WINDOWS = [1, *range(1, 19)]


class Prepared(ElfProgram):
    """A program whose device tree is taken as it is."""

    def _tree(self, initrd: tuple[int, int] | None) -> bytes:
        return Path(self.device_tree).read_bytes()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the guest's kernel, as the hosts from 3.14 on can run it (`new`), and the earlier ones (`old`)."""
    made = tmp_path_factory.mktemp("guest")
    (made / "vmlinux").write_bytes(lzma.decompress((GUEST / "vmlinux61.xz").read_bytes()))
    for name, more in (("new", []), ("old", ["old"])):
        subprocess.run([sys.executable, GUEST / "patch.py", made / "vmlinux", made / name, *more], check=True)
    return made


def machine(elf: Path, kernel: str) -> System:
    """The guest under that host."""
    system = guest_system(elf, "e4")
    system.clock = 2_000_000_000
    system.core.timebase_ratio = 5
    system.core.workload = Prepared(
        str(elf), memory="32MiB", start="kvm", device_tree=str(GUEST / "guest.dtb"), initrd=str(GUEST / "guest.cpio")
    )
    system.host = HostKernel(kernel=kernel)
    system.core.exceptions = system.host.exits
    system.costs = CostModel(guest_cpi=2, host_cpi=2)
    return system


@cache
def boot(elf: Path, kernel: str) -> Simulation:
    """Run to the end under that host."""
    simulation = Simulation(machine(elf, kernel))
    last = list(simulation.run())[-1]
    assert (last.kind, last.payload["reason"]) == (EventKind.END_OF_WORKLOAD, "marker")
    return simulation


def windows(simulation: Simulation) -> list[tuple[int, dict[str, int]]]:
    """The windows that the guest marked, with their numbers."""
    found = [window for window in simulation.stats.windows() if window.label.startswith("marker")]
    return list(zip(WINDOWS, (each.counts("system.host.exits_by_kind") for each in found), strict=True))


def real(kernel: str) -> list[dict[str, str]]:
    with (GUEST / "windows.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["kernel"] == kernel]


@pytest.mark.parametrize("kernel", KERNELS)
def test_the_guest_reaches_its_last_line_and_counts_as_under_the_real_host(kernel: str, folder: Path) -> None:
    simulation = boot(folder / ("new" if kernel == "3.14" else "old"), kernel)
    lines = console(simulation).replace("\r", "").splitlines()
    assert lines[-1] == "GUEST-DONE"
    assert [line for line in lines if line.startswith("RESULT")][:3] == [
        "RESULT touch32 000fe4c0",
        "RESULT touch56 0022c720",
        "RESULT touch128 00d2d700",
    ]
    model = dict(windows(simulation))
    rows = real(kernel)
    assert len(rows) > 0
    for row in rows:
        counts = model[int(row["window"])]
        assert {name: counts[name] for name in COLUMNS} == {name: int(row[name]) for name in COLUMNS}, row["name"]


def test_window_3_has_32_data_misses(folder: Path) -> None:
    """The guest patches its own handler at boot, and the patched word is executed: its TLB has 64 entries, not 1."""
    counts = dict(windows(boot(folder / "new", "3.14")))
    assert counts[3]["dtlb_r"] == 32
    assert counts[3]["inst_emu"] == 593
