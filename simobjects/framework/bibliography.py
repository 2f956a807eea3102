# SPDX-License-Identifier: BSD-3-Clause
"""The bibliography of a machine: this program, and what its objects cite."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from simobjects.base.shipped import TITLE

from .citation import Citation
from .epoch import RESULTS_EPOCH
from .node import Part
from .tree import walk

BIBLIOGRAPHY = "citations.bib"
"""The file of a run directory that has it."""

SOFTWARE = Citation(
    key="simobjects",
    title=TITLE,
    authors=("the simobjects authors",),
    how="Computer software",
    note=f"results epoch {RESULTS_EPOCH}",
)
"""This program. Which version ran is in `provenance.json`: the other files of a run do not depend on it."""


def citations(system: Part) -> list[Citation]:
    """This program, then what the objects of a machine cite, each work once, by key."""
    found = {work for obj in walk(system) for work in type(obj).cited()}
    return [SOFTWARE, *sorted(found, key=lambda work: (work.key, work.title, work.authors))]


def bibliography(works: Iterable[Citation]) -> str:
    """Works as a BibTeX file. A key that another work has already gets a number behind it."""
    taken: set[str] = set()
    entries = []
    for work in dict.fromkeys(works):
        keys = (work.key if number == 1 else f"{work.key}-{number}" for number in count(1))
        key = next(key for key in keys if key not in taken)
        taken.add(key)
        entries.append(replace(work, key=key).bibtex())
    return "\n".join(entries)
