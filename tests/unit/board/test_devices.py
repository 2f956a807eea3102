# SPDX-License-Identifier: BSD-3-Clause
"""Devices by example: what a driver does with them, and what comes of it."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects.cext.board.bus import Bus
from simobjects.cext.board.expect import ExpectScript
from simobjects.cext.board.marker import Marker
from simobjects.cext.board.uart import Uart16550
from simobjects.cext.board.uic import InterruptController

UART = 0xEF600300
SR, ER, CR, PR, TR, MSR, VR, VCR = 0xC0, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8


def board(uart: Uart16550) -> Bus:
    bus, controller = Bus(), InterruptController()
    bus.map(uart, UART, 8)
    bus.map_dcr(controller, 0xC0, 9)
    bus.connect_controller(controller)
    uart.begin()
    return bus


def test_a_transmitter_interrupt_goes_through_the_controller() -> None:
    bus = board(Uart16550(irq=0))
    bus.mtdcr(ER, 1 << 31)
    bus.store(UART + 1, 2, 1)
    assert bus.lines == (True, False)
    assert bus.load(UART + 2, 1) == 0x02, "reading the cause clears it"
    assert bus.lines == (True, False), "the controller has latched it"
    bus.mtdcr(SR, 1 << 31)
    assert bus.lines == (False, False)


def test_a_level_that_lasts_is_latched_again() -> None:
    bus = board(Uart16550(irq=0))
    bus.store(UART + 1, 2, 1)
    bus.mtdcr(SR, 0xFFFFFFFF)
    assert bus.mfdcr(SR) == 1 << 31
    bus.mtdcr(ER, 1 << 31)
    bus.mtdcr(CR, 1 << 31)
    assert bus.lines == (False, True)


def test_an_edge_is_latched_once() -> None:
    bus = board(Uart16550(irq=5))
    bus.mtdcr(TR, 1 << 26)
    bus.store(UART + 1, 2, 1)
    bus.mtdcr(SR, 0xFFFFFFFF)
    assert bus.mfdcr(SR) == 0


def test_the_vector_of_the_most_urgent_critical_interrupt() -> None:
    bus, controller = Bus(), InterruptController()
    bus.map_dcr(controller, 0xC0, 9)
    for register in (ER, CR):
        bus.mtdcr(register, 0xFFFFFFFF)
    controller.line(2, True)
    controller.line(30, True)
    bus.mtdcr(VCR, 0x10000)
    assert bus.mfdcr(VR) == 0x10000 + 512
    bus.mtdcr(VCR, 0x10001)
    assert bus.mfdcr(VR) == 0x10000 + 2 * 512


def test_the_console_is_all_that_was_sent() -> None:
    uart = Uart16550()
    bus = board(uart)
    for letter in b"Hello":
        assert bus.load(UART + 5, 1) == 0x60
        bus.store(UART, letter, 1)
    assert (uart.take(), uart.take(), uart.sent_bytes) == (b"Hello", b"", b"Hello")


def test_a_wider_access_is_one_to_each_register() -> None:
    bus = board(Uart16550())
    bus.store(UART + 3, 0x0311, 2)
    assert bus.load(UART + 3, 1) == 0x03
    assert bus.load(UART + 4, 1) == 0x11
    assert bus.load(UART + 3, 2) == 0x0311
    assert not bus.store(UART + 7, 0, 2), "half of it would be outside"


def test_input_comes_at_its_pace_and_waits_for_room() -> None:
    uart = Uart16550(interval=1000, input=b"abcd")
    bus = board(uart)
    assert bus.advance(999) == 1000
    assert bus.load(UART + 5, 1) == 0x60
    assert bus.advance(1000) is None, "one character fits: nothing is due while it waits"
    assert bus.load(UART + 5, 1) == 0x61
    assert bus.advance(50_000) is None
    assert bus.load(UART, 1) == ord("a")
    assert bus.advance(50_999) == 51_000
    bus.advance(51_000)
    bus.store(UART + 2, 1, 1)  # FIFOs on: what was there is gone, as on the chip
    assert bus.load(UART + 5, 1) == 0x60
    for number in range(1, 4):
        bus.advance(51_000 + number * 1000)
    assert [bus.load(UART, 1) for _ in range(3)] == [ord("c"), ord("d"), 0]


def test_input_can_wait_for_a_prompt() -> None:
    uart = Uart16550(script=ExpectScript([(b"name? ", b"y", None)]))
    bus = board(uart)
    for letter in b"no name?":
        bus.store(UART, letter, 1)
        bus.advance(10**9)
    assert bus.load(UART + 5, 1) == 0x60
    bus.store(UART, ord(" "), 1)
    bus.advance(10**9)
    assert bus.load(UART, 1) == ord("y")


def test_loop_back_is_not_heard_outside() -> None:
    uart = Uart16550()
    bus = board(uart)
    bus.store(UART + 4, 0x1F, 1)
    bus.store(UART, 0x5A, 1)
    assert bus.load(UART + 6, 1) == 0xF0
    assert bus.load(UART, 1) == 0x5A
    assert uart.sent_bytes == b""


def test_values_at_other_offsets_are_recorded_in_order() -> None:
    bus, marker = Bus(), Marker()
    bus.map(marker, 0xEF600000, 4096)
    for offset, value in ((0x20, 7), (8, 1), (0x20, 8)):
        bus.store(0xEF600000 + offset, value)
    assert marker.log() == [(0x20, 7), (8, 1), (0x20, 8)]
    assert bus.take_request() is None


def test_a_bus_and_its_devices_are_saved_and_restored() -> None:
    def parts() -> tuple[Bus, Uart16550, InterruptController]:
        bus, uart, controller = Bus(), Uart16550(irq=0, interval=1000, input=b"xyz"), InterruptController()
        bus.map(uart, UART, 8)
        bus.map_dcr(controller, 0xC0, 9)
        bus.connect_controller(controller)
        uart.begin()
        return bus, uart, controller

    bus, *devices = parts()
    bus.store(UART + 1, 1, 1)
    bus.mtdcr(ER, 1 << 31)
    bus.advance(1000)
    assert bus.load(UART, 1) == ord("x")
    for first, last in ((0, 3), (2, -4)):  # whatever the order of restoring
        other, *others = parts()
        pairs: list[tuple[Any, Any]] = list(zip([other, *others], [bus, *devices], strict=True))
        for made, saved in pairs[first : last : 1 if first < last else -1]:
            made.restore(saved.save())
        assert [made.save() for made, _ in pairs] == [saved.save() for _, saved in pairs]
        assert other.lines == (True, False), "the controller has latched it"
        assert other.advance(2000) is None
        assert (other.lines, other.load(UART, 1)) == ((True, False), ord("y"))


@pytest.mark.parametrize("missing", ["now", "due_0", "external"])
def test_a_state_with_a_part_missing_is_refused(missing: str) -> None:
    bus = board(Uart16550())
    state = bus.save()
    del state[missing]
    with pytest.raises(ValueError, match=f"{missing} is missing"):
        bus.restore(state)


def test_a_state_that_lies_is_refused() -> None:
    uart = Uart16550()
    with pytest.raises(ValueError, match="waiting is 17, not a number from 0 to 16"):
        uart.restore({**uart.save(), "waiting": 17})
    with pytest.raises(ValueError, match="fifo is not a block of 16 bytes"):
        uart.restore({**uart.save(), "fifo": b""})
    with pytest.raises(ValueError, match="ier is 300, not a number from 0 to 255"):
        uart.restore({**uart.save(), "ier": 300})
    with pytest.raises(ValueError, match="output is missing, or not a block of bytes"):
        uart.restore({name: value for name, value in uart.save().items() if name != "output"})
    with pytest.raises(ValueError, match="more is not part of this state"):
        uart.restore({**uart.save(), "more": 1})
    with pytest.raises(ValueError, match="not the state of a marker device"):
        Marker().restore({**Marker().save(), "offsets": b"1234"})


@pytest.mark.parametrize(
    "lie", [{"script.step": 1}, {"script.step": 1, "script.phase": 99}, {"script.searched": -1}, {"script.since": -1}]
)
def test_a_script_whose_state_is_refused_stays_where_it_is(lie: dict[str, int]) -> None:
    """It has one step: after a number that leads beyond its steps or its output it would look there."""
    uart = Uart16550(script=ExpectScript([(b"name? ", b"y", None)]))
    bus = board(uart)
    uart.begin()
    with pytest.raises(ValueError, match="script"):
        uart.restore({**uart.save(), **lie})
    assert uart.script_position() == (0, True)
    for letter in b"name? ":
        bus.store(UART, letter, 1)
    assert uart.script_position() == (1, False)


def test_what_a_device_cannot_have_is_refused() -> None:
    with pytest.raises(ValueError, match="expected -1 to 31"):
        Uart16550(irq=32)
    with pytest.raises(ValueError, match="the controller has 0 to 31"):
        InterruptController().line(32, True)
