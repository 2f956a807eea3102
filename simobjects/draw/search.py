# SPDX-License-Identifier: BSD-3-Clause
"""The cheapest way through a grid, where turns cost and each cell has a price."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

Cell = tuple[int, int]
Step = tuple[int, int]
State = tuple[Cell, Step]
"""A cell and the direction in which it was entered."""

TURN = 4
_STEPS: tuple[Step, ...] = ((1, 0), (0, 1), (0, -1), (-1, 0))
_FAR = 1 << 30


@dataclass
class Search:
    """A* from one cell to any of several, each of which must be left in a given direction.

    `blocked` cells cannot be entered. `prices` are added to the length, by cell and whether it is passed
    horizontally. Equal ways are decided by the order of the cells, so that the result is always the same.
    """

    limit: Cell
    ends: Mapping[Cell, Step]
    blocked: set[Cell]
    prices: Mapping[tuple[Cell, bool], int]
    _best: dict[State, int] = field(default_factory=dict)
    _came: dict[State, State] = field(default_factory=dict)
    _queue: list[tuple[int, int, Cell, Step]] = field(default_factory=list)

    def run(self, start: Cell, step: Step) -> list[Cell]:
        """The cells of the way, both ends included; empty when there is none."""
        xs, ys = [x for x, _ in self.ends], [y for _, y in self.ends]
        self._area = min(xs), max(xs), min(ys), max(ys)
        self._offer((start, step), None, 0)
        while self._queue:
            _, cost, cell, step = heapq.heappop(self._queue)
            if cost > self._best[cell, step]:
                continue
            leave = self.ends.get(cell)
            if leave == step:
                return self._trace((cell, step))
            if leave is not None and leave != (-step[0], -step[1]):
                self._offer((cell, leave), (cell, step), cost + TURN)
            self._spread((cell, step), cost)
        return []

    def _spread(self, state: State, cost: int) -> None:
        (x, y), step = state
        for move in _STEPS:
            after = (x + move[0], y + move[1])
            back = move[0] == -step[0] and move[1] == -step[1]
            if back or after in self.blocked or not self._inside(after):
                continue
            turn = 0 if move == step else TURN
            self._offer((after, move), state, cost + 1 + turn + self.prices.get((after, move[1] == 0), 0))

    def _offer(self, state: State, before: State | None, cost: int) -> None:
        """Keep a way to `state` if it is the cheapest so far."""
        if cost >= self._best.get(state, _FAR):
            return
        self._best[state] = cost
        if before is not None:
            self._came[state] = before
        (x, y), (left, right, top, bottom) = state[0], self._area
        rest = max(left - x, 0, x - right) + max(top - y, 0, y - bottom)
        heapq.heappush(self._queue, (cost + rest, cost, *state))

    def _inside(self, cell: Cell) -> bool:
        return 0 < cell[0] <= self.limit[0] and 0 < cell[1] <= self.limit[1]

    def _trace(self, state: State) -> list[Cell]:
        cells = [state[0]]
        while state in self._came:
            state = self._came[state]
            if state[0] != cells[-1]:
                cells.append(state[0])
        return cells[::-1]
