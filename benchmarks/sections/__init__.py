# SPDX-License-Identifier: BSD-3-Clause
"""All rows, section by section."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.row import Section
from benchmarks.sections.everyday import everyday_sections
from benchmarks.sections.linux import linux_sections
from benchmarks.sections.misses import miss_sections
from benchmarks.sections.others import other_sections
from benchmarks.sections.programs import program_sections
from benchmarks.sections.streams import stream_sections
from benchmarks.setting import Setting

MAKERS: dict[str, Callable[[Setting], list[Section]]] = {
    "stream": stream_sections,
    "misses sizes": miss_sections,
    "others": other_sections,
    "program": program_sections,
    "linux": linux_sections,
    "start sweep import capture": everyday_sections,
}
"""By how the names of their sections begin."""


def all_sections(setting: Setting, patterns: list[str]) -> list[Section]:
    """Those that a pattern may name; what makes the others is left alone."""

    def wanted(begins: str) -> bool:
        of = [pattern.partition("/")[0].partition("*")[0].partition("?")[0].partition("[")[0] for pattern in patterns]
        return not of or any(a.startswith(b) or b.startswith(a) for a in of for b in begins.split())

    return [section for begins, make in MAKERS.items() if wanted(begins) for section in make(setting)]
