# SPDX-License-Identifier: BSD-3-Clause
"""A guest that does nothing but use a device leaves to the VMM each time: each costs what the first did."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from simobjects import Simulation
from tests.differential.encode import d_form, i_form, load_constant
from tests.helpers.kvm_guests import guest_system
from tests.helpers.small_programs import MARKERS, UART, elf_file

FLOODS = {
    "prints": (UART, d_form(38, 10, 9, 0)),  # stb to the data register
    "polls": (UART, d_form(34, 10, 9, 5)),  # lbz of the line's status
    "notes": (MARKERS, d_form(36, 10, 9, 0x20)),  # stw of a value that is kept
}


def seconds(elf: Path, scheme: str, references: int) -> tuple[float, int]:
    """Of the processor's time for so many references, and how often the vcpu left the processor."""
    simulation = Simulation(guest_system(elf, scheme))
    begun = time.process_time()
    simulation.run_all(references=references)
    return time.process_time() - begun, simulation.stats.count("system.host.puts")


@pytest.mark.parametrize("scheme", ["e3b", "e4"])
@pytest.mark.parametrize("flood", FLOODS)
def test_the_last_access_costs_what_the_first_did(tmp_path: Path, flood: str, scheme: str) -> None:
    """Sixteen times as many take some sixteen times as long; what grows with what was before would take 256 times."""
    base, access = FLOODS[flood]
    elf = elf_file(tmp_path / "p.elf", [*load_constant(9, base), *load_constant(10, 65), access, i_form(-4, 0, 0)])
    few, many = 6_000, 96_000
    short = min(seconds(elf, scheme, few)[0] for _ in range(3))
    long, exits = seconds(elf, scheme, many)
    assert exits > many // 3
    assert long < 100 * max(short, 0.001)
