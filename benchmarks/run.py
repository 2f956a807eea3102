# SPDX-License-Identifier: BSD-3-Clause
"""One measurement, from the trace to the report."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.contenders import machines, others, scans
from benchmarks.naive import Naive, compile_scan
from benchmarks.report import Report, report
from benchmarks.sample import Sample
from benchmarks.timing import measure

OTHERS = 2_000_000
"""Look-ups given to the simulators that are called from Python."""


def run(trace: str, references: int | None, rounds: int, told: Callable[[str], None]) -> Report:
    """Time every contender on the first `references` of a trace (None: all of it)."""
    sample = Sample.take(trace, references)
    part = Sample.take(trace, min(OTHERS, sample.references))
    with tempfile.TemporaryDirectory() as folder:
        library = compile_scan(Path(folder))
        contenders = [*scans(Naive(sample.columns, library)), *machines(sample)]
        beside = others(part, Naive(part.columns, library))
        measure(contenders, rounds, told)
        told("other simulators")
        measure(beside, rounds, lambda _: None)
    return report(sample, contenders, part, beside)
