# SPDX-License-Identifier: BSD-3-Clause
"""The picture of a scheme: the frames of its story side by side, what differs from the scheme before it shaded."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from xml.sax.saxutils import escape

from scheme_story import (
    EMPTY,
    ENTERED,
    HOST,
    KERNEL,
    LOADED,
    MAPPED,
    PINNED,
    PUT,
    STEPS,
    USER,
    Frame,
    Story,
    alike,
    effect,
)

from simobjects.draw.palette import AMBER, GREY, INK, NAVY, PAPER, RUST, SOFT, WINE, tint
from simobjects.kvm.schemes import Figure

COLOURS = {USER: AMBER, KERNEL: WINE, HOST: NAVY, PINNED: GREY}
_WIDTH, _HEIGHT = 960, 386
_LEFT, _FRAME = 56, 112
_TOP, _CELL, _SLOTS = 114, 10, 16
_SHADE = tint(AMBER, 0.22)


def drawn(
    title: str, line: str, figure: Figure, small: Story, large: Story, before: tuple[str, Story, Story] | None
) -> str:
    """The SVG of a scheme. `small` is the story that is shown, `large` that on 64 entries, whose costs are told.

    `before` is the scheme that this one is compared with: its title and stories.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="10.5" fill="{INK}" role="img" aria-label="scheme {escape(title)}">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="{PAPER}"/>',
        f'<text x="10" y="22" font-size="16" font-weight="bold">{escape(title)}</text>',
        f'<text x="10" y="40" font-size="12">{escape(line)}</text>',
    ]
    if before is not None and len(before[1].guest) != len(small.guest):
        parts.append(f'<rect x="4" y="52" width="{_LEFT - 10}" height="{_HEIGHT - 84}" rx="4" fill="{_SHADE}"/>')
    parts += _guest(small.guest)
    words = {
        MAPPED: figure.into,
        ENTERED: figure.load or "an entry writes nothing",
        PUT: figure.put,
        LOADED: figure.back,
    }
    words |= {LOADED: figure.back, small.drops: f"dropped by: {figure.drops}"}
    for number in range(len(STEPS)):
        differs = before is not None and not alike(effect(small, number), effect(before[1], number))
        others = before[2].frames[number] if before is not None else None
        parts += _frame(number, small.frames[number], large.frames[number], others, differs, words.get(number, ""))
    parts += _legend(before[0] if before else "", small.frames[0].references)
    return "\n".join([*parts, "</svg>", ""])


def _frame(number: int, frame: Frame, large: Frame, other: Frame | None, differs: bool, words: str) -> list[str]:
    x = _LEFT + number * _FRAME
    parts = []
    if differs:
        parts.append(f'<rect x="{x}" y="52" width="{_FRAME - 6}" height="{_HEIGHT - 84}" rx="4" fill="{_SHADE}"/>')
    parts += _lines(x + 6, 66, f"{number}. {STEPS[number]}" if number else STEPS[number], bold=True)
    parts += _strip(x + 8, "KVM", frame.memory, frozenset(), hollow=frame.references)
    if frame.copy is not None:
        parts += _strip(x + 34, "copy", frame.copy, frozenset())
    parts += _strip(x + 72, "TLB", frame.hardware, frame.written)
    y = _TOP + _CELL * _SLOTS + 16
    if number:
        same = other is None or (large.instructions, large.tlbwe) == (other.instructions, other.tlbwe)
        weight = "" if same else f' font-weight="bold" fill="{RUST}"'
        parts.append(f'<text x="{x + 6}" y="{y}"{weight}>{large.instructions:,} instr.</text>')
        parts.append(f'<text x="{x + 6}" y="{y + 13}"{weight}>{large.tlbwe:,} tlbwe</text>')
        parts += _lines(x + 6, y + 28, words, SOFT)
    return parts


def _strip(x: int, name: str, cells: Sequence[str], written: frozenset[int], *, hollow: bool = False) -> list[str]:
    parts = [f'<text x="{x + 8}" y="{_TOP - 5}" text-anchor="middle" font-size="9" fill="{SOFT}">{name}</text>']
    for slot, what in enumerate(cells):
        y = _TOP + slot * _CELL
        fill = COLOURS[what] if what != EMPTY and not hollow else PAPER
        parts.append(
            f'<rect x="{x}" y="{y}" width="16" height="{_CELL}" fill="{fill}" stroke="{SOFT}" stroke-width="0.5"/>'
        )
        if hollow and what != EMPTY:
            parts.append(f'<circle cx="{x + 8}" cy="{y + _CELL / 2:g}" r="3" fill="{COLOURS[what]}"/>')
        if slot in written:
            parts.append(f'<path d="M{x + 26} {y + 2}l-7 3l7 3z" fill="{RUST}"/>')
    return parts


def _guest(cells: Sequence[str]) -> list[str]:
    """The guest's own TLB: as high as the others, with as many cells as it has."""
    high = _CELL * _SLOTS / len(cells)
    parts = [f'<text x="28" y="{_TOP - 17}" text-anchor="middle" font-size="9" fill="{SOFT}">guest\'s</text>']
    parts.append(f'<text x="28" y="{_TOP - 5}" text-anchor="middle" font-size="9" fill="{SOFT}">TLB</text>')
    for slot, what in enumerate(cells):
        fill = COLOURS[what] if what != EMPTY else PAPER
        parts.append(
            f'<rect x="20" y="{_TOP + slot * high:g}" width="16" height="{high:g}" fill="{fill}" stroke="{SOFT}" '
            'stroke-width="0.5"/>'
        )
    return parts


def _lines(x: int, y: int, text: str, colour: str = INK, *, bold: bool = False) -> list[str]:
    weight = ' font-weight="bold"' if bold else ""
    size = "" if bold else ' font-size="9.5"'
    return [
        f'<text x="{x}" y="{y + 12 * number}" fill="{colour}"{weight}{size}>{escape(line)}</text>'
        for number, line in enumerate(textwrap.wrap(text, 15 if bold else 18))
    ]


def _legend(before: str, references: bool) -> list[str]:
    x, y = 10, _HEIGHT - 12
    parts = []
    for name, colour in COLOURS.items():
        parts.append(f'<rect x="{x}" y="{y - 9}" width="12" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{x + 17}" y="{y}">{escape(name)}</text>')
        x += 30 + round(5.6 * len(name))
    if references:
        parts.append(f'<circle cx="{x + 6}" cy="{y - 4}" r="3" fill="{INK}"/>')
        parts.append(f'<text x="{x + 17}" y="{y}">only where it is</text>')
        x += 112
    parts.append(f'<path d="M{x + 12} {y - 8}l-7 3.5l7 3.5z" fill="{RUST}"/>')
    parts.append(f'<text x="{x + 17}" y="{y}">written in this step</text>')
    x += 132
    if before:
        parts.append(
            f'<rect x="{x}" y="{y - 9}" width="12" height="10" fill="{_SHADE}" stroke="{SOFT}" stroke-width="0.5"/>'
        )
        bold = f'<tspan font-weight="bold" fill="{RUST}">bold</tspan>'
        parts.append(
            f'<text x="{x + 17}" y="{y}">does something else than {escape(before)}; other costs are {bold}</text>'
        )
    return parts
