# SPDX-License-Identifier: BSD-3-Clause
"""What the picture shows of each object, and how large its box is. All lengths are multiples of the grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from simobjects.framework.expect import value_text
from simobjects.framework.fields import ParamMark, is_required, mark_of
from simobjects.framework.node import Part
from simobjects.framework.parse import parse
from simobjects.framework.tree import owned

from .wires import Wire

GRID = 10
TITLE = 40
"""The height of the coloured part."""
HEADER = TITLE + GRID
LINE = 20
MOST_PARAMS = 5

_NARROW = frozenset("iljtf.,:;'|![]()I ")
_WIDE = frozenset("mwMW@%")


@dataclass(eq=False)
class Box:
    """An object's box.

    Attributes:
        path: of the object.
        label: its name.
        type: its class.
        kind: what the class is, which decides its colour.
        params: lines of text, a parameter each.
        children: boxes inside it.
        left: its responders that have a connection, in the order of their rows.
        right: the wires that leave it, in the order of their rows.
        parent: the box around it.
        x, y, width, height: in units of SVG, multiples of the grid; 0 until it is placed.
    """

    path: str
    label: str
    type: str
    kind: str
    params: list[str]
    children: list[Box] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    right: list[Wire] = field(default_factory=list)
    parent: Box | None = None
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0

    @property
    def head(self) -> int:
        """The height of the part that holds text."""
        return HEADER + LINE * (len(self.params) + max(len(self.left), len(self.right)))

    @property
    def rows_top(self) -> int:
        """Where the rows of ports begin."""
        return self.y + HEADER + LINE * len(self.params)

    def least_width(self) -> int:
        """The width that the text needs."""
        titles = max(text_width(self.label, 14) * 1.1, text_width(self.type, 11)) + 24
        params = max((text_width(text, 11) + 24 for text in self.params), default=0.0)
        left = max((text_width(name, 11) for name in self.left), default=0.0)
        right = max((text_width(wire.label, 11) for wire in self.right), default=0.0)
        return snap(max(110, titles, params, left + right + (60 if left and right else 36)))

    def walk(self) -> Iterator[Box]:
        """This box and those inside it, outer first."""
        yield self
        for box in self.children:
            yield from box.walk()

    def ancestors(self) -> list[Box]:
        """The boxes around this one, inner first."""
        found, box = [], self.parent
        while box is not None:
            found.append(box)
            box = box.parent
        return found

    def left_point(self, name: str) -> tuple[int, int]:
        """Where the responder `name` sits on the border."""
        return self.x, self.rows_top + LINE * self.left.index(name) + LINE // 2

    def right_point(self, wire: Wire) -> tuple[int, int]:
        """Where the wire `wire` leaves."""
        return self.x + self.width, self.rows_top + LINE * self.right.index(wire) + LINE // 2


def make_boxes(system: Part, drawn: list[Wire]) -> Box:
    """The tree of boxes with the rows that `drawn` need; not placed yet.

    Args:
        system: the root; a box is made of it and of each object below, in the order of the tree.
        drawn: relations of those objects.

    Returns:
        The root's box. Sizes and places are 0 until `lay_out` has seen it.
    """
    root = _box(system, system.path, None)
    by_path = {box.path: box for box in root.walk()}
    for wire in drawn:
        by_path[wire.source].right.append(wire)
        target = by_path[wire.target]
        if wire.kind == "port" and wire.far not in target.left:
            target.left.append(wire.far)
    return root


def text_width(text: str, size: int) -> float:
    """A safe estimate of the width of a text in a sans-serif face.

    Args:
        text: one line.
        size: of the face, in units of SVG, in which the answer is too.
    """
    units = sum(0.36 if char in _NARROW else 0.92 if char in _WIDE else 0.6 for char in text)
    return units * size


def snap(length: float) -> int:
    """`length` rounded up to the grid."""
    return -(-int(length + 0.999) // GRID) * GRID


def _box(obj: Part, label: str, parent: Box | None) -> Box:
    """The box of an object and of all that it owns."""
    made = Box(obj.path, label, type(obj).__name__, type(obj).kind, _params(obj), parent=parent)
    made.children = [_box(item, name, made) for name, item in owned(obj)]
    return made


def _params(obj: Part) -> list[str]:
    """The parameters that differ from their defaults."""
    found = []
    for name, info in type(obj).model_fields.items():
        if not isinstance(mark_of(info), ParamMark) or name not in vars(obj):
            continue
        value = vars(obj)[name]
        default = info.get_default(call_default_factory=True, validated_data={})
        if is_required(info) or parse(type(obj), name, default) != value:
            text = f"{name} = {value_text(info, value)}"
            found.append(text if len(text) <= 32 else f"{text[:31]}…")
    return found if len(found) <= MOST_PARAMS else [*found[: MOST_PARAMS - 1], f"… {len(found) - MOST_PARAMS + 1} more"]
