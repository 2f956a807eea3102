# SPDX-License-Identifier: BSD-3-Clause
"""Which function executes an instruction word; the twin's own list of opcodes, typed from section 4."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.reference.ppc440.words import Fields

if TYPE_CHECKING:
    from tests.reference.ppc440.machine import Machine

Operation = Callable[["Machine", Fields], None]

SIMPLE: dict[int, Operation] = {}
EXTENDED: dict[tuple[int, int], Operation] = {}
PRIVILEGED: set[Operation] = set()


def op(
    primary: int, *extended: int, overflow: bool = False, privileged: bool = False
) -> Callable[[Operation], Operation]:
    """Registers a function for a primary opcode, or for extended ones; `overflow`: also with bit 21 set."""

    def register(function: Operation) -> Operation:
        if not extended:
            assert primary not in SIMPLE
            SIMPLE[primary] = function
        for number in extended:
            for key in (number, number + 512) if overflow else (number,):
                assert (primary, key) not in EXTENDED
                EXTENDED[primary, key] = function
        if privileged:
            PRIVILEGED.add(function)
        return function

    return register


def operation(f: Fields) -> Operation | None:
    """None for a word that is no instruction of this core. isel is known by its low five bits (A form)."""
    if f.primary in SIMPLE:
        return SIMPLE[f.primary]
    if f.primary == 31 and f.extended % 32 == 15:
        return EXTENDED[31, 15]
    return EXTENDED.get((f.primary, f.extended))
