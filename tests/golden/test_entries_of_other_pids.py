# SPDX-License-Identifier: BSD-3-Clause
"""What becomes of a guest entry for another PID between its tlbwe and an access by the current process.

KVM maps the entry at its tlbwe, whatever its TID. From E3 on that shadow has TID 0, so the current process reads the
other one's page, unless something takes the shadow away before: a heavy exit does so in E4 and E5, whose put sweeps and
whose load brings nothing back (E4 keeps no copy, and E5 reads back what its surplus flush has left, which is nothing).
E3 and E3b load their shadow TLB again, and E6 what its put has read back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simobjects.isa import arch
from tests.differential.encode import NOP, d_form, i_form, load_constant, spr_form, x_form
from tests.helpers.kvm_guests import SCHEMES, run_guest
from tests.helpers.small_programs import MARKERS, START, STAY, elf_file, say, store

LWZ, STW = 32, 36
MTSPR, MFSPR, TLBWE = 467, 339, 978
MMUCR, IVPR, IVOR13, SPRG3 = arch.SPR.MMUCR, arch.SPR.IVPR, arch.SPR.IVOR13, arch.SPR.SPRG3
PAGE, FRAME, ENTRY, OTHER_PID = 0x4000_0000, 0x0080_0000, 3, 5
WORDS = {word: arch.entry(PAGE, FRAME, 4096, arch.USER | arch.SUPERVISOR)[word] for word in (1, 2, 0)}
"""The entry's words in the order in which they are written: it is valid, and mapped, with the last one only."""
READ, MISSED = 0xAAAA_0005, 0x5555
TOLD = 0x40
HANDLER = 0x10
TELL = [*load_constant(9, MARKERS + TOLD), d_form(STW, 3, 9, 0), STAY]

NOTHING: list[int] = []
LIGHT_EXIT = [spr_form(MFSPR, 20, SPRG3)]
HEAVY_EXIT = say("x")


def set_spr(number: int, value: int) -> list[int]:
    return [*load_constant(4, value), spr_form(MTSPR, 4, number)]


def program(between: list[int]) -> list[int]:
    """PID 0 fills a page, writes an entry of another PID for it, and reads the page through that entry's address."""
    handler = [d_form(14, 3, 0, MISSED), *TELL]
    write_entry = [
        word for number, value in WORDS.items() for word in (*load_constant(4, value), x_form(31, TLBWE, 4, 5, number))
    ]
    main = [
        *store(FRAME, READ),
        *set_spr(IVPR, START & 0xFFFF_0000),
        *set_spr(IVOR13, HANDLER),
        *set_spr(MMUCR, OTHER_PID),
        *load_constant(5, ENTRY),
        *load_constant(8, PAGE),
        *write_entry,
        *between,
        d_form(LWZ, 3, 8, 0),
        *TELL,
    ]
    return [i_form(HANDLER + 4 * len(handler), 0, 0), NOP, NOP, NOP, *handler, *main]


def run(folder: Path, scheme: str, between: list[int]) -> tuple[int, dict[str, Any]]:
    """What the guest told, and the exits and maps of the host."""
    ended = run_guest(elf_file(folder / "guest.elf", program(between)), scheme)
    ended.assert_spins()
    simulation = ended.simulation
    ((_, told),) = simulation.peers[simulation.system.board.marker].log()
    exits = simulation.stats.by_label("system.host.exits_by_kind")
    return told, {**exits, "eager_other_tid": simulation.stats["system.host.eager_other_tid"]}


@pytest.mark.parametrize(
    ("between", "readers"),
    [
        pytest.param(NOTHING, SCHEMES[3:], id="nothing between"),
        pytest.param(LIGHT_EXIT, SCHEMES[3:], id="a light exit between"),
        pytest.param(HEAVY_EXIT, ("e3", "e3b", "e6"), id="a heavy exit between"),
    ],
)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_who_reads_the_page_of_another_process(
    scheme: str, between: list[int], readers: tuple[str, ...], tmp_path: Path
) -> None:
    told, counted = run(tmp_path, scheme, between)
    assert counted["eager_other_tid"] == 1
    assert counted["mmio"] == 1 + (between is HEAVY_EXIT)
    if scheme in readers:
        assert (told, counted["dtlb_r"]) == (READ, 0)
    else:
        assert (told, counted["dtlb_r"]) == (MISSED, 1)
