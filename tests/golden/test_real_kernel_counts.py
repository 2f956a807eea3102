# SPDX-License-Identifier: BSD-3-Clause
"""Counters of real kernels: the same guest under the same scheme must give the same exits.

`kvm_counters.csv` holds what KVM's debugfs counters said under Linux 3.14.79 (E6) and 2.6.28 (E3) for a bare-metal guest
under an emulator. Without a heavy exit in the run E6 does what E4 does. E3 does what E3b does as long as the guest's PID
does not change: E3 drops shadows at the next privilege switch only, so cases with user mode are left out. The FIFO position
that a case of 2.6.28 began with is not known, so every one is tried.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.golden.bare_metal_guest import BareMetalGuest, Case

COUNTERS = ("itlb_v", "dtlb_v", "dtlb_r", "inst_emu", "sysc", "mmio")


def recorded(kernel: str, modes: set[int]) -> list[tuple[str, int, dict[str, int]]]:
    """(case, hwater, counters) of a kernel, for cases of some modes."""
    with (Path(__file__).parent / "kvm_counters.csv").open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return [
        (row["case"], int(row["hwater"]), {name: int(row[f"{kernel}:{name}"]) for name in COUNTERS})
        for row in rows
        if row[f"{kernel}:itlb_v"] and int(row["case"].split()[0]) in modes
    ]


@pytest.mark.parametrize(("line", "hwater", "expected"), recorded("3.14.79", {0, 1, 2, 3, 4, 6}))
def test_the_commit_counts_as_linux_3_14(line: str, hwater: int, expected: dict[str, int]) -> None:
    counted = BareMetalGuest(Case.of(line), "e4", hwater).run()
    assert {name: counted[name] for name in COUNTERS} == expected


@pytest.mark.parametrize(("line", "hwater", "expected"), recorded("2.6.28", {0, 1, 4}))
def test_its_parent_counts_as_linux_2_6_28(line: str, hwater: int, expected: dict[str, int]) -> None:
    for start in range(hwater + 1):
        counted = BareMetalGuest(Case.of(line), "e3b", hwater, start).run()
        if {name: counted[name] for name in COUNTERS} == expected:
            return
    pytest.fail(f"no FIFO position gives {expected}; the last gave {counted}")
