# SPDX-License-Identifier: BSD-3-Clause
"""The script of a serial port does what its plain Python twin does, also from a checkpoint at any place."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simobjects.cext.board.bus import Bus
from simobjects.cext.board.expect import ExpectScript
from simobjects.cext.board.uart import Uart16550
from simobjects.framework import StopReason
from tests.reference.expect import Session, Steps

UART = 0xEF600300
INTERVAL = 7

TEXT = st.text("ab", max_size=3).map(str.encode)
STEPS = st.lists(st.tuples(TEXT, TEXT, st.none() | st.integers(0, 60)), max_size=5)
OUTPUT = st.lists(st.tuples(st.sampled_from(b"ab"), st.integers(1, 40)), max_size=30)


def port(steps: Steps) -> tuple[Bus, Uart16550]:
    """A port with a script on a bus of its own, with its FIFO on."""
    bus, uart = Bus(), Uart16550(interval=INTERVAL, script=ExpectScript(steps, announced=True, ends=False, mark=b"m"))
    bus.map(uart, UART, 8)
    bus.store(UART + 2, 1, 1)
    uart.begin()
    return bus, uart


class Line:
    """Runs a port as the core does, and writes down what happens."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.bus, self.uart = port(steps)
        self.now = 0
        self.told: list[tuple[str, object]] = []
        self.typed = b""

    def settle(self) -> None:
        """All events that are due, and what is asked for after each."""
        while True:
            due = self.bus.advance(self.now)
            request = self.bus.take_request()
            if request is not None:
                reason, payload = request
                self.told.append(("step" if reason == StopReason.STEP else "unmet", payload["step"]))
            while self.bus.load(UART + 5, 1) == 0x61:
                self.typed += bytes([self.bus.load(UART, 1) or 0])
                due = self.now
            if request is None and (due is None or due > self.now):
                return

    def run_to(self, now: int) -> None:
        """Let time pass, event by event."""
        while (due := self.bus.advance(self.now)) is not None and due <= now:
            self.now = max(due, self.now)
            self.settle()
        self.now = now
        self.settle()

    def again(self) -> None:
        """Go on from a checkpoint in another machine."""
        bus, uart = port(self.steps)
        for made, saved in ((bus, self.bus), (uart, self.uart)):
            made.restore(saved.save())
        uart.restored()
        assert (bus.save(), uart.save()) == (self.bus.save(), self.uart.save())
        self.bus, self.uart = bus, uart


@given(STEPS, OUTPUT, st.integers(0, 30))
def test_it_types_the_same_at_the_same_places(steps: Steps, output: list[tuple[int, int]], saved: int) -> None:
    line, twin = Line(steps), Session(steps)
    twin.start(0)
    line.settle()
    for number, (letter, gap) in enumerate(output):
        if number == saved:
            line.again()
        line.run_to(line.now + gap)
        twin.pass_time(line.now)
        line.bus.store(UART, letter, 1)
        line.settle()
        twin.hear(letter, line.now)
    line.run_to(line.now + 10_000)
    twin.pass_time(line.now)
    assert line.told == [(what, value) for what, value in twin.happened if what != "typed"]
    typed = b"".join(value for what, value in twin.happened if what == "typed" and isinstance(value, bytes))
    assert line.typed == typed
