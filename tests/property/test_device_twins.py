# SPDX-License-Identifier: BSD-3-Clause
"""Devices against their plain twins, on random accesses."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from simobjects.cext.board.bus import Bus
from simobjects.cext.board.marker import Marker
from simobjects.cext.board.uart import Uart16550
from simobjects.cext.board.uic import InterruptController
from simobjects.framework import StopReason
from tests.reference import devices as twin

WORDS = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from([0, 1, 2, 1 << 31, 2**32 - 1, 0x80000001]))
CONTROLLER_STEP = st.one_of(
    st.tuples(st.just("line"), st.integers(0, 31), st.booleans()),
    st.tuples(st.just("write"), st.integers(0, 8), WORDS),
)


@given(st.lists(CONTROLLER_STEP, max_size=60), st.booleans())
@settings(max_examples=300, deadline=None)
@example([("write", 4, 0), ("write", 2, 1 << 31), ("line", 0, True), ("write", 0, 1 << 31)], True)
@example([("line", 0, True), ("line", 0, False)], False)
def test_the_interrupt_controller(steps: list[tuple[str, int, int]], latched: bool) -> None:
    bus, made, plain = Bus(), InterruptController(latched=latched), twin.InterruptController(latched)
    bus.map_dcr(made, 0xC0, 9)
    bus.connect_controller(made)
    for what, where, value in steps:
        if what == "line":
            made.line(where, bool(value))
            plain.line(where, bool(value))
        else:
            assert bus.mtdcr(0xC0 + where, value)
            plain.write(where, value)
        assert [bus.mfdcr(0xC0 + offset) for offset in range(9)] == [plain.read(offset) for offset in range(9)]
        assert bus.lines == plain.lines
    saved, other, again = made.save(), Bus(), InterruptController(latched=latched)
    other.map_dcr(again, 0xC0, 9)
    again.restore(saved)
    assert (again.save(), other.lines) == (saved, bus.lines)


UART_STEP = st.one_of(
    st.tuples(st.just("read"), st.integers(0, 7), st.just(0)),
    st.tuples(st.just("write"), st.integers(0, 7), st.integers(0, 255)),
    st.tuples(st.just("write"), st.sampled_from([1, 2, 3, 4]), st.sampled_from([0, 1, 2, 3, 0x10, 0x80])),
    st.tuples(st.just("arrive"), st.integers(0, 255), st.just(0)),
)


@given(st.lists(UART_STEP, max_size=80))
@settings(max_examples=300, deadline=None)
@example([("write", 1, 2), ("read", 2, 0), ("write", 1, 2), ("read", 2, 0)])  # enabled already: no new interrupt
def test_the_serial_port(steps: list[tuple[str, int, int]]) -> None:
    bus, controller, made, plain = Bus(), InterruptController(), Uart16550(irq=3), twin.Uart()
    bus.map(made, 0xEF600300, 8)
    bus.map_dcr(controller, 0xC0, 9)
    bus.connect_controller(controller)
    bus.mtdcr(0xC2, 1 << 28)
    for what, where, value in steps:
        if what == "read":
            assert bus.load(0xEF600300 + where, 1) == plain.read(where)
        elif what == "write":
            bus.store(0xEF600300 + where, value, 1)
            plain.write(where, value)
        elif len(plain.fifo) < plain.capacity:  # the line waits when there is no room
            made.feed(bytes([where]))
            bus.advance(0)
            plain.arrive(where)
        bus.mtdcr(0xC0, 1 << 28)  # acknowledged: what stays is the level
        assert bus.lines[0] == plain.interrupting
    assert made.sent_bytes == bytes(plain.output)
    again = Uart16550(irq=3)
    again.restore(made.save())
    assert again.save() == made.save()


MARKER_STEP = st.tuples(
    st.one_of(st.sampled_from([0, 4, 8, 0x10, 0x20]), st.integers(0, 4092)), WORDS, st.sampled_from([4, 4, 4, 1, 2])
)


@given(st.lists(MARKER_STEP, max_size=60))
@settings(max_examples=300, deadline=None)
def test_the_markers(steps: list[tuple[int, int, int]]) -> None:
    bus, made, plain = Bus(), Marker(), twin.Marker()
    bus.map(made, 0xEF600000, 4096)
    for offset, value, size in steps:
        kept = value & (2 ** (8 * size) - 1)
        assert bus.store(0xEF600000 + offset, kept, size)
        wanted = plain.store(offset, kept, size)
        assert bus.load(0xEF600000 + offset, 4 if offset <= 4092 else 1) == 0
        asked = bus.take_request()
        if wanted is None:
            assert asked is None
        elif wanted == "finish":
            assert asked == (StopReason.END_OF_WORKLOAD, {"reason": "marker", "value": kept})
        elif wanted == "refused":
            assert asked is not None and "refused" in asked[1]
        else:
            assert asked == (StopReason.MARKER, {"window": wanted, "value": kept})
    assert made.log() == plain.recorded
    assert made.read_stats() == {
        "windows": plain.windows,
        "values": len(plain.recorded),
        "refused": plain.refused,
    }
    again = Marker()
    again.restore(made.save())
    assert (again.log(), again.save()) == (made.log(), made.save())
