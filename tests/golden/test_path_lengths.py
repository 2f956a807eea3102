# SPDX-License-Identifier: BSD-3-Clause
"""Instructions from exit to the guest's next instruction, beside those that real kernels took.

The published figures contain the guest's own instructions: two for an mfspr or a load (with the loop's branch), ten for
a triple of tlbwe.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.bare_metal_guest import BareMetalGuest
from tests.golden.truth_study import Case

PAGE = Path(__file__).parents[2] / "docs" / "model.md"
MFSPR, VIRT, TLBWE = "emulated mfspr", "virt miss in a 16 MiB entry, mean", "three tlbwe for an unused address"
GUEST = {MFSPR: 2, VIRT: 2, TLBWE: 10}
LINES = {
    MFSPR: ("5 0 0 {n} 0 0 0 2 63 0 0 1 0", 0, 2000),
    VIRT: ("0 64 0 0 0 {n} 0 2 63 0 1 0 0", 640, 3200),
    TLBWE: ("4 0 0 0 0 0 0 2 63 1 0 {n} 0", 200, 1200),
}
"""Case line, and two repetition counts; the difference of the two runs is the steady state."""

REAL = {
    ("e0", "2.6.27"): {MFSPR: 1506, VIRT: 2000, TLBWE: 9522},
    ("e3", "2.6.28"): {MFSPR: 676, VIRT: 1249, TLBWE: 7198},
    ("e6", "3.14.79"): {MFSPR: 414, VIRT: 893, TLBWE: 4568},
}


def path_length(scheme: str, event: str) -> float:
    line, few, many = LINES[event]
    totals = []
    for count in (few, many):
        guest = BareMetalGuest(Case.of(line.format(n=count)), scheme, 62)
        guest.run()
        totals.append(guest.instructions())
    return (totals[1] - totals[0]) / (many - few) + GUEST[event]


MEASURED = {(key, event): path_length(key[0], event) for key in REAL for event in GUEST}


@pytest.mark.parametrize("key", [key for key in REAL if key[0] != "e6"], ids=str)
@pytest.mark.parametrize("event", list(GUEST))
def test_the_defaults_are_within_five_percent_of_the_old_kernels(key: tuple[str, str], event: str) -> None:
    assert MEASURED[key, event] == pytest.approx(REAL[key][event], rel=0.05)


@pytest.mark.parametrize("key", [("e0", "2.6.27"), ("e3", "2.6.28")], ids=str)
def test_an_emulated_mfspr_is_exact(key: tuple[str, str]) -> None:
    assert MEASURED[key, MFSPR] == REAL[key][MFSPR]


def table() -> str:
    """The table of docs/model.md section 7."""
    lines = ["| event | " + " | ".join(f"{kernel} | model, {scheme}" for scheme, kernel in REAL) + " |"]
    lines.append("|---|" + "---:|" * (2 * len(REAL)))
    for event in GUEST:
        cells = (f"{REAL[key][event]} | {MEASURED[key, event]:.0f}" for key in REAL)
        lines.append(f"| {event} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def test_the_page_shows_them() -> None:
    assert table() in PAGE.read_text()
