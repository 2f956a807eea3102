# SPDX-License-Identifier: BSD-3-Clause
"""The bus without devices: nothing answers, and it says so."""

from __future__ import annotations

import pytest

from simobjects.cext.board.bus import Bus, Device
from simobjects.framework import StopReason


def test_an_access_that_nothing_answers_is_counted() -> None:
    bus = Bus()
    assert bus.load(0xEF600300, 1) is None
    assert not bus.store(0xEF600300, 1)
    assert bus.mfdcr(0xC0) is None
    assert not bus.mtdcr(0xC0, 1)
    assert bus.read_stats() == {"reads": 1, "writes": 1, "dcr_reads": 1, "dcr_writes": 1, "unanswered": 2}
    assert bus.take_request() is None, "it goes on: the core takes a machine check"


def test_a_bus_can_be_told_to_stop_the_run_instead() -> None:
    bus = Bus(stop_on_unanswered=True)
    assert bus.load(0x100) is None
    reason, payload = bus.take_request() or (0, {})
    assert reason == StopReason.FAILED
    assert payload == {"message": "nothing answers at physical address 0x000000100"}
    assert bus.take_request() is None, "asking clears it"


def test_devices_do_not_overlap_and_stay_within_36_bits() -> None:
    bus = Bus()
    bus.map(Device(), 0xEF600300, 8)
    with pytest.raises(ValueError, match="devices overlap: 0xef600304 to 0xef600313 and 0xef600300 to 0xef600307"):
        bus.map(Device(), 0xEF600304, 16)
    bus.map(Device(), 0xEF600308, 8)
    with pytest.raises(ValueError, match="36 bits"):
        bus.map(Device(), (1 << 36) - 4, 8)
    bus.map_dcr(Device(), 0xC0, 9)
    with pytest.raises(ValueError, match="0xc8 belongs to another device"):
        bus.map_dcr(Device(), 0xC8, 1)
    with pytest.raises(ValueError, match="there are 0 to 1023"):
        bus.map_dcr(Device(), 1020, 5)


def test_a_device_is_on_one_bus() -> None:
    device = Device()
    Bus().map(device, 0, 4)
    with pytest.raises(ValueError, match="another bus"):
        Bus().map(device, 0, 4)


@pytest.mark.parametrize("size", [0, 3, 8])
def test_an_access_has_1_2_or_4_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="1, 2 or 4 bytes"):
        Bus().load(0, size)
    with pytest.raises(ValueError, match="1, 2 or 4 bytes"):
        Bus().store(0, 0, size)


def test_without_devices_no_event_is_due() -> None:
    assert Bus().advance(10**12) is None
    assert Bus().lines == (False, False)
