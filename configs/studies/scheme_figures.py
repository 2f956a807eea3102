# SPDX-License-Identifier: BSD-3-Clause
"""The figures of docs/schemes.md: for each scheme where a translation goes, what KVM keeps, and who takes it away.

    python configs/studies/scheme_figures.py docs/figures

writes one SVG a scheme, and prints the page's table of what each keeps. What the boxes say of bytes comes from the
schemes' own tables.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from xml.sax.saxutils import escape

from simobjects.base.text import markdown
from simobjects.kvm.schemes import Table, historical, what_ifs

SCHEMES = {**historical(), **what_ifs()}
SLOTS = 64
FIXED = {"hardware_pids": 1024, "magic_page": 4096}
"""Bytes of what has no row for each slot."""
ROWS = {
    "shadow_tlb": "shadow TLB",
    "shadow_refs": "references",
    "hardware_pids": "hardware PIDs",
    "magic_page": "magic page",
}


def size(table: Table) -> int:
    """Bytes of a table for 64 slots."""
    return table.made().row_bytes() * SLOTS or FIXED[table.name]


def kept(scheme: str) -> str:
    """What KVM keeps beside the guest's TLB, in bytes for 64 slots."""
    return ", ".join(f"{ROWS[table.name]} {size(table):,}" for table in SCHEMES[scheme].tables) + " bytes"


def title(scheme: str) -> str:
    """As the page writes it."""
    return SCHEMES[scheme]().title


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
    figure = SCHEMES[scheme].figure
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 860 190" font-family="sans-serif" font-size="12" '
        f'role="img" aria-label="scheme {title(scheme)}">',
        f'<text x="10" y="20" font-size="15" font-weight="bold">{title(scheme)}</text>',
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
    rows = []
    for scheme, cls in SCHEMES.items():
        sizes = [size(table) for table in cls.tables]
        names = ", ".join(f"{ROWS[table.name]} {size(table):,}" for table in cls.tables)
        rows.append((title(scheme), names, f"{sum(sizes):,}", f"{sum(-(-each // 32) for each in sizes)}"))
    return markdown(("scheme", "keeps", "bytes", "cache lines"), rows, left=(0, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the figures go")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for scheme in SCHEMES:
        (folder / f"{scheme}.svg").write_text(svg(scheme), encoding="utf-8")
    print(memory())


if __name__ == "__main__":
    main()
