# SPDX-License-Identifier: BSD-3-Clause
"""Counters of real kernels: the same guest under the same scheme must give the same exits.

`kvm_counters.csv` holds what KVM's debugfs counters said under Linux 3.14.79 (E6), 2.6.28 (E3) and 2.6.27 (E0) for a
bare-metal guest under an emulator. Without a heavy exit in the run E4 does what E6 does; as long as the guest's PID
does not change E3b does what E3 does; E1 counts as E0. The FIFO position that a case began with is not known for the
old kernels, so every one is tried; E6 does not depend on it.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.golden.bare_metal_guest import BareMetalGuest
from tests.golden.truth_study import Case

COUNTERS = ("itlb_v", "dtlb_v", "dtlb_r", "inst_emu", "sysc", "mmio")
ALL_MODES = {0, 1, 2, 3, 4, 6}
ONE_PID = {0, 1, 4}


def recorded(kernel: str, modes: set[int]) -> list[tuple[str, int, dict[str, int]]]:
    """(case, hwater, counters) of a kernel, for cases of some modes."""
    with (Path(__file__).parent / "kvm_counters.csv").open() as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    return [
        (row["case"], int(row["hwater"]), {name: int(row[f"{kernel}:{name}"]) for name in COUNTERS})
        for row in rows
        if row[f"{kernel}:itlb_v"] and int(row["case"].split()[0]) in modes
    ]


@pytest.mark.parametrize("scheme", ["e4", "e6"])
@pytest.mark.parametrize(("line", "hwater", "expected"), recorded("3.14.79", ALL_MODES))
def test_direct_insertion_counts_as_linux_3_14(line: str, hwater: int, expected: dict[str, int], scheme: str) -> None:
    counted = BareMetalGuest(Case.of(line), scheme, hwater).run()
    assert {name: counted[name] for name in COUNTERS} == expected


@pytest.mark.parametrize(
    ("scheme", "line", "hwater", "expected"),
    [("e3", *case) for case in recorded("2.6.28", ALL_MODES)]
    + [("e3b", *case) for case in recorded("2.6.28", ONE_PID)]
    + [("e0", *case) for case in recorded("2.6.27", ALL_MODES)]
    + [("e1", *case) for case in recorded("2.6.27", ALL_MODES)],
)
def test_shadow_arrays_count_as_linux_2_6(scheme: str, line: str, hwater: int, expected: dict[str, int]) -> None:
    for start in range(hwater + 1):
        counted = BareMetalGuest(Case.of(line), scheme, hwater, start).run()
        if {name: counted[name] for name in COUNTERS} == expected:
            return
    pytest.fail(f"no FIFO position gives {expected}; the last gave {counted}")
