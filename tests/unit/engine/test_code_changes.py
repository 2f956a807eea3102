# SPDX-License-Identifier: BSD-3-Clause
"""Decoded code and writes to it: the instruction cache is not coherent, icbi and tools are heard, stores if wanted."""

from __future__ import annotations

import pytest

from simobjects.isa.arch import SPR, VECTOR
from tests.helpers.assembler import asm
from tests.helpers.bare_board import BareBoard

CODE, ROUTINE = 0x10000, 0x20000
RETURN = asm("bclr", bo=20, bi=0)


def before_patching(*between: int, strict: bool = False) -> BareBoard:
    """A routine that returns 1 is called, patched to return 2 (r6 holds the new word), and called again."""
    board = BareBoard(1 << 20, strict=strict)
    call = [asm("mtspr", spr=SPR.CTR, rs=7), asm("bcctr", bo=20, bi=0) | 1]
    board.load_words(CODE, *call, asm("stw", rs=6, ra=7, d=0), *between, *call, asm("b", li=0))
    board.load_words(ROUTINE, asm("addi", rt=3, ra=3, si=1), RETURN)
    for name, value in {"pc": CODE, "r6": asm("addi", rt=3, ra=3, si=100), "r7": ROUTINE}.items():
        board.core.write_register(name, value)
    return board


def patching(*between: int, strict: bool = False) -> BareBoard:
    """The same, at its end."""
    board = before_patching(*between, strict=strict)
    board.core.advance(-1, -1)
    return board


def patching_to_the_store() -> BareBoard:
    """The same, after the first call and the store."""
    board = before_patching()
    board.core.step(5)
    return board


def test_without_icbi_the_old_code_runs() -> None:
    assert patching().core.read_register("r3") == 2


def test_icbi_and_isync_show_the_new_code() -> None:
    board = patching(asm("dcbst", ra=0, rb=7), asm("msync"), asm("icbi", ra=0, rb=7), asm("isync"))
    assert board.core.read_register("r3") == 101


def test_iccci_does_too() -> None:
    assert patching(asm("iccci", ra=0, rb=0), asm("isync")).core.read_register("r3") == 101


def test_the_strict_mode_hears_stores_and_counts_them() -> None:
    board = patching(strict=True)
    named = dict(zip(board.core.diagnostic_names(), board.core.read_stats()["diagnostics"], strict=True))
    assert board.core.read_register("r3") == 101
    assert named["store_to_code"] == 1


def test_what_a_loader_or_debugger_writes_is_code_at_once() -> None:
    board = BareBoard(1 << 20)
    board.load_words(CODE, asm("addi", rt=3, ra=0, si=1), asm("b", li=-4))
    board.core.write_register("pc", CODE)
    board.core.step(4)
    board.core.write_memory(CODE, asm("addi", rt=3, ra=0, si=7).to_bytes(4, "big"))
    board.core.step(2)
    assert board.core.read_register("r3") == 7


@pytest.mark.parametrize("slot_word", [0, 1])
def test_a_tlbwe_over_the_page_being_executed_takes_effect_at_once(slot_word: int) -> None:
    """The functional mode keeps nothing stale: the next instruction is fetched through the new entry, or misses."""
    board = BareBoard(1 << 20)
    board.tlb.write_all(3, 0x40000210, 0x10000, 0x07)
    board.load_words(CODE, asm("tlbwe", rs=5, ra=4, ws=slot_word), asm("addi", rt=3, ra=0, si=1), asm("b", li=0))
    board.load_words(0x11000, 0, asm("addi", rt=3, ra=0, si=2), asm("b", li=0))
    board.load_words(0, asm("b", li=0))
    for name, value in {"pc": 0x40000000, "r4": 3, "r5": 0 if slot_word == 0 else 0x11000}.items():
        board.core.write_register(name, value)
    board.core.advance(-1, -1)
    assert board.core.read_register("r3") == (0 if slot_word == 0 else 2)
    assert board.core.read_stats()["interrupts"][VECTOR.ITLB] == (slot_word == 0)


def test_a_checkpoint_has_the_code_that_memory_no_longer_has() -> None:
    """Saved between the store and the second call, the restored core goes on executing the old words, too."""
    whole, part = patching_to_the_store(), BareBoard(1 << 20)
    for name in ("tlb", "memory", "core"):
        getattr(part, name).restore(getattr(whole, name).save())
    for board in (whole, part):
        board.core.advance(-1, -1)
        assert board.core.read_register("r3") == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("code_pages", b"123"),
        ("code_pages", "none"),
        ("code_pages", (2 * 256).to_bytes(4, "big")),
        ("code_pages", bytes(4 * 8193)),
        ("code_bytes", bytes(4096)),
        ("code_bytes", bytes(4100 * 9)),
        ("code_bytes", (2 * 256).to_bytes(4, "big") + bytes(4096)),
    ],
)
def test_no_state_puts_code_where_none_can_be(field: str, value: bytes) -> None:
    board = patching_to_the_store()
    state = board.core.save()
    with pytest.raises(ValueError, match="code"):
        board.core.restore({**state, field: value})
