# SPDX-License-Identifier: BSD-3-Clause
"""The results as tables: for a terminal, for a page, and as data."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import qemu
from benchmarks.naive import FLAGS, compiler
from benchmarks.row import Row, Section
from simobjects.base.text import markdown as markdown_table


def machine() -> dict[str, str]:
    """What it was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    version = subprocess.run([*compiler(), "--version"], capture_output=True, text=True, check=True).stdout
    found = {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "busy": f"{os.getloadavg()[0]:.0f} processes wanted a processor at the end",
        "compiler": f"{version.splitlines()[0]}, {FLAGS[0]} (naive scan)",
    }
    return {**found, "qemu": qemu.version()} if qemu.available() else found


def section_table(section: Section) -> str:
    """One section as Markdown."""
    rated = any(section.rate(row) is not None for row in section.rows)
    head = ["", "CPU", *([f"{section.work}/s" if section.work != "MIPS" else "MIPS"] if rated else [])]
    head += [f"x {base}" for base in section.bases]
    goals = any(row.goal is not None for row in section.rows)
    head += ["wanted", "met"] if goals else []
    rows = [_cells(section, row, rated, goals) for row in section.rows]
    return markdown_table(head, rows, left=(0, *((len(head) - 2, len(head) - 1) if goals else ())))


def _cells(section: Section, row: Row, rated: bool, goals: bool) -> list[str]:
    """The row's cells; of one that was not measured, what to install."""
    goal = [str(row.goal) if row.goal is not None else "", _yes(section.met(row))] if goals else []
    if not row.costs:
        return [row.name, row.missing or "not measured", *[""] * (rated + len(section.bases)), *goal]
    rate = section.rate(row)
    return [
        row.name,
        f"{_digits(row.shown)} {row.unit}",
        *([_digits(rate) if rate is not None else ""] if rated else []),
        *(_digits(times) if (times := section.times(row, base)) is not None else "" for base in section.bases),
        *goal,
    ]


def _yes(met: bool | None) -> str:
    return "" if met is None else "yes" if met else "no"


def _digits(value: float) -> str:
    """Three digits, none behind the point that the value does not need."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 0.001 else f"{value:.1g}"


def markdown(sections: Sequence[Section], facts: dict[str, str], rounds: int) -> str:
    """For RESULTS.md; without a date, so that it changes only with what it says."""
    lines = [
        "<!-- SPDX-License-Identifier: BSD-3-Clause -->",
        "# Results of `make bench`",
        "",
        f"All rows in turn, {rounds} round{'s' * (rounds > 1)}: medians of CPU time (user and system); `x` is how many "
        "times as fast, the median of the rounds' ratios. Only ratios say something of another computer. What a row is "
        "stands below its table; what all this rests on, in [testing](../docs/testing.md#speed) and "
        "[how it is fast](../docs/fast.md).",
        "",
    ]
    for section in sections:
        lines += [f"## {section.title}", "", section.intro, "", section_table(section), "", *_told(section), ""]
        lines += [f"* **{row.name}**: {row.about}" for row in section.rows if row.about]
        lines.append("")
    lines += ["## Measured on", "", markdown_table(("", ""), facts.items(), left=(0, 1)), ""]
    return "\n".join(lines).replace("\n\n\n", "\n\n")


def _told(section: Section) -> list[str]:
    """Whether those that simulate the same agree."""
    if section.agree is None:
        return []
    names = [row.name for row in section.rows if row.agrees and row.costs]
    counts = sorted(
        {cost.answer for row in section.rows if row.agrees for cost in row.costs if cost.answer is not None}
    )
    verdict = "equal" if section.agree else "NOT EQUAL"
    return [f"Misses of {', '.join(names)}: {', '.join(f'{count:,}' for count in counts)}: {verdict}."]


def data(sections: Sequence[Section], facts: dict[str, str]) -> dict[str, Any]:
    """All that was measured."""
    found = {
        section.name: {
            row.name: {"unit": row.unit, "shown": row.shown, "costs": row.costs, "met": section.met(row)}
            for row in section.rows
            if row.costs
        }
        for section in sections
    }
    return {"machine": facts, "sections": found}


def missed(sections: Sequence[Section]) -> list[str]:
    """What is wrong: counts that differ, goals that are not met."""
    wrong = [f"{section.name}: counts of misses differ" for section in sections if section.agree is False]
    for section in sections:
        for row in section.rows:
            if section.met(row) is False:
                wrong.append(f"{section.name}/{row.name}: {row.goal} wanted")
    return wrong
