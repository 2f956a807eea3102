# SPDX-License-Identifier: BSD-3-Clause
"""The pictures of docs/timeline.md, drawn from what `run --timeline` and `run --profile` write.

    python configs/studies/timeline_pictures.py timeline exits.json docs/figures/timeline.svg
    python configs/studies/timeline_pictures.py stacks RUN/system.host.profile.folded docs/figures/stacks.svg

They show what Perfetto and speedscope show, for a page; to look at a run oneself, open the files there.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from math import log10
from pathlib import Path
from typing import Any

from simobjects.draw.palette import INK, LIGHT, PAPER, RULE, SOFT, TIMES, Look
from simobjects.kvm.timeline.trace_events import VMM

WIDTH, LEFT, RIGHT, ROW, LETTER = 1000, 170, 30, 28, 6.2
"""Pixels: of the picture, of the names of tracks, of the margin, of a row, of a letter."""
OTHERS = {"user": "guest_user", "kernel": "guest_kernel", "timer interrupt": "tick", "switch": "switch", "idle": "idle"}
"""What slices that are no exits are called in the palette; what is not here runs in a process of the host."""

HATCH = (
    '<defs><pattern id="hatched" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<path d="M0,0 V6" stroke="{PAPER}" stroke-width="1"/></pattern></defs>'
)
"""What the palette has hatched."""


@dataclass(frozen=True)
class Slice:
    """A stretch of a track, in cycles."""

    track: int
    start: float
    end: float
    name: str
    exit: bool


@dataclass
class Timeline:
    """What a file of trace events holds."""

    tracks: dict[int, str] = field(default_factory=dict)
    slices: list[Slice] = field(default_factory=list)
    counters: dict[str, list[tuple[float, int]]] = field(default_factory=lambda: defaultdict(list))
    arrows: list[tuple[float, float, str]] = field(default_factory=list)

    @classmethod
    def of(cls, events: Iterable[Mapping[str, Any]]) -> Timeline:
        """Read events."""
        made, begun = cls(), {}
        for event in events:
            kind, at = event["ph"], float(event["ts"])
            if event["name"] == "thread_name":
                made.tracks[event["tid"]] = event["args"]["name"]
            elif kind == "X":
                end = at + float(event["dur"])
                made.slices.append(Slice(event["tid"], at, end, event["name"], event["cat"] == "exit"))
            elif kind == "C":
                made.counters[event["name"]].append((at, event["args"]["entries"]))
            elif kind == "s":
                begun[event["id"]] = at
            elif kind == "f":
                made.arrows.append((begun.pop(event["id"]), at, event["name"]))
        return made

    def svg(self) -> str:
        """Tracks from top to bottom, counters below them, arrows over KVM's own track."""
        start, end = min(one.start for one in self.slices), max(one.end for one in self.slices)
        scale = (WIDTH - LEFT - RIGHT) / (end - start)
        parts, tops, y = [], {}, 40
        for track, name in sorted(self.tracks.items()):
            y += ROW if name == "KVM" else 0  # the arrows are there
            tops[track] = y
            parts.append(_text(LEFT - 8, y + 17, name.rpartition(".")[2], "end", SOFT))
            parts.append(_line(LEFT, y + ROW - 4, WIDTH - RIGHT, y + ROW - 4))
            y += ROW
        for one in self.slices:
            x, wide = LEFT + (one.start - start) * scale, max(0.6, (one.end - one.start) * scale)
            inset = 4 if one.name == "sig" else 0
            parts.append(_box(x, tops[one.track] + inset, wide, ROW - 6 - inset, one.name, _look(one)))
        kvm = tops[next(track for track, name in self.tracks.items() if name == "KVM")]
        for begin, finish, name in self.arrows:
            if begin >= start:
                parts.append(_arrow(LEFT + (begin - start) * scale, LEFT + (finish - start) * scale, kvm, name))
        for name, values in sorted(self.counters.items()):
            y += 8
            parts += _counter(y, name, [(LEFT + (at - start) * scale, value) for at, value in [*values, (end, 0)]])
            y += ROW
        step = 10 ** int(log10(end - start))
        step = next(part for part in (step // 5, step // 2, step) if (end - start) / part <= 8)
        for cycle in range(-int(-start // step) * step, int(end) + 1, step):
            x = LEFT + (cycle - start) * scale
            parts += [_line(x, 24, x, y), _text(x, 18, f"{cycle:,}", "middle", SOFT)]
        parts.append(_text(LEFT - 60, 18, "cycle", "end", SOFT))
        x = float(LEFT)
        for name in [kind for kind in TIMES if any(one.exit and one.name == kind for one in self.slices)]:
            parts += [_box(x, y + 14, 14, 12, name, TIMES[name]), _text(x + 19, y + 24, name, "start", INK)]
            x += 40 + len(name) * LETTER
        return _page(y + 36, [*(part for part in parts if part.startswith("<line")), *_after(parts)])


def _counter(y: int, name: str, values: Sequence[tuple[float, float]]) -> list[str]:
    """A counter as a line of steps; `values`: place on the page and value, the last one where the line ends."""
    top, height = max(value for _, value in values) or 1, ROW - 4
    points = []
    for (x, value), (until, _) in pairwise(values):
        level = y + height - value / top * (height - 6)
        points += [(x, level), (until, level)]
    path = " ".join(f"{x:.1f},{level:.1f}" for x, level in points)
    return [
        _text(LEFT - 8, y + 17, f"{name}, up to {top}", "end", SOFT),
        f'<polyline points="{path}" fill="none" stroke="{INK}"/>',
    ]


@dataclass(frozen=True)
class Frame:
    """A box of a flame graph: where it begins and how much it holds, in cycles."""

    depth: int
    start: int
    cycles: int
    name: str
    kind: str


def stacks_svg(text: str) -> str:
    """Collapsed stacks as a flame graph that hangs from its root."""
    frames = list(_frames(text))
    scale = (WIDTH - 2 * RIGHT) / frames[0].cycles
    boxes = [
        _box(
            RIGHT + one.start * scale,
            10 + one.depth * ROW,
            max(0.6, one.cycles * scale - 0.6),
            ROW - 3,
            one.name,
            TIMES[one.kind] if one.kind else Look(LIGHT),
        )
        for one in frames
    ]
    return _page(10 + ROW * (1 + max(one.depth for one in frames)) + 8, boxes)


def _frames(text: str) -> Iterator[Frame]:
    sums: dict[tuple[str, ...], int] = defaultdict(int)
    for line in text.splitlines():
        names, _, weight = line.rpartition(" ")
        path = ("all exits", *names.split(";"))
        for depth in range(len(path)):
            sums[path[: depth + 1]] += int(weight)
    starts: dict[tuple[str, ...], int] = {(): 0}
    for path, cycles in sorted(sums.items()):
        start = starts[path[:-1]]
        starts[path[:-1]] += cycles
        starts[path] = start
        yield Frame(len(path) - 1, start, cycles, path[-1], path[2] if len(path) > 2 else "")


def _look(one: Slice) -> Look:
    return TIMES[one.name if one.exit else OTHERS.get(one.name, "vmm" if one.track == VMM else "tasks")]


def _after(parts: Iterable[str]) -> Iterator[str]:
    return (part for part in parts if not part.startswith("<line"))


def _box(x: float, y: float, wide: float, high: float, name: str, look: Look) -> str:
    colour = look.colour
    dark = sum(int(colour[i : i + 2], 16) * share for i, share in ((1, 0.3), (3, 0.6), (5, 0.1))) < 140
    shown = name if len(name) * LETTER < wide else ""
    label = _text(x + 3, y + high / 2 + 4, shown, "start", PAPER if dark else INK) if shown else ""
    rect = f'<rect x="{x:.2f}" y="{y:.1f}" width="{wide:.2f}" height="{high:.1f}" fill='
    hatched = f'{rect}"url(#hatched)"/>' if look.hatch else ""
    return f'<g>{rect}"{colour}"/>{hatched}{label}<title>{escape(name)}</title></g>'


def _arrow(start: float, end: float, y: float, name: str) -> str:
    top = y - 6 - min(28.0, (end - start) / 6)
    late = ' stroke-dasharray="5 3"' if name.startswith("after") else ""
    path = f"M{start:.1f},{y:.1f} C{start:.1f},{top:.1f} {end:.1f},{top:.1f} {end:.1f},{y:.1f}"
    head = f'<path d="M{end - 3:.1f},{y - 6:.1f} L{end:.1f},{y:.1f} L{end + 3:.1f},{y - 6:.1f}"'
    return f'<g fill="none" stroke="{INK}"{late}><path d="{path}"/>{head}/></g>'


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{RULE}"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _page(height: float, parts: Iterable[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" font-family="sans-serif"'
    ground = f'<rect width="{WIDTH}" height="{height:.0f}" fill="{PAPER}"/>'
    return "\n".join([f'{head} font-size="11">', HATCH, ground, *parts, "</svg>", ""])


def main() -> None:
    """Draw one picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("timeline", "stacks"))
    parser.add_argument("source", type=Path, help="the file that a run has written")
    parser.add_argument("picture", type=Path, help="the SVG to write")
    arguments = parser.parse_args()
    try:
        text = arguments.source.read_text(encoding="utf-8")
        made = stacks_svg(text) if arguments.what == "stacks" else Timeline.of(json.loads(text)["traceEvents"]).svg()
    except OSError as error:
        parser.error(f"{arguments.source}: {error.strerror}")
    except (ValueError, LookupError, TypeError):
        option = "--profile" if arguments.what == "stacks" else "--timeline"
        parser.error(f"{arguments.source}: nothing to draw; give a file that `simobjects run {option}` has written")
    arguments.picture.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
