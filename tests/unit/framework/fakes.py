# SPDX-License-Identifier: BSD-3-Clause
"""A small machine with peers in plain Python: a pump pushes drops through a pipe into a tank."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal

from simobjects.framework import (
    AddressRange,
    Frequency,
    Latency,
    MemorySize,
    Peers,
    Problem,
    Protocol_,
    Ratio,
    Ref,
    SimObject,
    System,
    child,
    children,
    conserve,
    counter,
    formula,
    histogram,
    level,
    param,
    ref,
    requestor,
    responder,
    vector,
)
from simobjects.framework.roles import Begins, CountsInstructions, KnowsLength, Saved


class Flow(Protocol_):
    """Drops."""


class Alarm(Protocol_):
    """Warnings."""


class TankPeer(Saved):
    """Counts what arrives; `lie` breaks the books on purpose."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.drops = self.kept = self.spilled = 0
        self.by_colour = [0, 0]
        self.bins = [0] * 26
        self.lie = 0

    def push(self, number: int) -> None:
        self.drops += 1
        self.by_colour[number % 2] += 1
        self.bins[number.bit_length()] += 1
        if self.kept < self.size:
            self.kept += 1
        else:
            self.spilled += 1

    def save(self) -> dict[str, int | bytes]:
        numbers = {"drops": self.drops, "kept": self.kept, "spilled": self.spilled}
        return {**numbers, "by_colour": struct.pack("<2q", *self.by_colour), "bins": struct.pack("<26q", *self.bins)}

    def restore(self, state: dict[str, Any]) -> None:
        if state["kept"] > self.size:
            raise ValueError(f"{state['kept']} drops in a tank of {self.size}")
        self.drops, self.kept, self.spilled = state["drops"], state["kept"], state["spilled"]
        self.by_colour = list(struct.unpack("<2q", state["by_colour"]))
        self.bins = list(struct.unpack("<26q", state["bins"]))

    def read_stats(self) -> dict[str, Any]:
        return {
            "drops": self.drops,
            "kept": self.kept + self.lie,
            "spilled": self.spilled,
            "volume": self.kept,
            "by_colour": list(self.by_colour),
            "bins": list(self.bins),
            "milli": self.drops * 250,
        }


class Valve(SimObject):
    """A valve."""

    width: int = param(4, "width of the opening", ge=1, le=64)
    tank: Ref[Tank] = ref("the tank it leads to")


class Tank(SimObject):
    """A tank."""

    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = {"size": "larger", "rate": "any"}

    size: int = param(64, "drops that it holds", ge=1, le=4096)
    scheme: Literal["fifo", "lifo"] = param("fifo", "what leaves first")
    volume_limit: MemorySize = param("16KiB", "an amount of memory")
    rate: Frequency = param("400MHz", "a rate", ge=1000)
    label: str = param("blue", "a name, of no effect", identity=False)
    inlet = responder(Flow, "where drops arrive", many=True)
    drops = counter("drops that arrived", unit="drop")
    kept = counter("drops in the tank", unit="drop")
    spilled = counter("drops that did not fit", unit="drop")
    volume = level("drops in the tank now", unit="drop")
    by_colour = vector("drops by colour", labels=("even", "odd"), unit="drop")
    bins = histogram("drops by number", unit="drop")
    milli = counter("water", unit="litre", scale=1000)
    share = formula("share of drops that were kept", lambda s: s.kept / s.drops)
    books = conserve("kept + spilled = drops", lambda s: s.kept + s.spilled, lambda s: s.drops)
    colours = conserve("colours = drops", lambda s: sum(s.by_colour), lambda s: s.drops)

    def check(self) -> Iterable[Problem]:
        if self.scheme == "lifo" and self.size % 2:
            yield self.problem("size", self.size, "an even size for a lifo tank", "add one")

    def make_peer(self) -> TankPeer:
        return TankPeer(self.size)


class PumpPeer(Begins, KnowsLength, CountsInstructions, Saved):
    """Drives the machine: each reference is a drop, two cycles long."""

    def __init__(self, total: int, regions: tuple[int, ...]) -> None:
        self.total, self.regions = total, regions
        self.done = 0
        self.begun = 0
        self.tank: TankPeer | None = None
        self.kinds: list[str] = []
        self.lines: list[tuple[int, str, str]] = []
        self.window = (0, -1)

    def begin(self) -> None:
        self.begun += 1

    def advance(self, references: int, cycle_limit: int) -> tuple[int, dict[str, Any]]:
        assert self.tank is not None
        for _ in range(references if references >= 0 else self.total):
            if self.done == self.total:
                return 1, {"drops": self.done}
            if 0 <= cycle_limit <= self.now():
                return 2, {}
            self.tank.push(self.done)
            if "push" in self.kinds and self.window[0] <= self.now() and not 0 <= self.window[1] <= self.now():
                self.lines.append((self.now(), "push", f"drop {self.done}"))
            self.done += 1
            if self.done in self.regions:
                return 3 + self.regions.index(self.done) % 2, {"mark": self.done}
        return 0, {}

    def save(self) -> dict[str, int | bytes]:
        return {"done": self.done}

    def restore(self, state: dict[str, Any]) -> None:
        if not 0 <= state["done"] <= self.total:
            raise ValueError(f"{state['done']} drops of {self.total}")
        self.done = state["done"]

    def now(self) -> int:
        return self.done * 2

    def references(self) -> int:
        return self.done

    def total_references(self) -> int:
        return self.total

    def instructions(self) -> int:
        return self.done * 3

    def debug_enable(self, kinds: list[str], start: int, stop: int) -> None:
        self.kinds, self.window = kinds, (start, stop)

    def debug_drain(self) -> list[tuple[int, str, str]]:
        lines, self.lines = self.lines, []
        return lines


class Pump(SimObject):
    """A pump, which drives the machine."""

    is_engine: ClassVar[bool] = True
    debug_kinds: ClassVar[tuple[str, ...]] = ("push", "pull")

    total: int = param(1000, "drops to push", ge=0)
    regions: tuple[int, ...] = param((), "drops at which a region begins and ends in turn")
    gain: Ratio = param("1.25", "an exact ratio")
    delay: Latency = param("50ns", "a time")
    where: AddressRange = param("0x0..0x1000", "some addresses")
    valve: Valve = child(Valve, "its valve", width=8)
    spares: list[Valve] = children("spare valves")
    named: dict[str, Valve] = children("valves by name")
    extra: Valve | None = child(None, "one more valve", optional=True)
    outlet = requestor(Flow, "where drops go", required=True)
    alarm = requestor(Alarm, "where warnings go")

    def make_peer(self) -> PumpPeer:
        return PumpPeer(self.total, self.regions)

    def wire(self, peers: Peers) -> None:
        peers[self].tank = peers[self.outlet.other]


class BigTank(Tank):
    """A tank with another default."""

    size = 256


def machine(total: int = 1000, **tank: Any) -> System:
    """A complete machine."""
    system = System(clock="533MHz")
    system.pump = Pump(total=total)
    system.tank = Tank(**tank)
    system.pump.outlet = system.tank.inlet
    return system
