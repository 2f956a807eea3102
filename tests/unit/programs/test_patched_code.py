# SPDX-License-Identifier: BSD-3-Clause
"""Code that a guest changes: KVM empties the instruction cache at each entry, so the next exit makes it seen."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import Simulation
from tests.helpers.patching import Action, program, result, system_of

PATCH, CALL, EXIT = ("patch", 3, 1), ("call", 3), ("exit",)
"""The routine adds 1 to r3, patched 100."""
SCHEMES = ("e0", "e1", "e2", "e3", "e3b", "e4", "e5", "e6")


def elf_of(folder: Path, *actions: Action) -> Path:
    elf = folder / "p.elf"
    elf.write_bytes(program(actions))
    return elf


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_patch_is_seen_after_the_next_entry(scheme: str, tmp_path: Path) -> None:
    """The first call and store take the misses of their page; after them only `exit` leaves the guest."""
    warm = [CALL, ("fill", 3, 1), CALL]
    assert result(elf_of(tmp_path, *warm, PATCH, CALL), scheme) == 3, "no exit between store and call"
    assert result(elf_of(tmp_path, *warm, PATCH, EXIT, CALL), scheme) == 102
    assert result(elf_of(tmp_path, *warm, PATCH, ("iccci",), CALL), scheme) == 102, "the trapped iccci itself is one"
    assert result(elf_of(tmp_path, *warm, PATCH, ("icbi", 3), CALL), scheme) == 102, "icbi does not trap"


def test_what_was_not_executed_since_the_entry_is_not_in_the_cache(tmp_path: Path) -> None:
    warm = [CALL, ("fill", 3, 1), CALL]
    assert result(elf_of(tmp_path, *warm, EXIT, PATCH, CALL), "e4") == 102
    assert result(elf_of(tmp_path, *warm, EXIT, CALL, PATCH, CALL), "e4") == 4


def test_a_patch_of_the_page_being_executed(tmp_path: Path) -> None:
    own, warm = ("call", 0), [("call", 0), ("fill", 0, 1), ("call", 0)]
    assert result(elf_of(tmp_path, *warm, ("patch", 0, 1), own), "e4") == 3
    assert result(elf_of(tmp_path, *warm, ("patch", 0, 1), EXIT, own), "e4") == 102


@pytest.mark.parametrize("many", [2, 255, 256, 1000])
def test_a_patch_after_many_stores_to_the_page(many: int, tmp_path: Path) -> None:
    """Stores that are many are not heard one by one any more."""
    warm = [CALL, ("fill", 3, 1), CALL, ("fill", 3, many)]
    assert result(elf_of(tmp_path, *warm, PATCH, EXIT, CALL), "e4") == 102
    assert result(elf_of(tmp_path, *warm, PATCH, EXIT, CALL, ("patch", 3, 5), EXIT, CALL), "e4") == 109


def test_without_iccci_at_the_entries_only_icbi_helps(tmp_path: Path) -> None:
    warm = [CALL, ("fill", 3, 1), CALL]
    assert result(elf_of(tmp_path, *warm, PATCH, EXIT, CALL), "e4", iccci=False) == 3
    assert result(elf_of(tmp_path, *warm, PATCH, ("icbi", 3), CALL), "e4", iccci=False) == 102


def test_loads_and_stores_are_counted_by_the_code_that_was_executed(tmp_path: Path) -> None:
    """A word that loads in place of one that does not moves the counts of all that follow in its page."""
    first = [("call", 1), ("patch", 1, 3), EXIT, ("call", 1)]
    second = [("call", 2), ("patch", 2, 4), EXIT, ("call", 2)]
    elf = elf_of(tmp_path, *first, *second)
    simulation = Simulation(system_of(elf, "e4"))
    list(simulation.run())
    assert simulation.stats["system.core.loads"] == 1
    assert simulation.stats["system.core.stores"] == 3
