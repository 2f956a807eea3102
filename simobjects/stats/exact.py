# SPDX-License-Identifier: BSD-3-Clause
"""Exact values in the unit of a statistic: whole numbers, and numbers with decimals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any


class Exact(Fraction):
    """A number with decimals, exactly, such as 1234.567 cycles. It is printed and formatted as a decimal number.

    It calculates as an int does: sums, differences and products with ints and its like are exact (an int when they
    are whole), a quotient is a float, and with a float everything is a float. `float(value)` is the nearest float.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return f"{_decimal(self):f}" if finite_decimal(self.denominator) else str(float(self))

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        if spec.endswith(tuple("eEgGn")) or not finite_decimal(self.denominator):
            return format(float(self), spec)
        return format(_decimal(self), spec)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, (int, Exact)):
            return (self.numerator * other.denominator) / (self.denominator * other.numerator)
        return super().__truediv__(other)

    def __rtruediv__(self, other: Any) -> Any:
        if isinstance(other, int):
            return other * self.denominator / self.numerator
        return super().__rtruediv__(other)


Number = int | Exact
"""A value in its unit: an int when it is whole."""


def scaled(count: int, scale: int) -> Number:
    """`count / scale`, exactly."""
    if scale == 1:
        return count
    whole, rest = divmod(count, scale)
    return Exact(count, scale) if rest else whole


def finite_decimal(divisor: int) -> bool:
    """Whether every whole number divided by `divisor` has an end."""
    if divisor < 1:
        return False
    for prime in (2, 5):
        while divisor % prime == 0:
            divisor //= prime
    return divisor == 1


def _decimal(value: Fraction) -> Decimal:
    # A divisor of n bits adds at most n decimals, so that nothing is rounded.
    room = len(str(abs(value.numerator))) + value.denominator.bit_length()
    return Context(prec=room + 1).divide(Decimal(value.numerator), Decimal(value.denominator))


def tidy(found: Any) -> Any:
    """A result of exact arithmetic: an int when it is whole, Exact when its decimals end; anything else unchanged."""
    if type(found) is tuple:
        return tuple(map(tidy, found))
    if type(found) is not Fraction:
        return found
    if found.denominator == 1:
        return found.numerator
    return Exact(found) if finite_decimal(found.denominator) else found


def _tidied(operation: Callable[..., Any]) -> Callable[..., Any]:
    def operate(*values: Any) -> Any:
        return tidy(operation(*values))

    return operate


for _name in "add radd sub rsub mul rmul mod rmod divmod pow neg pos abs round".split():
    setattr(Exact, f"__{_name}__", _tidied(getattr(Fraction, f"__{_name}__")))
