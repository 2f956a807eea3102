# SPDX-License-Identifier: BSD-3-Clause
"""The figures of docs/schemes.md: one short story played with every scheme, and what differs from the scheme before it.

    python configs/studies/scheme_figures.py docs/figures

writes one SVG a scheme, and prints the page's table of what each keeps. What is where after each step, and what it
cost, is what the compiled kernels did (`scheme_story.py`); the bytes come from the schemes' own tables.
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

from scheme_drawing import drawn
from scheme_story import Story, play

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


@functools.cache
def stories(scheme: str) -> tuple[Story, Story]:
    """Of a scheme: on 16 entries, which a picture can show, and on the 440's own."""
    return play(scheme, 16), play(scheme, SLOTS)


def before(scheme: str) -> str:
    """What it was made from: the scheme before it, or the commit."""
    order = list(historical())
    if scheme not in order:
        return "e4"
    return order[order.index(scheme) - 1] if scheme != order[0] else ""


def svg(scheme: str) -> str:
    """The figure of one scheme."""
    other = before(scheme)
    line = f"{(SCHEMES[scheme].__doc__ or '').splitlines()[0]} Keeps: {kept(scheme)}."
    compared = (title(other), *stories(other)) if other else None
    picture: str = drawn(title(scheme), line, SCHEMES[scheme].figure, *stories(scheme), compared)
    return picture


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
