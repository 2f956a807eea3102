# SPDX-License-Identifier: BSD-3-Clause
"""Exact values in the unit of a statistic: whole numbers, and numbers with decimals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

Operation = Callable[..., Any]


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


def _tidy(found: Any) -> Any:
    """A result of `Fraction`: an int when it is whole, Exact when its decimals end; anything else unchanged."""
    if type(found) is tuple:
        return tuple(map(_tidy, found))
    if type(found) is not Fraction or not finite_decimal(found.denominator):
        return found
    return scaled(found.numerator, found.denominator)


def _tidied(operation: Operation) -> Operation:
    def operate(*values: Any) -> Any:
        return _tidy(operation(*values))

    return operate


def _closed(operation: Operation, exactly: Operation) -> Operation:
    """`operation`, but `exactly` on the numerators and denominators of two numbers whose decimals end.

    Faster than `_tidied`: conservation checks add many values at every snapshot.
    """

    def operate(self: Exact, other: Any) -> Any:
        if isinstance(other, (int, Exact)):
            return scaled(*exactly(self.numerator, self.denominator, other.numerator, other.denominator))
        return operation(self, other)

    return operate


_CLOSED: dict[str, Operation] = {
    "add": lambda a, p, b, q: (a * q + b * p, p * q),
    "radd": lambda a, p, b, q: (b * p + a * q, p * q),
    "sub": lambda a, p, b, q: (a * q - b * p, p * q),
    "rsub": lambda a, p, b, q: (b * p - a * q, p * q),
    "mul": lambda a, p, b, q: (a * b, p * q),
    "rmul": lambda a, p, b, q: (b * a, p * q),
}
for _name, _exactly in _CLOSED.items():
    setattr(Exact, f"__{_name}__", _closed(getattr(Fraction, f"__{_name}__"), _exactly))
for _name in "mod rmod divmod rdivmod pow neg pos abs round".split():
    setattr(Exact, f"__{_name}__", _tidied(getattr(Fraction, f"__{_name}__")))
