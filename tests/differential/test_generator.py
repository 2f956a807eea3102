# SPDX-License-Identifier: BSD-3-Clause
"""The generator: it covers the instruction table, is repeatable, keeps its promises about loops and invalid forms."""

from __future__ import annotations

import random
import re
from pathlib import Path

from tests.differential import generate, layout
from tests.differential.writer import LONGEST

TABLE = Path(__file__).parents[2] / "cext" / "arch" / "isa440.def"
ROW = re.compile(r'^INSN\((\w+), "([^"]+)", (\d+), (-?\d+), (\w+), ([^,]+), "[^"]*"\)', re.MULTILINE)

# In the table and not generated, with the reason.
LEFT_OUT = {
    "isel": "Q15: QEMU's 440 does not have it",
    "icbt_old": "the older encoding, which QEMU's 440 does not have",
    "dcread": "QEMU loads from the address; the core reads a cache line's tag",
    "icread": "a read of the cache that nothing shows",
    "mftb": "time differs between the two",
    **dict.fromkeys(
        (
            "machhw",
            "machhws",
            "macchw",
            "macchws",
            "maclhw",
            "maclhws",
            "nmachhw",
            "nmachhws",
            "nmacchw",
            "nmacchws",
            "nmaclhw",
            "nmaclhws",
        ),
        "Q34, Q35",
    ),
}


def rows() -> list[tuple[str, int, int, str]]:
    """Of each instruction of the table: identifier, primary and extended opcode, form."""
    return [(m[1], int(m[3]), int(m[4]), m[5]) for m in ROW.finditer(TABLE.read_text())]


def matches(word: int, primary: int, xo: int, form: str) -> bool:
    if word >> 26 != primary:
        return False
    if xo < 0:
        return True
    extended = word >> 1 & 1023
    return (extended & 511 if form == "XO" else extended & 31 if form == "A" else extended) == xo


def many(*, hardware: bool = False) -> list[int]:
    rng = random.Random(440)
    words: list[int] = []
    for number in range(400):
        words += generate.sequence(rng, layout.FIRST_EA, user=number % 2 == 0, hardware=hardware)
    return words


def test_every_instruction_of_the_table_is_generated_or_left_out_for_a_reason() -> None:
    words = set(many())
    table = rows()
    assert len(table) > 150
    missing = {name for name, primary, xo, form in table if not any(matches(word, primary, xo, form) for word in words)}
    assert missing <= set(LEFT_OUT), missing - set(LEFT_OUT)
    assert not {name for name in LEFT_OUT if name not in {row[0] for row in table}}


def test_what_qemu_gets_wrong_is_generated_for_models_of_the_hardware() -> None:
    words = set(many(hardware=True))
    wrong_in_qemu = {"isel"} | {name for name, reason in LEFT_OUT.items() if reason == "Q34, Q35"}
    for name, primary, xo, form in rows():
        if name in wrong_in_qemu:
            assert any(matches(word, primary, xo, form) for word in words), name


def test_record_overflow_and_link_forms_are_generated() -> None:
    words = many()
    for name, primary, xo, form in rows():
        if name in LEFT_OUT or form != "XO":
            continue
        mine = [word for word in words if matches(word, primary, xo, form)]
        assert {word & 1 for word in mine} == {0, 1}, name
        if name not in ("mulhw", "mulhwu", "machhwu", "macchwu", "maclhwu"):
            assert {word >> 10 & 1 for word in mine} == {0, 1}, name
    assert {word & 3 for word in words if word >> 26 == 18} == {0, 1, 2, 3}


def test_a_seed_gives_the_same_words_anywhere_but_for_addresses() -> None:
    one = generate.sequence(random.Random(5), layout.FIRST_EA, user=False)
    assert one == generate.sequence(random.Random(5), layout.FIRST_EA, user=False)
    moved = generate.sequence(random.Random(5), layout.FIRST_EA + 0x1234 * 4, user=False)
    assert len(moved) == len(one)
    assert one != generate.sequence(random.Random(6), layout.FIRST_EA, user=False)


def test_sequences_are_at_most_256_long_and_backward_branches_only_count_down() -> None:
    rng = random.Random(1)
    for number in range(200):
        words = generate.sequence(rng, layout.FIRST_EA, user=number % 3 == 0)
        assert len(words) <= LONGEST
        for word in words:
            if word >> 26 == 16 and word & 0x8000 and not word & 2:
                assert word >> 21 & 31 == 16  # bdnz
            if word >> 26 == 18 and not word & 2:
                assert not word & 0x0200_0000


def test_update_forms_and_multiples_are_valid() -> None:
    for word in many():
        primary, t, a = word >> 26, word >> 21 & 31, word >> 16 & 31
        if primary in (33, 35, 41, 43):
            assert a not in (0, t)
        if primary == 46:
            assert a < t
