# SPDX-License-Identifier: BSD-3-Clause
"""Exact values: calculated with as ints are, printed as decimal numbers."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simobjects.stats import Exact, number_text
from simobjects.stats.exact import scaled

counts = st.integers(-(10**18), 10**18)
scales = st.sampled_from((1, 2, 8, 10, 1000))
HALF = scaled(1234567, 1000)


def is_exact(value: object, expected: Fraction) -> bool:
    """Whether it is `expected`, and an int exactly when that is whole."""
    return value == expected and type(value) is (int if expected.denominator == 1 else Exact)


@given(counts, scales)
def test_values_are_exact_and_so_is_their_text(count: int, scale: int) -> None:
    value = scaled(count, scale)
    assert is_exact(value, Fraction(count, scale))
    for text in (str(value), repr(value), f"{value}", number_text(value)):
        assert Fraction(text) == Fraction(count, scale)
        assert "/" not in text and "E" not in text
    for again in (pickle.loads(pickle.dumps(value)), copy.copy(value), copy.deepcopy(value)):  # noqa: S301
        assert is_exact(again, Fraction(count, scale))
    assert float(value) == count / scale


@given(counts, scales, counts, scales, st.sampled_from((operator.add, operator.sub, operator.mul)))
def test_sums_differences_and_products_are_exact(a: int, p: int, b: int, q: int, does: Callable[..., Any]) -> None:
    assert is_exact(does(scaled(a, p), scaled(b, q)), does(Fraction(a, p), Fraction(b, q)))


@given(counts, scales, counts.filter(bool), scales)
def test_quotients_are_the_nearest_floats(a: int, p: int, b: int, q: int) -> None:
    found = scaled(a, p) / scaled(b, q)
    assert type(found) is float
    assert found == float(Fraction(a * q, p * b))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (HALF * 1.5, 1851.8505),
        (1.5 * HALF, 1851.8505),
        (HALF + 0.433, 1235.0),
        (1235.0 - HALF, 1235.0 - 1234.567),
        (2469.134 / HALF, 2.0),
        (HALF / 2.0, 617.2835),
        (2469134 / HALF, 2000.0),
        (HALF / 1000, 1.234567),
    ],
)
def test_with_a_float_it_is_a_float(found: object, expected: float) -> None:
    assert type(found) is float
    assert found == pytest.approx(expected, rel=1e-15)


def test_what_else_scripts_do_with_numbers() -> None:
    assert is_exact(sum([HALF, scaled(433, 1000), 1]), Fraction(1236))
    assert is_exact(-HALF, Fraction(-1234567, 1000))
    assert is_exact(abs(-HALF), Fraction(1234567, 1000))
    assert is_exact(round(HALF, 1), Fraction(12346, 10))
    assert is_exact(HALF**2, Fraction(1234567**2, 10**6))
    assert is_exact(HALF % 1, Fraction(567, 1000))
    assert [is_exact(*pair) for pair in zip(divmod(HALF, 3), (Fraction(411), Fraction(1567, 1000)), strict=True)] == [
        True,
        True,
    ]
    assert (round(HALF), int(HALF), HALF // 1, max(HALF, 3)) == (1235, 1234, 1234, HALF)
    assert HALF == Decimal("1234.567") and 1234 < HALF < 1234.6 and hash(HALF) == hash(Fraction(1234567, 1000))
    with pytest.raises(ZeroDivisionError):
        _ = HALF / 0


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("", "1234.567"),
        (",", "1,234.567"),
        (",.1f", "1,234.6"),
        (">12", "    1234.567"),
        ("10.2f", "   1234.57"),
        (".0%", "123457%"),
        ("g", "1234.57"),
        (".3e", "1.235e+03"),
    ],
)
def test_formats(spec: str, text: str) -> None:
    assert format(HALF, spec) == text


def test_a_fraction_without_end_keeps_its_value() -> None:
    """As `statistics.mean` may make it."""
    assert str(Exact(1, 3)) == f"{Exact(1, 3)}" == str(1 / 3)
    assert HALF * Fraction(1, 3) == Fraction(1234567, 3000)
