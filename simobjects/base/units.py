# SPDX-License-Identifier: BSD-3-Clause
"""Numbers with units as text, read and written exactly."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

_NUMBER = re.compile(r"\s*([+-]?)(\d[\d_]*(?:\.\d+)?)\s*([A-Za-z]*)\s*")

_LONGEST = 1_000
"""Characters of a number, of which Python reads a few thousand."""

_KIB = 1 << 10
SIZES: Mapping[str, int] = {"B": 1, "KiB": _KIB, "MiB": _KIB**2, "GiB": _KIB**3, "TiB": _KIB**4}
"""In bytes."""
FREQUENCIES: Mapping[str, int] = {"Hz": 1, "kHz": 10**3, "MHz": 10**6, "GHz": 10**9}
"""In hertz."""
TIMES: Mapping[str, int] = {"ps": 1, "ns": 10**3, "us": 10**6, "ms": 10**9, "s": 10**12}
"""In picoseconds."""
CYCLES: Mapping[str, int] = {"cycles": 1, "cycle": 1}
COUNTS: Mapping[str, int] = {"k": 10**3, "M": 10**6, "G": 10**9}
"""Of references and cycles on the command line."""
MOST_COUNT = 10**15
"""Of references or cycles. No run comes that far, and 1/1000 of a cycle fit into 64 bits a thousand times over."""
PHYSICAL: Mapping[str, int] = {**SIZES, **FREQUENCIES, **TIMES, **CYCLES}
"""Every unit of a parameter, in its own base unit."""


def split(text: str) -> tuple[Fraction, str] | None:
    """The number and the unit ("": none) of `16`, `-0.5`, `5_000` or `16 KiB`; None for any other text."""
    return _split(text) if len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _split(text: str) -> tuple[Fraction, str] | None:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    sign, digits, unit = match.groups()
    return Fraction(sign + digits.replace("_", "")), unit


def scaled(text: str, units: Mapping[str, int]) -> Fraction | None:
    """The number in the base unit of `units`; None when it is no number, or has another unit."""
    found = split(text)
    if found is None:
        return None
    number, unit = found
    size = 1 if unit == "" else units.get(unit)
    return None if size is None else number * size


def count(value: int | str | None, what: str) -> int | None:
    """A count of references or cycles, which may be text: `5M`, `2.5k`, `5_000`. ValueError, TypeError: it is none."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        found = value
    elif isinstance(value, str):
        number = scaled(value, COUNTS)
        found = None if number is None or number.denominator != 1 else int(number)
        if found is None:
            raise ValueError(f"{what}={value!r}: expected a whole number, such as 5_000_000 or '5M'")
    else:
        raise TypeError(f"{what}={value!r}: expected a whole number, such as 5_000_000 or '5M'")
    if found is not None and found < 0:
        raise ValueError(f"{what}={value!r}: expected a number of at least 0")
    if found is not None and found > MOST_COUNT:
        raise ValueError(f"{what}={value!r}: expected a number of at most {MOST_COUNT}")
    return found


def decimal(value: Fraction) -> str:
    """The exact decimal text of a number that came from decimals by products and sums."""
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = int(value * 10**digits)
    if digits == 0:
        return str(whole)
    before, after = divmod(abs(whole), 10**digits)
    return f"{'-' if whole < 0 else ''}{before}.{after:0{digits}d}"
