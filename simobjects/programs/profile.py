# SPDX-License-Identifier: BSD-3-Clause
"""Misses, exits and cycles by function of the guest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simobjects.base.text import numbered
from simobjects.isa.arch import VECTOR
from simobjects.ppc440.symbols import Symbols
from simobjects.stats.exact import Number, scaled

VECTORS = len(VECTOR)
SAMPLES, INSTRUCTIONS, TIME, EXIT_TIME = range(VECTORS, VECTORS + 4)
MC = 1000
FEW = 100
"""Samples below which shares are chance: of a function with a tenth of the time come 10, give or take 3."""


@dataclass(frozen=True)
class ProfileRow:
    """What was counted in one function.

    Attributes:
        function: its name; `(elsewhere)` where there is none.
        samples: taken in it.
        instructions: sampled: each stretch between two samples is told of the function in which it ended.
        cycles: sampled in the same way.
        interrupts: exact, by vector.
        exit_cycles: exact; text and CSV have whole cycles, rounded down.
    """

    function: str
    samples: int
    instructions: int
    cycles: Number
    interrupts: tuple[int, ...]
    exit_cycles: Number

    @property
    def misses(self) -> int:
        """TLB misses, of instructions and data."""
        return self.interrupts[VECTOR.ITLB] + self.interrupts[VECTOR.DTLB]


class GuestProfile:
    """The profile of a run, by function; `print` shows its table.

    Attributes:
        rows: one a function, the most expensive first.
    """

    def __init__(self, places: Iterable[tuple[int, tuple[int, ...]]], symbols: Symbols) -> None:
        sums: dict[str, list[int]] = {}
        for pc, counts in places:
            found = symbols.at(pc)
            name = found.name if found else "(elsewhere)"
            before = sums.setdefault(name, [0] * len(counts))
            sums[name] = [one + more for one, more in zip(before, counts, strict=True)]
        rows = [_row(name, counts) for name, counts in sums.items()]
        self.rows = sorted(rows, key=lambda row: (-int(row.cycles), -sum(row.interrupts), row.function))

    def __getitem__(self, function: str) -> ProfileRow:
        """The row of one function. KeyError when nothing was counted there."""
        for row in self.rows:
            if row.function == function:
                return row
        raise KeyError(f"nothing was counted in {function!r}")

    def table(self, most: int | None = None) -> str:
        """Aligned text, the most expensive functions first.

        Args:
            most: functions that are shown; None: all.
        """
        total = sum(int(row.cycles) for row in self.rows) or 1
        heads = [
            "function",
            "cycles",
            "share",
            "instructions",
            "data misses",
            "inst. misses",
            "interrupts",
            "exit cycles",
        ]
        lines = [heads]
        for row in self.rows[:most]:
            data, inst = row.interrupts[VECTOR.DTLB], row.interrupts[VECTOR.ITLB]
            others = sum(row.interrupts) - data - inst
            cycles, share = int(row.cycles), f"{int(row.cycles) / total:.1%}"
            numbers = [cycles, share, row.instructions, data, inst, others, int(row.exit_cycles)]
            lines.append([row.function, *map(str, numbers)])
        samples = sum(row.samples for row in self.rows)
        few = "" if samples >= FEW else f": fewer than {FEW} say little of cycles and instructions; run it for longer"
        return f"{numbered(lines)}{samples} samples{few}\n"

    def csv(self, names: Sequence[str]) -> str:
        """One line a function, under a heading.

        Args:
            names: of the vectors, in the order of their numbers.
        """
        labels = [name.replace(" ", "_") for name in names]
        lines = [",".join(["function", "samples", "instructions", "cycles", "exit_cycles", *labels])]
        for row in self.rows:
            numbers = (row.samples, row.instructions, int(row.cycles), int(row.exit_cycles), *row.interrupts)
            lines.append(",".join([row.function, *map(str, numbers)]))
        return "\n".join(lines) + "\n"

    def __str__(self) -> str:
        return self.table()


def _row(name: str, counts: Sequence[int]) -> ProfileRow:
    return ProfileRow(
        name,
        counts[SAMPLES],
        counts[INSTRUCTIONS],
        scaled(counts[TIME], MC),
        tuple(counts[:VECTORS]),
        scaled(counts[EXIT_TIME], MC),
    )
