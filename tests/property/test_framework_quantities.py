# SPDX-License-Identifier: BSD-3-Clause
"""Quantities are exact both ways, and any text gives a value or a QuantityError."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simobjects.framework import AddressRange, QuantityError, Ratio
from simobjects.framework.quantities import ADDRESS, CYCLES, FREQUENCY, LATENCY, MEMORY_SIZE, Quantity

kinds = st.sampled_from([MEMORY_SIZE, FREQUENCY, LATENCY, CYCLES, ADDRESS])
texts = st.text(max_size=12) | st.from_regex(r"[0-9_.]{1,6} ?[kKMGi]{0,2}(B|Hz|s|cycles)?", fullmatch=True)


@given(kinds, st.integers(1, 2**63))
def test_what_is_shown_reads_back(kind: Quantity, number: int) -> None:
    assert kind.parse(kind.format(number)) == number


@given(kinds, texts)
def test_any_text(kind: Quantity, text: str) -> None:
    try:
        number = kind.parse(text)
    except QuantityError as error:
        assert error.fix
    else:
        assert kind.parse(kind.format(number)) == number


@given(st.integers(-(10**9), 10**9))
def test_ratios(milli: int) -> None:
    ratio = Ratio(milli)
    assert Ratio.parse(str(ratio)) == ratio
    assert Ratio.parse(milli / 1000) == ratio


@given(st.integers(0, 2**63), st.integers(1, 2**63))
def test_ranges(start: int, size: int) -> None:
    area = AddressRange(start, size)
    assert AddressRange.parse(str(area)) == area


@given(st.text(max_size=20) | st.from_regex(r"(0x)?[0-9a-f]{0,4}(\.\.|\+)(0x)?[0-9a-f]{0,4}(KiB)?", fullmatch=True))
def test_any_text_as_range(text: str) -> None:
    try:
        area = AddressRange.parse(text)
    except QuantityError as error:
        assert error.fix
    else:
        assert area.size > 0
