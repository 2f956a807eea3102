# SPDX-License-Identifier: BSD-3-Clause
"""The graph as SVG: boxes nested by ownership, arrows for connections, dashed ones for references."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING

from simobjects.framework.node import Part
from simobjects.framework.relations import relations

from .boxes import HEADER, LINE, TITLE, Box, make_boxes, snap, text_width
from .layout import lay_out
from .palette import BLUE, INK, PAPER, SOFT, WINE, colour_of
from .wires import Wire, wires

if TYPE_CHECKING:
    from .route import Way

_WIRE, _REFERENCE = BLUE, WINE
_FONT = "font-family='Helvetica Neue, Helvetica, Arial, DejaVu Sans, sans-serif'"
_RADIUS = 7


def to_svg(system: Part) -> str:
    """The picture of a machine as an SVG document. The same machine gives the same bytes.

    Args:
        system: the root of what is drawn; any object of a machine is one.
    """
    from .route import find_ways

    return drawn_svg(system, find_ways)


def drawn_svg(system: Part, find_ways: Callable[[Box, Sequence[Wire]], list[Way]]) -> str:
    """The same with the ways of the wires from elsewhere.

    Args:
        system: the root of what is drawn.
        find_ways: from the placed boxes and the wires to the corners of each wire, in the order of the wires.
    """
    drawn = wires(relations(system))
    root = make_boxes(system, drawn)
    lay_out(root, drawn)
    order = [wire for box in root.walk() for wire in box.right]
    order.sort(key=lambda wire: wire.kind != "port")
    ways = zip(order, find_ways(root, order), strict=True)
    kinds = sorted({box.kind for box in root.walk() if box.kind}, key=str.lower)
    width = root.width + 40
    height = root.height + 80
    body = [_box(box, depth) for box, depth in _with_depth(root, 0)]
    body += [_wire(wire, points) for wire, points in ways]
    body += [_legend(20, root.y + root.height + 28, kinds)]
    return _page(root, width, height, "\n".join(body))


def _with_depth(box: Box, depth: int) -> list[tuple[Box, int]]:
    return [(box, depth), *(item for inner in box.children for item in _with_depth(inner, depth + 1))]


def _page(root: Box, width: int, height: int, body: str) -> str:
    names = f"{root.label} ({root.type})"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
        f" role='img' {_FONT}>\n<title>{escape(names)}</title>\n"
        f"<defs>{_arrow('wire', _WIRE)}{_arrow('reference', _REFERENCE)}</defs>\n"
        f"<rect width='{width}' height='{height}' rx='8' fill='{PAPER}'/>\n{body}\n</svg>\n"
    )


def _arrow(name: str, colour: str) -> str:
    return (
        f"<marker id='{name}' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='7' markerHeight='7' orient='auto'>"
        f"<path d='M0 1 L10 5 L0 9 z' fill='{colour}'/></marker>"
    )


def _box(box: Box, depth: int) -> str:
    tint, line = colour_of(box.kind)
    fill = "#f7f9fb" if box.children and depth % 2 == 0 else PAPER
    x, y = box.x, box.y
    parts = [
        f"<g><title>{escape(f'{box.path}: {box.type}')}</title>",
        f"<rect x='{x}' y='{y}' width='{box.width}' height='{box.height}' rx='6' fill='{fill}' stroke='{line}'/>",
        _title(box, tint, line),
        _text(x + 12, y + 18, box.label, 14, INK, "font-weight='bold'"),
        _text(x + 12, y + 33, box.type, 11, SOFT),
    ]
    for number, text in enumerate(box.params):
        parts.append(_text(x + 12, y + HEADER + LINE * number + 14, text, 11, INK))
    for name in box.left:
        port_x, port_y = box.left_point(name)
        parts.append(f"<circle cx='{port_x}' cy='{port_y}' r='3.5' fill='{PAPER}' stroke='{_WIRE}'/>")
        parts.append(_text(port_x + 10, port_y + 4, name, 11, _WIRE))
    for wire in box.right:
        port_x, port_y = box.right_point(wire)
        style = (_WIRE, "") if wire.kind == "port" else (_REFERENCE, "font-style='italic'")
        parts.append(_text(port_x - 10, port_y + 4, wire.label, 11, style[0], f"text-anchor='end' {style[1]}".strip()))
    return "\n".join([*parts, "</g>"])


def _title(box: Box, tint: str, line: str) -> str:
    """The coloured part of a box, which may be all of it."""
    x, y, right, shape = box.x, box.y, box.x + box.width, f"fill='{tint}' stroke='{line}'"
    if box.height == TITLE:
        return f"<rect x='{x}' y='{y}' width='{box.width}' height='{TITLE}' rx='6' {shape}/>"
    top = f"M{x} {y + TITLE} V{y + 6} a6 6 0 0 1 6 -6 H{right - 6} a6 6 0 0 1 6 6 V{y + TITLE} z"
    return f"<path d='{top}' {shape}/>"


def _wire(wire: Wire, points: list[tuple[int, int]]) -> str:
    port = wire.kind == "port"
    colour, marker = (_WIRE, "wire") if port else (_REFERENCE, "reference")
    dash = "" if port else " stroke-dasharray='5 4'"
    name = f"{wire.source}.{wire.label} to {wire.target}" + (f".{wire.far}" if port else "")
    return (
        f"<path d='{_rounded(points)}' fill='none' stroke='{colour}' stroke-width='1.5'{dash}"
        f" marker-end='url(#{marker})'><title>{escape(name)}</title></path>"
    )


def _rounded(points: list[tuple[int, int]]) -> str:
    """A line through `points` with round corners."""
    text = [f"M{points[0][0]} {points[0][1]}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        first, second = _towards(corner, before), _towards(corner, after)
        text.append(f"L{first[0]} {first[1]} Q{corner[0]} {corner[1]} {second[0]} {second[1]}")
    return " ".join([*text, f"L{points[-1][0]} {points[-1][1]}"])


def _towards(corner: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    """The point on the way from `corner` to `other` where the round corner begins."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = min(_RADIUS, max(abs(dx), abs(dy)) // 2)
    return corner[0] + length * ((dx > 0) - (dx < 0)), corner[1] + length * ((dy > 0) - (dy < 0))


def _legend(x: int, y: int, kinds: list[str]) -> str:
    parts = []
    for label, colour, dash in (("connection", _WIRE, ""), ("reference", _REFERENCE, " stroke-dasharray='5 4'")):
        marker = "reference" if dash else "wire"
        parts.append(
            f"<path d='M{x} {y} H{x + 36}' stroke='{colour}' stroke-width='1.5'{dash} marker-end='url(#{marker})'/>"
        )
        parts.append(_text(x + 44, y + 4, label, 11, SOFT))
        x += 44 + snap(text_width(label, 11)) + 20
    for kind in kinds:
        tint, line = colour_of(kind)
        parts.append(f"<rect x='{x}' y='{y - 6}' width='12' height='12' rx='2' fill='{tint}' stroke='{line}'/>")
        parts.append(_text(x + 18, y + 4, kind, 11, SOFT))
        x += 18 + snap(text_width(kind, 11)) + 20
    return "\n".join(parts)


def _text(x: int, y: int, text: str, size: int, colour: str, more: str = "") -> str:
    extra = f" {more}" if more else ""
    return f"<text x='{x}' y='{y}' font-size='{size}' fill='{colour}'{extra}>{escape(text)}</text>"
