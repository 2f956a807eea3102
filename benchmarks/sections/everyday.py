# SPDX-License-Identifier: BSD-3-Clause
"""What a user pays beside simulating: start-up, a point of a sweep, import, capture. Whole processes, with children."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cost import ROOT, program, python
from benchmarks.row import Cost, Goal, Row, Section
from benchmarks.setting import Setting
from simobjects.traces.tracefile import read_header

CONFIG = ROOT / "configs" / "examples" / "kvm_guest.py"
FEW, MANY = 70, 250
"""Points of two sweeps, of which as many are built beforehand to check them: with two schemes that is so from 64 on. So
many lie between that the two starts, which are never quite alike, do not decide."""
LIBRARIES = "import numpy, pyarrow, pydantic"
CAPTURED = 8_000_000
IMPORTED = 150
"""M look-ups a second that an import is to take."""

READ_BACK = """
import hashlib, sys
from simobjects.traces.tracefile import open_trace
for column in open_trace(sys.argv[1], cache=False).columns:
    hashlib.sha256(column.data).digest()
"""
POINTS = """
import sys
from pathlib import Path
from benchmarks.sweeps import study
from simobjects.study import LocalProcesses
from simobjects.study.sweep import run_sweep
from dataclasses import replace
made = study(Path(sys.argv[1]), int(sys.argv[2]), 1000)
run_sweep(replace(made.sweep, keep=tuple(sys.argv[3:])), None, LocalProcesses(1))
"""
CAPTURE = """
import resource, sys
from simobjects.traces.capture import capture
def spent(whom):
    usage = resource.getrusage(whom)
    return usage.ru_utime, usage.ru_stime
before = spent(resource.RUSAGE_SELF), spent(resource.RUSAGE_CHILDREN)
capture(["sh", "-c", "while :; do :; done"], sys.argv[1], references=int(sys.argv[2]))
after = spent(resource.RUSAGE_SELF), spent(resource.RUSAGE_CHILDREN)
print(*(b - a for old, new in zip(before, after) for a, b in zip(old, new)))
"""


def everyday_sections(setting: Setting) -> list[Section]:
    """Start-up, a sweep's point, imports, a capture."""
    return [
        _start(setting),
        _points(setting),
        *(_import(file, setting) for file in _recordings(setting)),
        _capture(setting),
    ]


def _start(setting: Setting) -> Section:
    def run() -> Cost:
        return Cost(program("run", str(CONFIG), "--references", "1", "--out", str(setting.folder / "runs")))

    rows = [
        Row("libraries", LIBRARIES, lambda: Cost(python(LIBRARIES))),
        Row("--help", "`simobjects --help`", lambda: Cost(program("--help")), goal=Goal(most=0.2)),
        Row("--version", "`simobjects --version`", lambda: Cost(program("--version")), goal=Goal(most=0.2)),
        Row("run --references 1", "of configs/examples/kvm_guest.py", run, goal=Goal(most=0.5)),
    ]
    return Section("start", "Start-up", "Whole processes.", rows, ("libraries",))


def _points(setting: Setting) -> Section:
    def alone() -> Cost:
        return Cost(program("run", str(CONFIG), "--references", "1000", "--out", str(setting.folder / "runs")))

    rows = [
        Row("run", "a command for it", alone, unit="ms", scale=1000),
        Row("point", "with its run directory", lambda: Cost(point(setting.folder)), unit="ms", scale=1000,
            goal=Goal(most=45)),
        Row("row only", "`--keep 'system.host.*'`", lambda: Cost(point(setting.folder, ["system.host.*"])),
            unit="ms", scale=1000, goal=Goal(most=7)),
    ]  # fmt: skip
    intro = "1,000 references of the shipped trace: what one more point costs a sweep, its worker and who gathers."
    return Section("sweep", "A sweep's point", intro, rows, ("run",))


def point(folder: Path, keep: Sequence[str] = ()) -> float:
    """CPU seconds that one more point costs a sweep."""
    costs = []
    for number in (FEW, MANY):
        with tempfile.TemporaryDirectory(dir=folder) as out:
            costs.append(python(POINTS, f"{out}/sweep", str(number), *keep))
    return max(costs[1] - costs[0], 0.0) / (MANY - FEW) or 1e-9


def _recordings(setting: Setting) -> Sequence[Path | None]:
    return setting.recordings or (None,)


def _import(recording: Path | None, setting: Setting) -> Section:
    title, name = "Import of a recording", "import"
    if recording is None:
        rows = [Row("import", "", None, missing="a recording: BENCH='--recording FILE' (docs/traces.md)")]
        return Section(name, title, "No recording was named.", rows)
    made = setting.folder / f"{recording.name}.arrow"
    program("trace", "import", str(recording), "-o", str(made))
    lookups = read_header(made).lookups / 1e6
    rows = [
        Row("reading back", "the file opened with all its checks, its records hashed once more",
            lambda: Cost(python(READ_BACK, str(made)))),
        Row("import", "`trace import`, the summary of blocks included",
            lambda: Cost(program("trace", "import", str(recording), "-o", str(made))),
            goal=Goal(most=round(lookups / IMPORTED, 2))),
    ]  # fmt: skip
    stem = recording.name.partition(".")[0]
    return Section(
        f"{name}-{stem}",
        f"{title}: {stem}",
        f"{lookups:.1f} M look-ups.",
        rows,
        ("reading back",),
        lookups,
        "M look-ups",
    )


def _capture(setting: Setting) -> Section:
    here = shutil.which("valgrind") is not None
    missing = "" if here else "apt-get install valgrind"
    measured: list[tuple[float, float, float]] = []
    turns: Counter[str] = Counter()

    def turn(name: str) -> tuple[float, float, float]:
        """What the captures were, one for each turn of the rows, whichever of them comes first."""
        turns[name] += 1
        if len(measured) < turns[name]:
            measured.append(capturing(setting.folder))
        return measured[turns[name] - 1]

    def valgrind() -> Cost:
        return Cost(turn("Valgrind")[2])

    def ours() -> Cost:
        user, system, _ = turn("capture")
        return Cost(user + system)

    def share() -> Cost:
        user, system, _ = turn("share")
        return Cost(system / (user + system))

    rows = [
        Row("Valgrind", "lackey, which writes the text", valgrind if here else None, missing=missing),
        Row("capture", "what reads it, and writes the trace", ours if here else None, missing=missing),
        Row("system's share", "of what capture takes", share if here else None, missing=missing, unit="%", scale=100,
            goal=Goal(most=20)),
    ]  # fmt: skip
    intro = f"`trace capture` of a shell's loop, {CAPTURED:,} references: both sides of the same run."
    return Section("capture", "Capture", intro, rows, ("Valgrind",))


def capturing(folder: Path) -> tuple[float, float, float]:
    """CPU seconds of a capture, user and system, and Valgrind's beside it."""
    command = [sys.executable, "-c", CAPTURE, str(folder / "captured.arrow"), str(CAPTURED)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600).stdout
    user, system, children_user, children_system = map(float, told.split())
    return user, system, children_user + children_system
