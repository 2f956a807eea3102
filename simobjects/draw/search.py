# SPDX-License-Identifier: BSD-3-Clause
"""The cheapest way through a grid, where turns cost and each cell has a price."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Cell = tuple[int, int]
Step = tuple[int, int]

TURN = 4
_STEPS: tuple[Step, ...] = ((-1, 0), (0, -1), (0, 1), (1, 0))
"""In their order; the step back is as far from the end of the list as the step is from its beginning."""

_FAR = 1 << 30
_COST_BITS = 30


@dataclass(frozen=True)
class Grid:
    """Cells that a way may enter: those from (1, 1) to `limit`. Each has a number, in the order of the cells."""

    limit: Cell

    @property
    def height(self) -> int:
        """Cells of a column, with one at each end that no way enters."""
        return self.limit[1] + 2

    @property
    def cells(self) -> int:
        """How many numbers there are."""
        return (self.limit[0] + 2) * self.height

    def holds(self, cell: Cell) -> bool:
        """Whether a way may enter the cell."""
        return 0 < cell[0] <= self.limit[0] and 0 < cell[1] <= self.limit[1]

    def number(self, cell: Cell) -> int:
        """That of a cell which the grid holds."""
        return cell[0] * self.height + cell[1]


@dataclass(frozen=True)
class Search:
    """A* from one cell to any of several, each of which must be left in a given direction.

    Equal ways are decided by the order of the cells, so that the result is always the same.

    Attributes:
        grid: the cells, with their numbers.
        ends: by cell, the direction in which the way must leave it.
        blocked: by number; not 0: cannot be entered.
        flat: by number, what is added to the length when the cell is entered horizontally.
        steep: the same for vertically.
    """

    grid: Grid
    ends: Mapping[Cell, Step]
    blocked: bytearray
    flat: Sequence[int]
    steep: Sequence[int]

    def run(self, start: Cell, step: Step) -> list[Cell]:
        """The cells of the way, both ends included; empty when there is none.

        A state is a cell and the direction in which it was entered, as one number; so is a place in the queue: the
        least that the whole way costs, its cost so far, the state.
        """
        height, blocked, prices = self.grid.height, self.blocked, (self.flat, self.steep, self.steep, self.flat)
        ends = {self.grid.number(end): _STEPS.index(leave) for end, leave in self.ends.items() if self.grid.holds(end)}
        rest = self._rests()
        state_bits = (4 * self.grid.cells).bit_length()
        state_mask, cost_mask = (1 << state_bits) - 1, (1 << _COST_BITS) - 1
        moves = [
            [
                (way, dx * height + dy, prices[way], 1 + (way != entered and TURN))
                for way, (dx, dy) in enumerate(_STEPS)
                if way + entered != 3
            ]
            for entered in range(4)
        ]
        first = 4 * self.grid.number(start) + _STEPS.index(step)
        best, came = [_FAR] * (4 * self.grid.cells), dict[int, int]()
        best[first] = 0
        push, pop = heapq.heappush, heapq.heappop
        queue = [(rest[first >> 2] << _COST_BITS) << state_bits | first]
        while queue:
            place = pop(queue)
            state, cost = place & state_mask, place >> state_bits & cost_mask
            if cost > best[state]:
                continue
            cell, entered = state >> 2, state & 3
            leave = ends.get(cell)
            if leave is not None:
                if leave == entered:
                    return self._trace(came, state)
                other, paid = 4 * cell + leave, cost + TURN
                if leave != 3 - entered and paid < best[other]:
                    best[other], came[other] = paid, state
                    push(queue, (paid + rest[cell] << _COST_BITS | paid) << state_bits | other)
            for way, by, price, length in moves[entered]:
                after = cell + by
                other, paid = 4 * after + way, cost + length + price[after]
                if paid < best[other] and not blocked[after]:
                    best[other], came[other] = paid, state
                    push(queue, (paid + rest[after] << _COST_BITS | paid) << state_bits | other)
        return []

    def _rests(self) -> list[int]:
        """Of each cell, how far it is at least from the ends."""
        xs, ys = [x for x, _ in self.ends], [y for _, y in self.ends]
        left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
        down = [max(top - y, 0, y - bottom) for y in range(self.grid.height)]
        across = [max(left - x, 0, x - right) for x in range(self.grid.limit[0] + 2)]
        return [x + y for x in across for y in down]

    def _trace(self, came: Mapping[int, int], state: int) -> list[Cell]:
        """The cells of a way from its last state back, put into their order."""
        cells = [state >> 2]
        while state in came:
            state = came[state]
            if state >> 2 != cells[-1]:
                cells.append(state >> 2)
        return [divmod(cell, self.grid.height) for cell in reversed(cells)]
