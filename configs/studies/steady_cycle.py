# SPDX-License-Identifier: BSD-3-Clause
"""The pages of a real Linux guest's ping-pong, round and round in a ring by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from steady_run import SLOTS, Run, number, shares  # these are beside this script

from simobjects.base.text import markdown
from simobjects.isa.arch import ADDRESS
from simobjects.kvm.ring import Ring, Steady, settle

CYCLE = Path(__file__).with_name("pingpong_pages.txt")
KERNEL = ADDRESS.KERNEL >> 12
PLACES = 16
"""Places of the ping-pong's cycle at which it is disturbed."""


@dataclass(frozen=True)
class Cycle:
    """What a program uses between two equal places: pages in order, and where the guest's PID changes."""

    pages: tuple[int, ...]
    switches: tuple[int, ...]

    @property
    def user(self) -> set[int]:
        """Pages of user mode: they leave when the PID changes."""
        return {page for page in self.pages if page < KERNEL}

    def settle(self, ring: Ring) -> Steady:
        return settle(ring, self.pages, self.switches, self.user)

    @classmethod
    def read(cls, file: Path) -> Cycle:
        """A file of this study: a page number (hexadecimal) a line, `switch` where the PID changes."""
        pages: list[int] = []
        switches: list[int] = []
        for place, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            word = line.partition("#")[0].strip()
            if word == "switch":
                switches.append(len(pages))
            elif word:
                try:
                    pages.append(int(word, 16))
                except ValueError:
                    raise SystemExit(
                        f"{file}:{place}: {word!r}; expected a page number in hexadecimal, or switch"
                    ) from None
        return cls(tuple(pages), tuple(switches))

    def write(self, file: Path, head: str) -> None:
        lines = [f"# {line}" for line in head.splitlines()]
        for place, page in enumerate(self.pages):
            lines += ["switch"] * self.switches.count(place)
            lines.append(f"{page:x}")
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def start(cycle: Cycle, lost: int) -> Ring:
    """A ring in the steady state that follows when so many pages are lost in the one that an empty ring comes to."""
    ring = Ring(SLOTS)
    cycle.settle(ring)
    ring.take(lost)
    cycle.settle(ring)
    return ring


Disturbance = Callable[[Ring, int], None]


def disturbed(cycle: Cycle, ring: Ring, place: int, disturb: Disturbance, count: int) -> Steady:
    """What comes of a steady ring that is disturbed once, at a place of the cycle, by so many slots."""
    use(ring, cycle, 0, place)
    disturb(ring, count)
    use(ring, cycle, place, len(cycle.pages))
    return cycle.settle(ring)


def use(ring: Ring, cycle: Cycle, begin: int, end: int) -> None:
    """The references of a part of the cycle."""
    for place in range(begin, end):
        if place in cycle.switches:
            ring.drop(cycle.user)
        ring.use(cycle.pages[place])


DISTURBANCES: dict[str, Disturbance] = {"take": Ring.take, "skip": Ring.skip}


def pingpong_runs(cycle: Cycle, replicates: int) -> Iterator[Run]:
    """From two steady states: so many pages are lost at once, or the hand passes so many, at each of the places."""
    for lost in (0, SLOTS // 2):
        before = float(cycle.settle(start(cycle, lost)).rate)
        for place in range(PLACES):
            at = place * len(cycle.pages) // PLACES
            for name, disturb in DISTURBANCES.items():
                for count in range(replicates):
                    found = disturbed(cycle, start(cycle, lost), at, disturb, count)
                    yield Run("pingpong", f"from {number(before)}", name, count, f"place {place}", float(found.rate))


def pingpong(replicates: int) -> Iterator[Run]:
    return pingpong_runs(Cycle.read(CYCLE), replicates)


def pingpong_table(runs: Sequence[Run]) -> str:
    """The rates of the ring before and after one disturbance, and how many disturbances led to each."""
    mine = [run for run in runs if run.case == "pingpong"]
    rows = []
    for (before, varied), group in groupby(sorted(mine, key=kind), key=kind):
        rates = (round(run.misses, 1) for run in group)
        rows.append([before, varied, shares(rates, number)])
    return markdown(["exchange", "disturbance", "misses of an exchange afterwards (disturbances)"], rows, left=range(3))


def kind(run: Run) -> tuple[str, str]:
    return run.host, run.varied
