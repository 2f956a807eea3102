# SPDX-License-Identifier: BSD-3-Clause
"""The assembler's words, as GNU binutils writes them, and what it refuses."""

from __future__ import annotations

import re
from typing import Any

import pytest

from simobjects.isa.arch import SPR
from simobjects.isa.assemble import assemble
from simobjects.isa.disassemble import disassemble


@pytest.mark.parametrize(
    ("word", "text", "expected"),
    [
        (assemble("lwz", rt=5, ra=4, d=-4), "lwz     r5,-4(r4)", 0x80A4FFFC),
        (assemble("mtspr", spr=SPR.SRR0, rs=0), "mtsrr0  r0", 0x7C1A03A6),
        (assemble("add", rt=3, ra=4, rb=5, record=True, overflow=True), "addo.   r3,r4,r5", 0x7C642E15),
        (assemble("addi", rt=3, ra=4, si=1, record=True), "addi    r3,r4,1", 0x38640001),
        (assemble("bc", bo=12, bi=2, bd=-8), "beq     0xff8", 0x4182FFF8),
        (assemble("b", li=0x100, link=True), "bl      0x1100", 0x48000101),
        (assemble("stwcx_rec", rs=3, ra=0, rb=4), "stwcx.  r3,0,r4", 0x7C60212D),
        (assemble("rfi"), "rfi", 0x4C000064),
    ],
)
def test_words(word: int, text: str, expected: int) -> None:
    assert hex(word) == hex(expected)
    assert disassemble(word, 0x1000) == text


@pytest.mark.parametrize(
    ("name", "operands", "error"),
    [
        ("mtsprr", {}, "the 440 has no instruction 'mtsprr'; did you mean mtspr"),
        ("mtspr", {"spr1": 3}, "mtspr has no operand 'spr1'; did you mean spr"),
        ("rfi", {"rt": 3}, "rfi has no operand 'rt'"),
    ],
)
def test_what_there_is_not(name: str, operands: dict[str, Any], error: str) -> None:
    with pytest.raises(ValueError, match=re.escape(error)):
        assemble(name, **operands)
