# SPDX-License-Identifier: BSD-3-Clause
"""The way of each wire around the boxes: a cheapest path on the grid, with few turns and crossings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .boxes import GRID, Box
from .search import Cell, Grid, Search, Step
from .wires import Wire

_SHARED = 12
_CROSSING = 3
_BORDER = 4
_NEAR_WIRE = 2
_NEAR_BOX = 2


Way = list[tuple[int, int]]
"""The corners of a wire, from border to border."""


def find_ways(root: Box, wires: Sequence[Wire]) -> list[Way]:
    """The way of each wire, found in this order: later ones avoid earlier ones.

    Args:
        root: boxes that are placed.
        wires: of boxes below it.

    Returns:
        For each wire its corners, from border to border, in units of SVG.
    """
    router = Router(root)
    return [router.route(wire) for wire in wires]


class Router:
    """Finds ways one after the other; later wires avoid earlier ones."""

    def __init__(self, root: Box) -> None:
        self.root = root
        self.boxes = {box.path: box for box in root.walk()}
        self.grid = Grid(((root.x + root.width) // GRID, (root.y + root.height) // GRID))
        self.used: dict[tuple[Cell, bool], set[str]] = {}
        """The wires through a cell, by whether they are horizontal there."""
        self.fixed = [0] * self.grid.cells
        for distance, price, boxes in (
            (GRID, _NEAR_BOX, list(root.walk())),
            (0, _BORDER, [box for box in root.walk() if box.children]),
        ):
            for box in boxes:
                for cell in _border(box, distance):
                    if self.grid.holds(cell):
                        self.fixed[self.grid.number(cell)] = price

    def route(self, wire: Wire) -> Way:
        """The corners of the way of one wire, from border to border."""
        source, target = self.boxes[wire.source], self.boxes[wire.target]
        from_x, from_y = source.right_point(wire)
        start = (from_x // GRID + 1, from_y // GRID)
        ends = _ends(target, wire)
        net = f"{wire.target}/{wire.far}" if wire.kind == "port" else f"{wire.target}/"
        cells = Search(self.grid, ends, self._blocked(source, target), *self._prices(net)).run(start, (1, 0))
        if not cells:
            last = min(ends)
            cells = [start, last]
        self._mark(cells, net)
        dx, dy = ends[cells[-1]]
        tip = (cells[-1][0] + dx, cells[-1][1] + dy)
        points = [(from_x // GRID, from_y // GRID), *cells, tip]
        return [(x * GRID, y * GRID) for x, y in _corners(points)]

    def _blocked(self, source: Box, target: Box) -> bytearray:
        """Cells that are taken by boxes; those around the two ends are open except for their text."""
        open_boxes = {*source.ancestors(), *target.ancestors()}
        width, height = self.grid.limit[0] + 2, self.grid.height
        taken = bytearray(self.grid.cells)
        for x in range(width):
            taken[x * height] = taken[x * height + height - 1] = 1
        taken[:height] = taken[-height:] = b"\1" * height
        for box in self.root.walk():
            top, bottom = box.y // GRID, (box.y + (box.head if box in open_boxes else box.height)) // GRID + 1
            for x in range(box.x // GRID, (box.x + box.width) // GRID + 1):
                taken[x * height + top : x * height + bottom] = b"\1" * (bottom - top)
        return taken

    def _prices(self, net: str) -> tuple[list[int], list[int]]:
        """What it costs to pass a cell horizontally and vertically, beside its length: borders of boxes, and the wires
        of other nets."""
        prices = self.fixed.copy(), self.fixed.copy()
        for (cell, flat), nets in self.used.items():
            if nets == {net}:
                continue
            x, y = cell
            along, across = prices if flat else prices[::-1]
            for (at, price), way in (
                ((cell, _SHARED), along),
                ((cell, _CROSSING), across),
                *((((x, y + by) if flat else (x + by, y), _NEAR_WIRE), along) for by in (1, -1)),
            ):
                if self.grid.holds(at):
                    way[self.grid.number(at)] += price
        return prices

    def _mark(self, cells: list[Cell], net: str) -> None:
        """Remember the cells of a way, for the prices of later ones."""
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


def _border(box: Box, away: int) -> Iterator[Cell]:
    """The cells of the line around a box, at a distance."""
    left, right = (box.x - away) // GRID, (box.x + box.width + away) // GRID
    top, bottom = (box.y - away) // GRID, (box.y + box.height + away) // GRID
    for x in range(left, right + 1):
        yield from ((x, top), (x, bottom))
    for y in range(top + 1, bottom):
        yield from ((left, y), (right, y))


def _corners(points: list[Cell]) -> list[Cell]:
    """The points where the direction changes, and both ends."""
    kept = [points[0]]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        if (here[0] - before[0], here[1] - before[1]) != (after[0] - here[0], after[1] - here[1]):
            kept.append(here)
    return [*kept, points[-1]]
