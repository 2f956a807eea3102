# SPDX-License-Identifier: BSD-3-Clause
"""Quantities that are more than one whole number: ranges of addresses and exact ratios."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import total_ordering
from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from .quantities import ADDRESS, MEMORY_SIZE, QuantityError

_BEYOND = 1 << 64
"""The end of the last range there is; itself no address."""


@dataclass(frozen=True, slots=True)
class AddressRange:
    """The byte addresses from `start` up to, not including, `start + size`.

    In a script also `"0x0..0x1000000"` (the end is not part of it) or `"0xEF600000+4KiB"`.
    """

    start: int
    size: int

    @property
    def end(self) -> int:
        """The first address after the range."""
        return self.start + self.size

    def __contains__(self, address: int) -> bool:
        return self.start <= address < self.end

    def overlaps(self, other: AddressRange) -> bool:
        """Whether the two have an address in common."""
        return max(self.start, other.start) < min(self.end, other.end)

    def __str__(self) -> str:
        return f"{self.start:#x}..{self.end:#x}"

    @classmethod
    def parse(cls, value: object) -> AddressRange:
        """A range from a range, its text, or a pair (start, size); raises QuantityError."""
        if isinstance(value, str):
            start, size = cls._parse_text(value)
        elif isinstance(value, cls):
            start, size = value.start, value.size
        elif isinstance(value, (tuple, list)) and len(value) == 2:
            start, size = ADDRESS.parse(value[0]), MEMORY_SIZE.parse(value[1])
        else:
            raise QuantityError(f"{value!r} is not an address range", "write it like '0x0..0x1000000'")
        if start < 0 or size <= 0 or start + size > _BEYOND:
            raise QuantityError("an empty or impossible range", "the end must lie above the start")
        return cls(start, size)

    @staticmethod
    def _parse_text(text: str) -> tuple[int, int]:
        if ".." in text:
            first_text, end_text = (part.strip() for part in text.split("..", 1))
            first = ADDRESS.parse(first_text)
            end = _BEYOND if end_text.lower() == hex(_BEYOND) else ADDRESS.parse(end_text)
            return first, end - first
        if "+" in text:
            first_text, size_text = (part.strip() for part in text.split("+", 1))
            return ADDRESS.parse(first_text), MEMORY_SIZE.parse(size_text)
        raise QuantityError(f"{text!r} is not an address range", "write it like '0x0..0x1000000' or '0xEF600000+4KiB'")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.to_string_ser_schema(),
            json_schema_input_schema=core_schema.str_schema(),
        )


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Ratio:
    """An exact number of thousandths: `Ratio(1250)` is 1.25. In a script `1.25`, `"1.25"` or `2`."""

    milli: int

    @classmethod
    def parse(cls, value: object) -> Ratio:
        """A ratio from a number or its text; raises QuantityError beyond three decimals."""
        if isinstance(value, cls):
            return value
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise QuantityError(f"{value!r} is not a ratio", "write it like '1.25'")
        try:
            thousandths = Decimal(str(value)) * 1000
        except InvalidOperation:
            raise QuantityError(f"{value!r} is not a ratio", "write it like '1.25'") from None
        if not thousandths.is_finite():
            raise QuantityError(f"{value!r} is not finite", "write it like '1.25'")
        if thousandths != int(thousandths):
            raise QuantityError(
                f"{value!r} is not a whole number of thousandths", f"round it, for example {cls(round(thousandths))}"
            )
        return cls(int(thousandths))

    @property
    def exact(self) -> Fraction:
        """The value as a fraction."""
        return Fraction(self.milli, 1000)

    def __float__(self) -> float:
        return self.milli / 1000

    def __str__(self) -> str:
        sign, (whole, part) = "-" if self.milli < 0 else "", divmod(abs(self.milli), 1000)
        return f"{sign}{whole}.{part:03}".rstrip("0").rstrip(".")

    def __hash__(self) -> int:
        return hash(self.exact)

    def __eq__(self, other: object) -> bool:
        number = _number(other)
        return NotImplemented if number is None else self.exact == number

    def __lt__(self, other: Ratio | int | float) -> bool:
        number = _number(other)
        return NotImplemented if number is None else self.exact < number

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls.parse,
            serialization=core_schema.to_string_ser_schema(),
            json_schema_input_schema=core_schema.str_schema(),
        )


def _number(value: object) -> Fraction | None:
    if isinstance(value, Ratio):
        return value.exact
    return Fraction(value) if isinstance(value, (int, float)) else None
