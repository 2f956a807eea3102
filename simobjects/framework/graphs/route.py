# SPDX-License-Identifier: BSD-3-Clause
"""The way of each wire around the boxes: a cheapest path on the grid, with few turns and crossings."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from .boxes import GRID, Box
from .model import Edge

Cell = tuple[int, int]
Step = tuple[int, int]

_STEPS: tuple[Step, ...] = ((1, 0), (0, 1), (0, -1), (-1, 0))
_TURN = 4
_SHARED = 12
_CROSSING = 3
_BORDER = 4
_NEAR_WIRE = 2
_NEAR_BOX = 2


class Router:
    """Finds ways one after the other; later wires avoid earlier ones."""

    def __init__(self, root: Box) -> None:
        self.root = root
        self.boxes = {box.path: box for box in root.walk()}
        self.limit = ((root.x + root.width) // GRID, (root.y + root.height) // GRID)
        self.used: dict[tuple[Cell, bool], set[str]] = {}
        """The wires through a cell, by whether they are horizontal there."""
        self.borders = {cell for box in root.walk() if box.children for cell in _border(box, 0)}
        self.beside = {cell for box in root.walk() for cell in _border(box, GRID)}

    def route(self, wire: Edge) -> list[tuple[int, int]]:
        """The corners of the way of one wire, from border to border."""
        source, target = self.boxes[wire.source], self.boxes[wire.target]
        from_x, from_y = source.right_point(wire)
        start = (from_x // GRID + 1, from_y // GRID)
        ends = _ends(target, wire)
        net = f"{wire.target}/{wire.far}" if wire.kind == "port" else f"{wire.target}/"
        cells = self._search(start, ends, self._blocked(source, target), net)
        if not cells:
            last = min(ends)
            cells = [start, last]
        self._mark(cells, net)
        dx, dy = ends[cells[-1]]
        tip = (cells[-1][0] + dx, cells[-1][1] + dy)
        points = [(from_x // GRID, from_y // GRID), *cells, tip]
        return [(x * GRID, y * GRID) for x, y in _corners(points)]

    def _blocked(self, source: Box, target: Box) -> set[Cell]:
        """Cells that are taken by boxes; those around the two ends are open except for their text."""
        open_boxes = {*source.ancestors(), *target.ancestors()}
        taken: set[Cell] = set()
        for box in self.root.walk():
            height = box.head if box in open_boxes else box.height
            taken.update(_rectangle(box.x, box.y, box.width, height))
        return taken

    def _search(self, start: Cell, ends: dict[Cell, Step], blocked: set[Cell], net: str) -> list[Cell]:
        """A* over (cell, direction)."""
        first = (start, (1, 0))
        best: dict[tuple[Cell, Step], int] = {first: 0}
        came: dict[tuple[Cell, Step], tuple[Cell, Step]] = {}
        queue: list[tuple[int, int, Cell, Step]] = [(0, 0, *first)]
        while queue:
            _, cost, cell, step = heapq.heappop(queue)
            if cost > best[cell, step]:
                continue
            if cell in ends and ends[cell] == step:
                return _trace(came, (cell, step))
            turns = (ends[cell],) if cell in ends and _perpendicular(step, ends[cell]) else ()
            for turn in turns:
                self._push(queue, best, came, (cell, step), (cell, turn), cost + _TURN, ends)
            for move in _STEPS:
                if move == (-step[0], -step[1]):
                    continue
                after = (cell[0] + move[0], cell[1] + move[1])
                if after in blocked or not (0 < after[0] <= self.limit[0] and 0 < after[1] <= self.limit[1]):
                    continue
                price = cost + 1 + (_TURN if move != step else 0) + self._price(after, move, net)
                self._push(queue, best, came, (cell, step), (after, move), price, ends)
        return []

    def _push(
        self,
        queue: list[tuple[int, int, Cell, Step]],
        best: dict[tuple[Cell, Step], int],
        came: dict[tuple[Cell, Step], tuple[Cell, Step]],
        before: tuple[Cell, Step],
        after: tuple[Cell, Step],
        cost: int,
        ends: dict[Cell, Step],
    ) -> None:
        if cost < best.get(after, 1 << 30):
            best[after], came[after] = cost, before
            x, y = after[0]
            left = min(abs(x - end_x) + abs(y - end_y) for end_x, end_y in ends)
            heapq.heappush(queue, (cost + left, cost, *after))

    def _price(self, cell: Cell, move: Step, net: str) -> int:
        """What it costs to pass a cell beside its length: other wires and borders of boxes."""
        flat = move[1] == 0
        price = _BORDER if cell in self.borders else _NEAR_BOX if cell in self.beside else 0
        along, across = self.used.get((cell, flat), ()), self.used.get((cell, not flat), ())
        price += _SHARED if any(other != net for other in along) else 0
        price += _CROSSING if any(other != net for other in across) else 0
        for side in ((cell[0], cell[1] + 1), (cell[0], cell[1] - 1)) if flat else (
            (cell[0] + 1, cell[1]), (cell[0] - 1, cell[1])
        ):  # fmt: skip
            if any(other != net for other in self.used.get((side, flat), ())):
                price += _NEAR_WIRE
        return price

    def _mark(self, cells: list[Cell], net: str) -> None:
        for here, there in zip(cells, cells[1:], strict=False):
            flat = here[1] == there[1]
            for cell in (here, there):
                self.used.setdefault((cell, flat), set()).add(net)


def _ends(target: Box, wire: Edge) -> dict[Cell, Step]:
    """Cells beside the border where a wire may arrive, and the direction of its last step."""
    if wire.kind == "port":
        x, y = target.left_point(wire.far)
        return {(x // GRID - 1, y // GRID): (1, 0)}
    left, right = target.x // GRID - 1, (target.x + target.width) // GRID + 1
    top, bottom = target.y // GRID - 1, (target.y + target.height) // GRID + 1
    ends: dict[Cell, Step] = {}
    for y in (target.y // GRID + 2, target.y // GRID + 3, target.y // GRID + 1):
        ends[left, y] = (1, 0)
        ends[right, y] = (-1, 0)
    for x in range(left + 3, right - 2, 2):
        ends[x, top] = (0, 1)
        ends[x, bottom] = (0, -1)
    return ends


def _rectangle(x: int, y: int, width: int, height: int) -> Iterable[Cell]:
    return (
        (cell_x, cell_y)
        for cell_x in range(x // GRID, (x + width) // GRID + 1)
        for cell_y in range(y // GRID, (y + height) // GRID + 1)
    )


def _border(box: Box, away: int) -> set[Cell]:
    """The cells of the line around a box, at a distance."""
    x, y, width, height = box.x - away, box.y - away, box.width + 2 * away, box.height + 2 * away
    inside = set(_rectangle(x + GRID, y + GRID, width - 2 * GRID, height - 2 * GRID))
    return set(_rectangle(x, y, width, height)) - inside


def _perpendicular(one: Step, other: Step) -> bool:
    return one[0] * other[0] + one[1] * other[1] == 0


def _trace(came: dict[tuple[Cell, Step], tuple[Cell, Step]], last: tuple[Cell, Step]) -> list[Cell]:
    cells = [last[0]]
    while last in came:
        last = came[last]
        if last[0] != cells[-1]:
            cells.append(last[0])
    return cells[::-1]


def _corners(points: list[Cell]) -> list[Cell]:
    """The points where the direction changes, and both ends."""
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1]):
            kept.append(here)
    return [*kept, points[-1]]
