# SPDX-License-Identifier: BSD-3-Clause
"""The way of each wire around the boxes: a cheapest path on the grid, with few turns and crossings."""

from __future__ import annotations

from collections.abc import Iterable

from .boxes import GRID, Box
from .search import Cell, Search, Step
from .wires import Wire

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
        self.fixed: dict[tuple[Cell, bool], int] = {}
        for distance, price, boxes in (
            (GRID, _NEAR_BOX, list(root.walk())),
            (0, _BORDER, [box for box in root.walk() if box.children]),
        ):
            for cell in [cell for box in boxes for cell in _border(box, distance)]:
                self.fixed[cell, True] = self.fixed[cell, False] = price

    def route(self, wire: Wire) -> list[tuple[int, int]]:
        """The corners of the way of one wire, from border to border."""
        source, target = self.boxes[wire.source], self.boxes[wire.target]
        from_x, from_y = source.right_point(wire)
        start = (from_x // GRID + 1, from_y // GRID)
        ends = _ends(target, wire)
        net = f"{wire.target}/{wire.far}" if wire.kind == "port" else f"{wire.target}/"
        cells = Search(self.limit, ends, self._blocked(source, target), self._prices(net)).run(start, (1, 0))
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

    def _prices(self, net: str) -> dict[tuple[Cell, bool], int]:
        """What it costs to pass a cell beside its length: borders of boxes, and the wires of other nets."""
        prices = dict(self.fixed)

        def add(cell: Cell, flat: bool, price: int) -> None:
            prices[cell, flat] = prices.get((cell, flat), 0) + price

        for (cell, flat), nets in self.used.items():
            if nets == {net}:
                continue
            x, y = cell
            add(cell, flat, _SHARED)
            add(cell, not flat, _CROSSING)
            for side in ((x, y + 1), (x, y - 1)) if flat else ((x + 1, y), (x - 1, y)):
                add(side, flat, _NEAR_WIRE)
        return prices

    def _mark(self, cells: list[Cell], net: str) -> None:
        for here, there in zip(cells, cells[1:], strict=False):
            flat = here[1] == there[1]
            for cell in (here, there):
                self.used.setdefault((cell, flat), set()).add(net)


def _ends(target: Box, wire: Wire) -> dict[Cell, Step]:
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


def _corners(points: list[Cell]) -> list[Cell]:
    """The points where the direction changes, and both ends."""
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1]):
            kept.append(here)
    return [*kept, points[-1]]
