# SPDX-License-Identifier: BSD-3-Clause
"""Numbers with units, and ranges of them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from simobjects.base.ranges import SpecError, expand
from simobjects.base.units import COUNTS, SIZES, decimal, scaled, split


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [("16", 16, ""), ("-0.5", Fraction(-1, 2), ""), ("5_000", 5000, ""), ("16KiB", 16, "KiB"), (" 16 KiB ", 16, "KiB")],
)
def test_a_number_and_its_unit(text: str, number: Fraction, unit: str) -> None:
    assert split(text) == (number, unit)


@pytest.mark.parametrize("text", ["", "KiB", "e4", "1.", ".5", "16KiB/s", "0x10"])
def test_what_is_no_number(text: str) -> None:
    assert split(text) is None


def test_a_number_in_base_units() -> None:
    assert scaled("1.5KiB", SIZES) == 1536
    assert scaled("2.5M", COUNTS) == 2_500_000
    assert scaled("7", SIZES) == 7
    assert scaled("7M", SIZES) is None


def test_decimals_are_exact() -> None:
    assert [decimal(Fraction(text)) for text in ("0.1", "-2.50", "3")] == ["0.1", "-2.5", "3"]


def test_a_range_keeps_its_unit() -> None:
    assert list(expand("16KiB..64KiB:x2", "here")) == ["16KiB", "32KiB", "64KiB"]
    assert list(expand("e4", "here")) == ["e4"]


def test_a_range_without_a_step_says_what_to_write() -> None:
    with pytest.raises(SpecError, match=r"here: the range 1\.\.4 has no step; write 1\.\.4:x2 or 1\.\.4:\+1"):
        list(expand("1..4", "here"))
