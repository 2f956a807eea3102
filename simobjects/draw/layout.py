# SPDX-License-Identifier: BSD-3-Clause
"""Where the boxes go: siblings in columns from left to right along their wires, unrelated ones in rows."""

from __future__ import annotations

from math import sqrt

from .boxes import GRID, HEADER, TITLE, Box, snap
from .wires import Wire

PAD = 30
GAP = 40
LANE = 20
"""Extra room between columns for each wire that passes there."""

Pairs = dict[tuple[int, int], int]
"""How many wires lead from one sibling to another, by their positions in the list of children."""


def lay_out(root: Box, wires: list[Wire]) -> None:
    """Give every box its size and its place, in units of SVG.

    Args:
        root: the box of the machine, at (0, 0) afterwards.
        wires: those that are drawn; siblings stand in columns along them.
    """
    by_path = {box.path: box for box in root.walk()}
    _size(root, wires, by_path)
    _shift(root, 20, 20)
    _order_rows(root, by_path)


def _size(box: Box, wires: list[Wire], by_path: dict[str, Box]) -> None:
    """Sizes from the inside out; children get places relative to their owner."""
    for inner in box.children:
        _size(inner, wires, by_path)
    width, height = _arrange(box, _pairs(box, wires, by_path)) if box.children else (0, 0)
    box.width = max(box.least_width(), width + 2 * PAD if box.children else 0)
    if box.children:
        box.height = box.head + height + 2 * PAD
    else:
        box.height = TITLE if box.head == HEADER else box.head + GRID


def _pairs(box: Box, wires: list[Wire], by_path: dict[str, Box]) -> Pairs:
    """The wires between children of `box`, or what lies inside them."""
    position = {inner.path: number for number, inner in enumerate(box.children)}
    found: Pairs = {}
    for wire in wires:
        ends = []
        for path in (wire.source, wire.target):
            around = [by_path[path], *by_path[path].ancestors()]
            ends += [position[outer.path] for outer in around if outer.path in position]
        if len(ends) == 2 and ends[0] != ends[1]:
            pair = (ends[0], ends[1])
            found[pair] = found.get(pair, 0) + 1
    return found


def _arrange(box: Box, pairs: Pairs) -> tuple[int, int]:
    """Place the children of one box; the width and height that they take."""
    linked = sorted({end for pair in pairs for end in pair})
    loose = [inner for number, inner in enumerate(box.children) if number not in linked]
    width, height = _columns(box, _layers(linked, pairs), pairs, box.head + PAD)
    if loose:
        area = sum((inner.width + GAP) * (inner.height + GAP) for inner in loose)
        limit = max(width, snap(sqrt(area * 2.2)))
        top = box.head + PAD + (height + GAP if height else 0)
        loose_width, loose_height = _rows(loose, limit, top)
        width, height = max(width, loose_width), top + loose_height - box.head - PAD
    return width, height


def _layers(members: list[int], pairs: Pairs) -> list[list[int]]:
    """Columns: each sibling right of all that lead to it. Wires that close a cycle are ignored."""
    forward: dict[int, list[int]] = {number: [] for number in members}
    state: dict[int, str] = {}

    def visit(number: int) -> None:
        state[number] = "open"
        for source, target in sorted(pairs):
            if source == number and state.get(target) != "open":
                forward[number].append(target)
                if target not in state:
                    visit(target)
        state[number] = "done"

    arrived = {target for _, target in pairs}
    for number in sorted(members, key=lambda member: (member in arrived, member)):
        if number not in state:
            visit(number)
    depth = dict.fromkeys(members, 0)
    for _ in members:
        for number in members:
            for target in forward[number]:
                depth[target] = max(depth[target], depth[number] + 1)
    levels = sorted(set(depth.values()))
    return _untangle([[number for number in members if depth[number] == level] for level in levels], pairs)


def _untangle(columns: list[list[int]], pairs: Pairs) -> list[list[int]]:
    """Order each column by the mean position of the neighbours in the other columns."""
    for _ in range(4):
        row = {number: place / max(len(column), 1) for column in columns for place, number in enumerate(column)}
        for column in columns:
            means = {}
            for number in column:
                near = [row[b if a == number else a] for a, b in pairs if number in (a, b)]
                means[number] = sum(near) / len(near) if near else row[number]
            column.sort(key=lambda number: (round(means[number], 6), number))
    return columns


def _columns(box: Box, columns: list[list[int]], pairs: Pairs, top: int) -> tuple[int, int]:
    """Place columns from left to right, each in the middle of the tallest; the width and height that they take."""
    heights = [sum(box.children[n].height + GAP for n in column) - GAP for column in columns]
    tallest, x = max(heights, default=0), PAD
    for number, column in enumerate(columns):
        y = top + snap((tallest - heights[number]) / 2)
        widest = max(box.children[n].width for n in column)
        for member in column:
            inner = box.children[member]
            inner.x, inner.y, inner.width = x, y, widest if not inner.children else inner.width
            y += inner.height + GAP
        crossing = sum(count for (a, b), count in pairs.items() if (a in column) != (b in column) or a in column)
        x += widest + GAP + (LANE * min(crossing, 6) if number + 1 < len(columns) else 0)
    return (x - PAD - GAP if columns else 0), tallest


def _rows(boxes: list[Box], limit: int, top: int) -> tuple[int, int]:
    """Place boxes in rows that end at `limit`, from `top` down; the width and height that they take."""
    x, y, tallest, widest = PAD, top, 0, 0
    for box in boxes:
        if x > PAD and x + box.width > limit + PAD:
            x, y, tallest = PAD, y + tallest + GAP // 2, 0
        box.x, box.y = x, y
        widest = max(widest, x + box.width - PAD)
        x, tallest = x + box.width + GAP // 2, max(tallest, box.height)
    return widest, y + tallest - top


def _shift(box: Box, x: int, y: int) -> None:
    """Relative places to absolute ones."""
    box.x, box.y = box.x + x, box.y + y
    for inner in box.children:
        _shift(inner, box.x, box.y)


def _order_rows(root: Box, by_path: dict[str, Box]) -> None:
    """Rows of ports in the order of what they lead to, so that wires cross less."""
    middle = {box.path: box.y + box.height // 2 for box in root.walk()}
    for box in root.walk():
        box.right.sort(key=lambda wire: (middle[wire.target], wire.kind, wire.label))
    sources: dict[tuple[str, str], int] = {}
    for box in root.walk():
        for wire in box.right:
            if wire.kind == "port":
                sources.setdefault((wire.target, wire.far), middle[wire.source])
    for box in root.walk():
        box.left.sort(key=lambda name: (sources[box.path, name], name))
