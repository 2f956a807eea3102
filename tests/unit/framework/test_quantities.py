# SPDX-License-Identifier: BSD-3-Clause
"""Quantities, ratios and ranges on their own."""

from __future__ import annotations

import pytest

from simobjects.framework import AddressRange, QuantityError, Ratio
from simobjects.framework.quantities import ADDRESS, CYCLES, FREQUENCY, LATENCY, MEMORY_SIZE, Quantity


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        (MEMORY_SIZE, "16KiB", 16384),
        (MEMORY_SIZE, "128MiB", 128 << 20),
        (MEMORY_SIZE, "2 GiB", 2 << 30),
        (MEMORY_SIZE, "1TiB", 1 << 40),
        (MEMORY_SIZE, "512B", 512),
        (MEMORY_SIZE, "4096", 4096),
        (MEMORY_SIZE, 4096, 4096),
        (FREQUENCY, "400MHz", 400_000_000),
        (FREQUENCY, "1.333GHz", 1_333_000_000),
        (FREQUENCY, "32.768kHz", 32768),
        (LATENCY, "50ns", 50_000),
        (LATENCY, "0.5ns", 500),
        (LATENCY, "2s", 2 * 10**12),
        (CYCLES, "12cycles", 12),
        (CYCLES, "1 cycle", 1),
        (CYCLES, 0, 0),
        (ADDRESS, "0xC0000000", 0xC0000000),
        (ADDRESS, 4096, 4096),
    ],
)
def test_accepted(kind: Quantity, text: object, number: int) -> None:
    assert kind.parse(text) == number


@pytest.mark.parametrize(
    ("kind", "text", "fix"),
    [
        (MEMORY_SIZE, "16KB", "write '16KiB' (KiB means x 1024), or the number of bytes"),
        (MEMORY_SIZE, "1.5MB", "write '1.5MiB' (MiB means x 1048576), or the number of bytes"),
        (MEMORY_SIZE, "16Kib", "write '16KiB'"),
        (MEMORY_SIZE, -1, "choose at least 0B"),
        (MEMORY_SIZE, True, "write it as text, for example '16KiB'"),
        (FREQUENCY, 0, "choose at least 1Hz"),
        (FREQUENCY, "0.5Hz", "write a whole number of Hz, for example 0"),
        (LATENCY, "0.0001ns", "write a whole number of ps, for example 0"),
        (CYCLES, "3ns", "use one of the units cycles, cycle"),
        (ADDRESS, "C0000000", "write it like '0xC0000000'"),
        (ADDRESS, 1 << 64, "choose an address below 0x10000000000000000"),
    ],
)
def test_refused_with_a_fix(kind: Quantity, text: object, fix: str) -> None:
    with pytest.raises(QuantityError) as caught:
        kind.parse(text)
    assert caught.value.fix == fix


def test_ranges() -> None:
    area = AddressRange.parse("0x1000..0x3000")
    assert (area.start, area.size, area.end) == (0x1000, 0x2000, 0x3000)
    assert 0x1000 in area
    assert 0x3000 not in area
    assert area.overlaps(AddressRange(0x2FFF, 1))
    assert not area.overlaps(AddressRange(0x3000, 1))
    assert AddressRange.parse((0x1000, "8KiB")) == area
    assert str(area) == "0x1000..0x3000"


@pytest.mark.parametrize("text", ["0x2000..0x1000", "5", "0x0+0KiB", "x..y", 7, "0xFFFFFFFFFFFFFFFF+4KiB"])
def test_impossible_ranges(text: object) -> None:
    with pytest.raises(QuantityError):
        AddressRange.parse(text)


def test_ratios_are_exact_and_ordered() -> None:
    assert Ratio.parse(0.1).milli == 100
    assert Ratio.parse("1.250") == Ratio(1250)
    assert Ratio.parse(2) == 2
    assert Ratio(500) < Ratio(501) <= 0.501
    assert float(Ratio(1250)) == 1.25
    assert [str(Ratio(milli)) for milli in (1250, 2000, -500, 0)] == ["1.25", "2", "-0.5", "0"]
    assert hash(Ratio(2000)) == hash(2)
    assert Ratio(1) != "1"


@pytest.mark.parametrize("value", [1.2345, "x", None, True, float("nan"), "inf"])
def test_refused_ratios(value: object) -> None:
    with pytest.raises(QuantityError):
        Ratio.parse(value)
