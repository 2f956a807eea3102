# SPDX-License-Identifier: BSD-3-Clause
"""Generators of branches, bounded loops, jumps to where no code is, traps, system calls and illegal instructions."""

from __future__ import annotations

from tests.differential import encode, layout
from tests.differential.computing import CTR, LR
from tests.differential.encode import b_form, d_form, i_form, load_constant, spr_form, x_form
from tests.differential.writer import Writer

ALWAYS = 20
DECREMENT = (0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19)  # BO values that count CTR down, with either hint
PLAIN = (4, 5, 6, 7, 12, 13, 14, 15, 20)
COUNT_DOWN = 16  # bdnz


def forward(w: Writer) -> None:
    kind = w.rng.random()
    link = w.rng.random() < 0.2
    if kind < 0.2:
        w.add([i_form(0, 0, link)], (0, "relative", w.ahead()))
    elif kind < 0.3:
        w.add([i_form(0, 1, link)], (0, "absolute", w.ahead()))
    else:
        choices = PLAIN if w.in_loop else PLAIN + DECREMENT
        w.add([b_form(w.rng.choice(choices), w.rng.randrange(32), 0, 0, link)], (0, "relative14", w.ahead()))


def through_register(w: Writer) -> None:
    """bclr or bcctr to a group ahead; the low two bits of the register do not count."""
    register = w.target()
    words = [d_form(15, register, 0, 0), d_form(24, register, register, 0)]
    fixes = [(0, "high", goal := w.ahead()), (1, "low", goal)]
    if w.rng.random() < 0.3:
        words.append(d_form(24, register, register, w.rng.randrange(1, 4)))
    link = w.rng.random() < 0.2
    if w.in_loop or w.rng.random() < 0.5:
        words.append(spr_form(467, register, LR))
        choices = PLAIN if w.in_loop else PLAIN + DECREMENT
        words.append(x_form(19, 16, w.rng.choice(choices), w.rng.randrange(32), 0, link))
    else:
        words.append(spr_form(467, register, CTR))
        words.append(x_form(19, 528, w.rng.choice(PLAIN), w.rng.randrange(32), 0, link))
    w.add(words, *fixes)


def nowhere(w: Writer) -> None:
    """A branch to where no code is. It leaves its return address, and there the runtime goes on."""
    goal = w.rng.choice((
        layout.UNMAPPED, layout.UNMAPPED + 0x123 * 4, layout.NOTHING, layout.READ_ONLY, layout.PAIR + 0xFFC,
        layout.USER, 0x9000_0000, layout.LOW + 0x100, layout.TOP + 0x20,
    ))  # fmt: skip
    kind = w.rng.randrange(3)
    register = w.target()
    if kind == 0:
        w.add([i_form(w.rng.choice((0x0000_0040, 0x0000_5000, 0x0010_0000, -0x40, -0x8000)), 1, 1)])
    elif kind == 1 or w.in_loop:
        w.add([*load_constant(register, goal), spr_form(467, register, LR), x_form(19, 16, ALWAYS, 0, 0, 1)])
    else:
        w.add([*load_constant(register, goal), spr_form(467, register, CTR), x_form(19, 528, ALWAYS, 0, 0, 1)])


def trap(w: Writer) -> None:
    condition = w.rng.choice((1, 2, 4, 8, 16, w.rng.randrange(32)))
    if w.rng.random() < 0.5:
        w.add([d_form(3, condition, w.source(), w.rng.choice((0, 0xFFFF, w.rng.getrandbits(16))))])
    else:
        w.add([x_form(31, 4, condition, w.source(), w.source())])


def system_call(w: Writer) -> None:
    w.add([encode.SYSTEM_CALL])


def illegal(w: Writer) -> None:
    w.add([w.rng.choice(list(encode.ILLEGAL.values()))])


def barrier(w: Writer) -> None:
    msync, mbar = x_form(31, 598, 0, 0, 0), x_form(31, 854, 0, 0, 0)
    w.add([w.rng.choice((encode.ISYNC, msync, mbar, encode.NOP))])


def open_loop(w: Writer) -> None:
    register = w.target()
    w.loop_start = len(w.groups)
    w.loop_left = w.rng.randrange(3, 20)
    w.add([d_form(14, register, 0, w.rng.randrange(2, 12)), spr_form(467, register, CTR)])


def close_loop(w: Writer) -> None:
    assert w.loop_start is not None
    first = w.loop_start
    w.add([b_form(COUNT_DOWN, 0, 0, 0, 0)], (0, "relative14", first + 1))
    w.loops.append((first, len(w.groups) - 1))
    w.loop_start = None
