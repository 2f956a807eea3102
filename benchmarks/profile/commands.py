# SPDX-License-Identifier: BSD-3-Clause
"""Whole commands, by what they do: samples of Python's frames, sorted into parts."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.cost import spent

HOOK = Path(__file__).parent / "hook"
LIBRARIES = "importing libraries"
OURS = "importing our modules"
PYTHONS = "importing Python's own modules"
FINDING = "finding and reading modules"
REST = "the rest"
RULES = (
    (r"interpreter:(start|end)", "starting and ending Python"),
    (r"framework/validate\.py:", "checks"),
    (r"framework/(build|peers)\.py:", "making peers"),
    (r"framework/simulation\.py:_advance", "the kernels"),
    (r"simobjects/draw/", "the picture"),
    (r"(framework/rundir|study/record|study/provenance|stats/writers|framework/bibliography)\.py:", "results"),
    (r"study/store\.py:", "results"),
    (r"study/(gather|table|results|plan|status|notes?)\w*\.py:", "notes and tables"),
    (r"traces/writer\.py:", "writing the trace"),
    (r"traces/_source\.py:", "reading and decompressing"),
    (r"traces/(mtr|lackey)\.py:", "decoding"),
    (r"study/config_script\.py:", "the script"),
    (r"cli/arguments/", "the command line"),
)
"""Parts by the innermost frame that one of them knows."""
_IMPORT = re.compile(r"importlib\._bootstrap.*:_find_and_load")


def part_of(stack: Sequence[str]) -> str:
    """The part that a stack of frames belongs to, the outermost frame first."""
    for number in range(len(stack) - 1, -1, -1):
        frame = stack[number]
        if _IMPORT.search(frame):
            return _imported(stack[number:])
        for pattern, part in RULES:
            if re.search(pattern, frame):
                return part
    return REST


def _imported(stack: Sequence[str]) -> str:
    """Whose module's code runs, or that none does yet."""
    code = next((frame for frame in stack if frame.endswith(":<module>")), "")
    if not code:
        return FINDING
    if "site-packages" in code:
        return LIBRARIES
    return OURS if "/simobjects/" in code else PYTHONS


def profile(command: Sequence[str], rounds: int, folder: Path) -> dict[str, float]:
    """Milliseconds of CPU time by part, of one run; `rounds` runs are sampled, and one before them fills the caches."""
    if rounds > 1:
        spent(command, folder, PYTHONPATH=str(folder))
    with tempfile.NamedTemporaryFile(suffix=".samples") as samples:
        for _ in range(rounds):
            paths = f"{HOOK}{os.pathsep}{folder}"
            spent(command, folder, PYTHONPATH=paths, SIMOBJECTS_SAMPLES=samples.name)
        lines = Path(samples.name).read_text(encoding="utf-8", errors="replace").splitlines()
    return {part: time / rounds for part, time in by_part(lines).items()}


def by_part(lines: Iterable[str]) -> dict[str, float]:
    """Milliseconds of the samples of a file by part, most first."""
    found: dict[str, float] = {}
    for line in lines:
        time, _, stack = line.partition("\t")
        part = part_of(stack.split(";"))
        found[part] = found.get(part, 0.0) + float(time)
    return dict(sorted(found.items(), key=lambda item: -item[1]))
