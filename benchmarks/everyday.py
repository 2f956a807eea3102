# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks.everyday`: what a user pays beside simulating: start-up, a sweep's point, import, capture.

CPU time, user and system, of whole processes with their children. What is measured and what it is held against take
turns; rows are medians of the rounds, ratios medians of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.report import machine
from simobjects.base.text import markdown as markdown_table
from simobjects.traces.tracefile import open_trace

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "examples" / "kvm_guest.py"
FEW, MANY = 40, 100
"""Points of two sweeps, of which as many are built beforehand to check them."""
LIBRARIES = "import numpy, pyarrow, pydantic"
CAPTURED = 8_000_000

HASH = """
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
import os, sys
from simobjects.traces.capture import capture
before = os.times()
capture(["sh", "-c", "while :; do :; done"], sys.argv[1], references=int(sys.argv[2]))
after = os.times()
print(*(b - a for a, b in zip(before[:4], after[:4])))
"""


@dataclass
class Row:
    """A cost in CPU seconds, and what it is held against; `goal` is in the row's own unit."""

    name: str
    unit: str
    measure: Callable[[], float]
    against: str
    base: Callable[[], float]
    goal: str
    values: list[float] = field(default_factory=list)
    bases: list[float] = field(default_factory=list)

    def once(self) -> None:
        """Both sides, next to each other."""
        self.values.append(self.measure())
        self.bases.append(self.base())

    def cells(self) -> tuple[str, ...]:
        """As the table has it."""
        ratio = statistics.median(a / b for a, b in zip(self.values, self.bases, strict=True))
        return (self.name, f"{statistics.median(self.values):.3g} {self.unit}", self.goal, f"{ratio:.2f}", self.against)


def spent(command: Sequence[str], folder: Path = ROOT) -> float:
    """CPU seconds of a process and of the children that it has waited for. RuntimeError when it fails."""
    # As an installed program: Python keeps the compiled modules.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = os.times()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    after = os.times()
    if done.returncode:
        raise RuntimeError(f"{command}: {done.stderr[-500:]}")
    return after.children_user + after.children_system - before.children_user - before.children_system


def python(code: str, *arguments: str) -> float:
    """CPU seconds of a Python program."""
    return spent([sys.executable, "-c", code, *arguments])


def program(*arguments: str) -> float:
    """CPU seconds of a command of ours."""
    return spent([sys.executable, "-m", "simobjects", *arguments])


def point(folder: Path, keep: Sequence[str] = ()) -> float:
    """CPU milliseconds that one more point costs a sweep: the worker, its children and who gathers the results."""
    costs = []
    for number in (FEW, MANY):
        with tempfile.TemporaryDirectory(dir=folder) as out:
            costs.append(python(POINTS, f"{out}/sweep", str(number), *keep))
    return 1000 * (costs[1] - costs[0]) / (MANY - FEW)


def capturing(folder: Path) -> tuple[float, float, float]:
    """CPU seconds of a capture beside Valgrind's, the system's percent of it, and Valgrind's seconds."""
    command = [sys.executable, "-c", CAPTURE, str(folder / "captured.arrow"), str(CAPTURED)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=600).stdout
    user, system, children_user, children_system = map(float, told.split())
    return user + system, 100 * system / (user + system), children_user + children_system


def rows(folder: Path, recording: Path | None) -> list[Row]:
    """All rows that can be measured here."""

    def libraries() -> float:
        return python(LIBRARIES)

    def alone() -> float:
        """A point as a command of its own, in milliseconds."""
        return 1000 * program("run", str(CONFIG), "--references", "1000", "--out", str(folder / "runs"))

    beside = "importing NumPy, Arrow and pydantic"
    found = [
        Row("`--help`", "s", lambda: program("--help"), beside, libraries, "0.2"),
        Row("`--version`", "s", lambda: program("--version"), beside, libraries, "0.2"),
        Row(
            "`run --references 1`", "s",
            lambda: program("run", str(CONFIG), "--references", "1", "--out", str(folder / "runs")),
            beside, libraries, "0.5",
        ),
        Row("a sweep's point of 1,000 references", "ms", lambda: point(folder), "the same by `run`", alone, "45"),
        Row(
            "the same with `--keep 'system.host.*'`", "ms",
            lambda: point(folder, ["system.host.*"]), "the same by `run`", alone, "7",
        ),
    ]  # fmt: skip
    if recording is not None:
        made = folder / "imported.arrow"
        program("trace", "import", str(recording), "-o", str(made))
        lookups = open_trace(made, cache=False).header.lookups / 1e6
        found.append(
            Row(
                f"`trace import` of {recording.name}", "s",
                lambda: program("trace", "import", str(recording), "-o", str(made)),
                "decompressing and hashing the records", lambda: python(HASH, str(made)), f"{lookups / 150:.2f}",
            )
        )  # fmt: skip
    if shutil.which("valgrind"):
        found.append(_capture_row(folder))
    return found


def _capture_row(folder: Path) -> Row:
    last: list[tuple[float, float, float]] = []

    def share() -> float:
        last.append(capturing(folder))
        return last[-1][1]

    name = f"the system's share of `trace capture`, {CAPTURED // 10**6} M references"
    return Row(name, "%", share, "its CPU time to Valgrind's, in percent", lambda: _percent(last[-1]), "20")


def _percent(measured: tuple[float, float, float]) -> float:
    return 100 * measured[0] / measured[2]


def table(measured: Sequence[Row]) -> str:
    """As Markdown."""
    head = ("", "CPU", "goal", "ratio", "to")
    return markdown_table(head, (row.cells() for row in measured))


def main() -> int:
    """Print the table and write results/everyday.md and .json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.everyday", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--import", dest="recording", type=Path, metavar="FILE", help="a recording to import")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measured = rows(Path(name), arguments.recording)
        for number in range(arguments.rounds):
            print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr, flush=True)
            for row in measured:
                row.once()
    text = table(measured)
    print(text)
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "everyday.md").write_text(text + "\n")
    facts = {row.name: {"unit": row.unit, "values": row.values, "base": row.bases} for row in measured}
    (results / "everyday.json").write_text(json.dumps({"machine": machine(), "rows": facts}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
