# SPDX-License-Identifier: BSD-3-Clause
"""Exact quantities: text with a unit in a script, a whole number in the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from simobjects.base import units
from simobjects.base.errors import SimObjectsError
from simobjects.base.units import decimal, split


class QuantityError(SimObjectsError, ValueError):
    """A value that is no such quantity; `fix` says what to write instead."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what, fix=fix)


@dataclass(frozen=True)
class Quantity:
    """How one kind of quantity is written. Used as the metadata of an annotated int.

    `units` maps each accepted unit to its size in the base unit, `refused` maps each ambiguous unit to the
    unit to write instead, `least` is the smallest value allowed.
    """

    name: str
    noun: str
    base: str
    example: str
    units: Mapping[str, int] = field(hash=False)
    refused: Mapping[str, str] = field(default_factory=dict, hash=False)
    least: int = 0

    @property
    def expected(self) -> str:
        """What a report says is expected."""
        return f"{self.noun} such as '{self.example}', or a whole number of {self.base}"

    def parse(self, value: object) -> int:
        """`value` in base units; raises QuantityError when it is not an exact whole number of them."""
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise QuantityError(f"{value!r} is not {self.noun}", f"write it as text, for example '{self.example}'")
        number = value if isinstance(value, int) else self._parse_text(value)
        if number < self.least:
            raise QuantityError(f"{value!r} is too small", f"choose at least {self.format(self.least)}")
        return number

    def format(self, number: int) -> str:
        """The shortest exact text: the largest unit that divides `number`."""
        for unit, size in sorted(self.units.items(), key=lambda item: -item[1]):
            if number % size == 0 and (number or size == 1):
                return f"{number // size}{unit}"
        return f"{number}{self.base if self.base in self.units else ''}"

    def _parse_text(self, text: str) -> int:
        found = split(text)
        if found is None or text.lstrip()[0] in "+-":
            raise QuantityError(f"{text!r} is not {self.noun}", f"write it like '{self.example}'")
        number, unit = found
        exact = number * self._unit_size(decimal(number), unit)
        if exact.denominator != 1:
            raise QuantityError(
                f"{text!r} is not a whole number of {self.base}",
                f"write a whole number of {self.base}, for example {round(exact)}",
            )
        return exact.numerator

    def _unit_size(self, digits: str, unit: str) -> int:
        if unit == "":
            return 1
        if unit in self.units:
            return self.units[unit]
        if unit in self.refused:
            instead = self.refused[unit]
            raise QuantityError(
                f"{unit!r} is ambiguous",
                f"write '{digits}{instead}' ({instead} means x {self.units[instead]}), or the number of {self.base}",
            )
        same = [known for known in self.units if known.lower() == unit.lower()]
        fix = f"write '{digits}{same[0]}'" if same else f"use one of the units {', '.join(self.units)}"
        raise QuantityError(f"{unit!r} is not a unit of {self.name}", fix)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(self.parse, handler(source))


@dataclass(frozen=True)
class _AddressQuantity(Quantity):
    """Addresses are written in base 16 and shown so."""

    @property
    def expected(self) -> str:
        return "an address: a whole number or text such as '0xC0000000'"

    def parse(self, value: object) -> int:
        if isinstance(value, str):
            try:
                value = int(value, 0)
            except ValueError:
                raise QuantityError(f"{value!r} is not an address", "write it like '0xC0000000'") from None
        number = super().parse(value)
        if number >= 1 << 64:
            raise QuantityError("wider than 64 bits", "choose an address below 0x10000000000000000")
        return number

    def format(self, number: int) -> str:
        return f"{number:#x}"


MEMORY_SIZE = Quantity(
    "MemorySize",
    "a memory size",
    "bytes",
    "16KiB",
    units.SIZES,
    {
        "k": "KiB", "K": "KiB", "kB": "KiB", "KB": "KiB", "kb": "KiB", "kiB": "KiB",
        "m": "MiB", "M": "MiB", "MB": "MiB", "mB": "MiB", "mb": "MiB",
        "G": "GiB", "g": "GiB", "GB": "GiB", "gb": "GiB", "T": "TiB", "TB": "TiB", "tb": "TiB",
    },
)  # fmt: skip
FREQUENCY = Quantity("Frequency", "a frequency", "Hz", "400MHz", units.FREQUENCIES, least=1)
LATENCY = Quantity("Latency", "a time", "ps", "50ns", units.TIMES)
CYCLES = Quantity("Cycles", "a number of cycles", "cycles", "12cycles", units.CYCLES)
ADDRESS = _AddressQuantity("Address", "an address", "bytes", "0xC0000000", {})

MemorySize = Annotated[int, MEMORY_SIZE]
"""Bytes. `"16KiB"`, `"128MiB"` or a plain number of bytes; the prefixes mean 1024."""
Frequency = Annotated[int, FREQUENCY]
"""Hertz. `"400MHz"`, `"2.5kHz"` or a plain number of Hz; the prefixes mean 1000."""
Latency = Annotated[int, LATENCY]
"""Picoseconds. `"50ns"`, `"4us"` or a plain number of picoseconds."""
Cycles = Annotated[int, CYCLES]
"""Clock cycles. `12` or `"12cycles"`."""
Address = Annotated[int, ADDRESS]
"""A byte address. `0xC0000000` or `"0xC0000000"`."""
