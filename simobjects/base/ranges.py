# SPDX-License-Identifier: BSD-3-Clause
"""Ranges of values as text: `16..256:x2` multiplies, `0..100:+10` adds, `100..0:-10` subtracts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from .errors import UsageError
from .units import decimal, split

MOST = 1_000_000
"""Values of a range, at most."""

_RANGE = re.compile(r"(?P<first>[^:]*?)\.\.(?P<last>[^:]*):(?P<step>.*)\Z")
_STEPLESS = re.compile(r"[+-]?\d+(?:\.\d+)?\.\.[+-]?\d+(?:\.\d+)?\Z")


class SpecError(UsageError):
    """A text on the command line that describes no values; the message says what to write instead."""


def expand(text: str, where: str) -> Iterator[str]:
    """The values of a range as text, both ends among them when the steps hit them; any other text as it is.

    The ends may have the same unit: `16KiB..1024KiB:x4`. `where` begins the text of an error.

    Raises:
        SpecError: it says what to write.
    """
    match = _RANGE.match(text)
    if match is None:
        if _STEPLESS.match(text.strip()):
            raise SpecError(f"the range {text} has no step", where=where, fix=f"write {text}:x2 or {text}:+1")
        yield text
        return
    first, unit = _end(match["first"], where)
    last, last_unit = _end(match["last"], where)
    if unit != last_unit:
        raise SpecError(f"the ends of {text} have different units", where=where, fix="give both the same")
    yield from (f"{decimal(value)}{unit}" for value in _steps(first, last, match["step"].strip(), f"{where}: {text}"))


def _end(text: str, where: str) -> tuple[Fraction, str]:
    found = split(text)
    if found is None:
        raise SpecError(f"{text!r} is no end of a range", where=where, fix="write a number such as 16, 0.5 or 16KiB")
    return found


def _steps(first: Fraction, last: Fraction, step: str, where: str) -> Iterator[Fraction]:
    """The values of a range, exactly; never floating point, so 0..1:+0.1 has eleven values."""
    kind, size = step[:1], step[1:]
    try:
        amount = Fraction(size)
    except (ValueError, ZeroDivisionError):
        kind, amount = "", Fraction(0)
    if kind not in ("x", "+", "-") or "/" in size or size[:1] in ("+", "-"):
        raise SpecError(f"{step!r} is no step", where=where, fix="write x2 to multiply, +10 to add or -10 to subtract")
    if kind == "x" and (amount <= 1 or first <= 0):
        raise SpecError("multiplying needs a first value above 0 and a factor above 1", where=where)
    if kind != "x" and amount <= 0:
        raise SpecError("the step has to be more than 0", where=where)
    down = kind == "-"
    if (last > first) if down else (last < first):
        raise SpecError("holds no value, its last comes before its first", where=where, fix="swap the ends")
    if kind != "x" and abs(last - first) >= amount * MOST:
        raise SpecError(f"more than {MOST} values", where=where, fix="take a larger step")
    value = first
    while value >= last if down else value <= last:
        yield value
        value = value * amount if kind == "x" else value - amount if down else value + amount
