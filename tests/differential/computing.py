# SPDX-License-Identifier: BSD-3-Clause
"""Generators of instructions that only compute: integer, logical, rotate, condition register, multiply-accumulate."""

from __future__ import annotations

from simobjects.isa import arch
from tests.differential import encode
from tests.differential.encode import OVERFLOW, d_form, load_constant, m_form, spr_form, x_form
from tests.differential.writer import Writer

XER, LR, CTR, USPRG0 = arch.SPR.XER, arch.SPR.LR, arch.SPR.CTR, arch.SPR.USPRG0


def immediate(w: Writer) -> None:
    name, primary = w.rng.choice(list(encode.IMMEDIATE.items()))
    value = w.rng.choice((0, 1, 0xFFFF, 0x7FFF, 0x8000, w.rng.getrandbits(16), w.rng.getrandbits(4)))
    if name in ("mulli", "subfic", "addic", "addic.", "addi", "addis"):
        w.add([d_form(primary, w.target(), w.source(), value)])
    else:  # the logical ones: the source comes first
        w.add([d_form(primary, w.source(), w.target(), value)])


def arithmetic(w: Writer) -> None:
    name = w.rng.choice((*encode.ARITHMETIC, *encode.ARITHMETIC_TWO))
    overflow = OVERFLOW * (w.rng.random() < 0.4)
    record = w.rng.random() < 0.4
    if name in encode.ARITHMETIC:
        w.add([x_form(31, encode.ARITHMETIC[name] + overflow, w.target(), w.source(), w.source(), record)])
    else:
        w.add([x_form(31, encode.ARITHMETIC_TWO[name] + overflow, w.target(), w.source(), 0, record)])


def logical(w: Writer) -> None:
    name = w.rng.choice((*encode.LOGICAL, *encode.LOGICAL_TWO, "srawi", "srawi"))
    record = w.rng.random() < 0.4
    if name == "srawi":
        w.add([x_form(31, 824, w.source(), w.target(), w.rng.randrange(32), record)])
    elif name in encode.LOGICAL:
        w.add([x_form(31, encode.LOGICAL[name], w.source(), w.target(), w.source(), record)])
    else:
        w.add([x_form(31, encode.LOGICAL_TWO[name], w.source(), w.target(), 0, record)])


def rotate(w: Writer) -> None:
    primary = w.rng.choice((20, 21, 23))
    mb, me = w.rng.randrange(32), w.rng.randrange(32)
    w.add([m_form(primary, w.source(), w.target(), w.rng.randrange(32), mb, me, w.rng.random() < 0.4)])


def compare(w: Writer) -> None:
    field = w.rng.randrange(8) << 2
    if w.rng.random() < 0.5:
        primary = w.rng.choice((10, 11))
        w.add([d_form(primary, field, w.source(), w.rng.choice((0, 1, 0xFFFF, w.rng.getrandbits(16))))])
    else:
        w.add([x_form(31, w.rng.choice((0, 32)), field, w.source(), w.source())])


def condition(w: Writer) -> None:
    kind = w.rng.randrange(6)
    bits = w.rng.randrange(32), w.rng.randrange(32), w.rng.randrange(32)
    if kind < 3:
        w.add([x_form(19, w.rng.choice(list(encode.CONDITION.values())), *bits)])
    elif kind == 3:  # mcrf
        w.add([x_form(19, 0, w.rng.randrange(8) << 2, w.rng.randrange(8) << 2, 0)])
    elif kind == 4:  # mtcrf
        fields = w.rng.choice((0xFF, 1 << w.rng.randrange(8), w.rng.getrandbits(8)))
        w.add([31 << 26 | w.source() << 21 | fields << 12 | 144 << 1])
    else:  # mcrxr
        w.add([x_form(31, 512, w.rng.randrange(8) << 2, 0, 0)])


def multiply_high(w: Writer) -> None:
    xo = w.rng.choice(list(encode.MULTIPLY_HIGH.values()))
    w.add([x_form(31, xo, w.target(), w.source(), w.source(), w.rng.random() < 0.4)])


def divide(w: Writer) -> None:
    """The dividend is halved and the divisor made odd, so that the result is defined."""
    name = w.rng.choice(list(encode.DIVIDE))
    dividend, divisor = w.target(), w.target()
    overflow = OVERFLOW * (w.rng.random() < 0.4)
    words = [x_form(31, 824, dividend, dividend, 1)] if name == "divw" else []
    words.append(d_form(24, divisor, divisor, 1))
    words.append(x_form(31, encode.DIVIDE[name] + overflow, w.target(), dividend, divisor, w.rng.random() < 0.4))
    w.add(words)


def multiply_accumulate(w: Writer) -> None:
    """For QEMU only products and unsigned accumulation that saturates or has OE.

    It finds overflow of signed accumulation where there is none (Q34), and accumulation without either does not
    write its target (Q35).
    """
    record = w.rng.random() < 0.4
    name = w.rng.choice(list(encode.ACCUMULATE))
    overflow = w.rng.random() < 0.4
    good = "u" in name and (name.endswith("su") or overflow)
    if w.hardware or good:
        xo = encode.ACCUMULATE[name] + OVERFLOW * overflow
    else:
        xo = w.rng.choice(list(encode.MULTIPLY_HALF.values()))
    w.add([x_form(4, xo, w.target(), w.source(), w.source(), record)])


def select(w: Writer) -> None:
    w.add([x_form(31, w.rng.randrange(32) << 5 | 15, w.target(), w.source(), w.source())])


def zero_byte(w: Writer) -> None:
    """dlmzb; half of the time with a word that has a zero byte for certain."""
    words = []
    second = w.source()
    if w.rng.random() < 0.5:
        second = w.target()
        words = load_constant(second, w.rng.choice((0x1200_3456, 0x0012_3456, 0x1234_5600, 0x1234_0056)))
    w.add([*words, x_form(31, 78, w.source(), w.target(), second, w.rng.random() < 0.6)])


def special_registers(w: Writer) -> None:
    """What user mode reaches: CR, XER, LR, CTR, USPRG0, and SPRG4 to 7 for reading."""
    kind = w.rng.randrange(6)
    if kind == 0:
        w.add([x_form(31, 19, w.target(), 0, 0)])  # mfcr
    elif kind == 1:
        value = w.rng.getrandbits(32) & 0xE000_007F
        register = w.target()
        w.add([*load_constant(register, value), spr_form(467, register, XER)])
    elif kind == 2 and not w.in_loop:
        w.add([spr_form(467, w.source(), CTR)])
    elif kind == 3:
        w.add([spr_form(467, w.source(), w.rng.choice((LR, USPRG0)))])
    else:
        w.add([spr_form(339, w.target(), w.rng.choice((XER, LR, CTR, USPRG0, 260, 261, 262, 263)))])
