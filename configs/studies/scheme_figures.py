# SPDX-License-Identifier: BSD-3-Clause
"""The figures of docs/schemes.md: for each scheme where a translation goes, what KVM keeps, and who takes it away.

    python configs/studies/scheme_figures.py docs/figures

writes one SVG a scheme, and prints the page's table of what each keeps. What the boxes say of bytes comes from the
schemes' own tables.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from simobjects.kvm.schemes import ALL_SCHEMES, SCHEMES, WHAT_IFS


@dataclass(frozen=True)
class Figure:
    """What the arrows say."""

    into: str
    """From the guest's TLB to where a map puts the shadow."""
    load: str = ""
    """From KVM's array to the hardware; empty: maps go straight there."""
    put: str = "sweep of slots 0..H"
    back: str = "nothing: all is missed again"
    drops: str = "its entry, or a new PID (user shadows)"


ARRAY = "map: KVM's own FIFO"
DIRECT = "map: the host's next slot, at once"
EVERY_ENTRY = "nothing: every entry writes all"
RELOADED = "all slots, at the next entry"
FIGURES = {
    "e0": Figure(ARRAY, "every entry: host read out, 62 slots written", drops="any privilege switch", back=EVERY_ENTRY),
    "e1": Figure(ARRAY, "every entry: 62 slots written", drops="any privilege switch", back=EVERY_ENTRY),
    "e2": Figure(ARRAY, "every entry: modified slots", drops="any privilege switch", back=RELOADED),
    "e3": Figure(ARRAY, "every entry: modified slots", drops="new PID, at the next privilege switch", back=RELOADED),
    "e3b": Figure(ARRAY, "every entry: modified slots", drops="what meets it; a new PID (user shadows)", back=RELOADED),
    "e4": Figure(DIRECT),
    "e5": Figure(DIRECT, put="a sweep, then nothing is left to save"),
    "e6": Figure(DIRECT, put="guest's entries saved and taken out", back="guest's entries written back"),
    "flush_once": Figure(DIRECT, put="one instruction flushes all"),
    "tagged": Figure("map: next slot, TID of the context", drops="its entry, or no hardware PID left"),
    "large_pages": Figure("map: next slot, page of the guest's size"),
    "spare_host": Figure("map: next slot that is not the host's"),
    "wide_guest": Figure(DIRECT + "; guest has 256 entries"),
    "magic_page": Figure(DIRECT + "; one slot is the magic page's", put="sweep of slots 0..H-1"),
}
TITLES = {name: "E" + name[1:] for name in SCHEMES} | {name: name for name in WHAT_IFS}
SLOTS = 64
FIXED = {"hardware_pids": 1024, "magic_page": 4096}
"""Bytes of what has no row for each slot."""
ROWS = {
    "shadow_tlb": "shadow TLB",
    "shadow_refs": "references",
    "hardware_pids": "hardware PIDs",
    "magic_page": "magic page",
}


def kept(scheme: str) -> str:
    """What KVM keeps beside the guest's TLB, in bytes for 64 slots."""
    parts = []
    for table in ALL_SCHEMES[scheme].tables:
        made = table.make(**table.parameters)
        size = made.row_bytes() * SLOTS or FIXED[table.name]
        parts.append(f"{ROWS[table.name]} {size:,}")
    return ", ".join(parts) + " bytes"


def box(x: int, y: int, width: int, lines: tuple[str, ...], fill: str) -> str:
    height = 14 + 16 * len(lines)
    weight = ("bold", "normal")
    text = "".join(
        f'<text x="{x + width / 2:g}" y="{y + 20 + 16 * number}" text-anchor="middle" '
        f'font-weight="{weight[number > 0]}">{escape(line)}</text>'
        for number, line in enumerate(lines)
    )
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="{fill}" stroke="#444"/>{text}'


def arrow(x: int, y: int, length: int, text: str, colour: str = "#444") -> str:
    line = f'<path d="M{x} {y}h{length}m-7 -4l7 4l-7 4" fill="none" stroke="{colour}"/>'
    return f'{line}<text x="{x + length / 2:g}" y="{y - 6}" text-anchor="middle" fill="{colour}">{escape(text)}</text>'


def svg(scheme: str) -> str:
    """The figure of one scheme."""
    figure = FIGURES[scheme]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 190" font-family="sans-serif" font-size="12" '
        f'role="img" aria-label="scheme {TITLES[scheme]}">',
        f'<text x="10" y="20" font-size="15" font-weight="bold">{TITLES[scheme]}</text>',
        box(10, 50, 130, ("guest's TLB", "as KVM keeps it"), "#e8eefc"),
        box(720, 50, 130, ("hardware TLB", "shared with the host"), "#fdebd8"),
    ]
    if figure.load:
        parts += [
            arrow(140, 75, 170, figure.into),
            box(310, 50, 120, ("shadow TLB", "in memory"), "#e6f4e6"),
            arrow(430, 75, 290, figure.load),
        ]
    else:
        parts += [
            arrow(140, 75, 580, figure.into),
            box(310, 92, 240, ("KVM remembers", "page, guest entry, writable, TID"), "#e6f4e6"),
        ]
    notes = (f"dropped by: {figure.drops}", f"put: {figure.put}", f"load: {figure.back}", f"keeps: {kept(scheme)}")
    for number, note in enumerate(notes):
        x, y = (10, 160) if number < 2 else (440, 160)
        parts.append(f'<text x="{x}" y="{y + 18 * (number % 2)}">{escape(note)}</text>')
    return "\n".join([*parts, "</svg>", ""])


def memory() -> str:
    """The table of what each scheme keeps, as markdown."""
    lines = ["| scheme | keeps | bytes | cache lines |", "| --- | --- | ---: | ---: |"]
    for scheme in FIGURES:
        parts = ALL_SCHEMES[scheme].tables
        sizes = [table.make(**table.parameters).row_bytes() * SLOTS or FIXED[table.name] for table in parts]
        names = ", ".join(f"{ROWS[table.name]} {size:,}" for table, size in zip(parts, sizes, strict=True))
        lines.append(f"| {TITLES[scheme]} | {names} | {sum(sizes):,} | {sum(-(-size // 32) for size in sizes)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the figures go")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in FIGURES:
        (folder / f"{scheme}.svg").write_text(svg(scheme), encoding="utf-8")
    print(memory())


if __name__ == "__main__":
    main()
