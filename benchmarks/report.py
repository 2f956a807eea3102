# SPDX-License-Identifier: BSD-3-Clause
"""The result as data, as a table of text and as Markdown."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.contenders import BARE, GENEROUS, NAIVE
from benchmarks.naive import FLAGS, compiler
from benchmarks.sample import Sample
from benchmarks.timing import Contender
from simobjects.base.text import markdown as markdown_table
from simobjects.base.text import numbered

TARGETS = {BARE: 25, "native": 25, "e4": 5}
"""Least rate, in units of the naive scan."""

Report = dict[str, Any]


def report(sample: Sample, contenders: Sequence[Contender], slice_: Sample, others: Sequence[Contender]) -> Report:
    """Rates, ratios, whether the counts agree and whether the targets are met."""
    by_name = {contender.name: contender for contender in contenders}
    rows = [_row(contender, sample, by_name) for contender in contenders]
    ratios = {row["name"]: row["to_naive"] for row in rows}
    exact = {name: sorted(by_name[name].misses) for name in (NAIVE, GENEROUS, BARE)}
    return {
        "trace": sample.trace,
        "look_ups": sample.references,
        "instructions": sample.instructions,
        "records": len(sample.columns.fetches),
        "rounds": len(contenders[0].seconds),
        "machine": machine(),
        "results": rows,
        "exact": exact,
        "counts_agree": _one_value(exact.values())
        and all(len(contender.misses) == 1 for contender in contenders)
        and _one_value(contender.misses for contender in others),
        "targets": [
            {"name": name, "least": least, "measured": ratios[name], "met": ratios[name] >= least}
            for name, least in TARGETS.items()
        ],
        "others": {
            "look_ups": slice_.references,
            "results": [_row(contender, slice_, {NAIVE: others[0]}) for contender in others],
        },
    }


def _row(contender: Contender, sample: Sample, others: dict[str, Contender]) -> Report:
    return {
        "name": contender.name,
        "about": contender.about,
        "seconds": contender.seconds,
        "median_seconds": contender.median,
        "look_ups_per_second": sample.references / contender.median,
        "instructions_per_second": sample.instructions / contender.median,
        "misses": sorted(contender.misses),
        "to_naive": contender.times_as_fast_as(others[NAIVE]),
        "to_generous": contender.times_as_fast_as(others[GENEROUS]) if GENEROUS in others else None,
    }


def _one_value(counts: Any) -> bool:
    return len({value for found in counts for value in found}) == 1


def machine() -> dict[str, str]:
    """What it was measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    version = subprocess.run([*compiler(), "--version"], capture_output=True, text=True, check=True).stdout
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "compiler": version.splitlines()[0] + ", " + " ".join(FLAGS[:1]) + " (naive scan)",
    }


HEAD = ("", "M look-ups/s", "M instructions/s", "x naive scan", "x page numbers only", "user misses")


def cells(row: Report) -> tuple[str, ...]:
    """One row of the table, by the columns of HEAD."""
    generous = row["to_generous"]
    return (
        row["name"],
        f"{row['look_ups_per_second'] / 1e6:.1f}",
        f"{row['instructions_per_second'] / 1e6:.1f}",
        f"{row['to_naive']:.2f}",
        "" if generous is None else f"{generous:.2f}",
        " ".join(str(count) for count in row["misses"]),
    )


def text(found: Report) -> str:
    """For a terminal."""
    return "\n".join(
        [
            _intro(found),
            "",
            *numbered([HEAD, *map(cells, found["results"])]).splitlines(),
            "",
            *_verdict(found),
            "",
            _others_intro(found),
            *numbered([HEAD[:4], *(cells(row)[:4] for row in found["others"]["results"])]).splitlines(),
            "",
        ]
    )


def markdown(found: Report) -> str:
    """For RESULTS.md; without a date, so that it changes only with what it says."""
    machine_ = [f"| {key} | {value} |" for key, value in found["machine"].items()]
    return "\n".join(
        [
            "# Results of `make bench`",
            "",
            _intro(found),
            "",
            markdown_table(HEAD, map(cells, found["results"])),
            "",
            *(f"* {line}" for line in _verdict(found)),
            "",
            "What the rows are:",
            "",
            *(f"* **{row['name']}**: {row['about']}" for row in found["results"] if "micro" not in row["name"]),
            "",
            _others_intro(found),
            "",
            markdown_table(HEAD[:4], (cells(row)[:4] for row in found["others"]["results"])),
            "",
            *(f"* **{row['name']}**: {row['about']}" for row in found["others"]["results"]),
            "",
            "| measured on | |",
            "|---|---|",
            *machine_,
            "",
        ]
    )


def _intro(found: Report) -> str:
    return (
        f"Trace {found['trace']}: {found['look_ups']} look-ups of {found['instructions']} instructions, "
        f"{found['records']} records. CPU time of one thread, contenders in turn, {found['rounds']} rounds: "
        "median rates, medians of the rounds' ratios. "
        "Rates count the workload's own look-ups only."
    )


def _verdict(found: Report) -> list[str]:
    counts = ", ".join(f"{name} {' '.join(map(str, misses))}" for name, misses in found["exact"].items())
    return [
        f"Misses of the same look-ups: {counts}: {'equal' if found['counts_agree'] else 'NOT EQUAL'}.",
        *(
            f"Target: {target['name']} at least {target['least']} x naive scan: {target['measured']:.2f}, "
            f"{'met' if target['met'] else 'MISSED'}."
            for target in found["targets"]
        ),
    ]


def _others_intro(found: Report) -> str:
    return f"Other simulators, first {found['others']['look_ups']} look-ups, expanded into a list beforehand:"
