# SPDX-License-Identifier: BSD-3-Clause
"""`python -m benchmarks.profile NAME ...`: where the time of a command or of a machine goes, as a table.

Commands are sampled by what Python does (imports, checks, results, the kernels as a whole), machines by function of the
kernels. A folder of another checkout with an environment of its own, after `--checkout`, is profiled in the same way.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cost import ROOT
from benchmarks.profile.commands import profile
from simobjects.base.text import markdown

FEW, MANY = 20, 120
"""Points of two sweeps, whose difference is the time of points alone."""
SWEPT = "system.tlb.entries=64..{last}:+1"
COMMANDS: dict[str, Sequence[str]] = {
    "start": ("run", "configs/examples/kvm_guest.py", "--references", "1"),
    "point": ("sweep", "configs/examples/kvm_guest.py", "--over", SWEPT, "--references", "1000", "--jobs", "1"),
    "init": ("run", "configs/examples/linux.py", "--set", "system.core.workload.built={guest}"),
    "import": ("trace", "import", "{recording}"),
}
MACHINES = {
    "sqlite-e4": "the shipped trace under E4",
    "sqlite-native": "the shipped trace on the bare machine",
    "init-engine": "the engine of `init`",
    "s1": "a program that computes",
    "s2": "a refill storm",
    "s3": "a program that fits into the TLB",
}
LEAST = 0.01
"""Of all: a function with less is not listed."""


def commands_table(name: str, arguments: argparse.Namespace, folder: Path) -> str:
    """The parts of a command; of a sweep those of a point."""
    if name != "point":
        found, words = sampled(name, arguments, folder), COMMANDS[name]
    else:
        few, many = (sampled(name, arguments, folder, points) for points in (FEW, MANY))
        found = {part: (time - few.get(part, 0.0)) / (MANY - FEW) for part, time in many.items()}
        found, words = dict(sorted(found.items(), key=lambda item: -item[1])), ("a point of 1,000 references",)
    return parts_table(f"{name}: {' '.join(words[:2])}", found, 2 if name == "point" else 1)


def sampled(name: str, arguments: argparse.Namespace, folder: Path, points: int = 0) -> dict[str, float]:
    """Milliseconds by part."""
    values = {"guest": arguments.guest, "recording": arguments.recording, "last": 63 + points}
    words = [word.format(**values) for word in COMMANDS[name]]
    out = ["-o", str(folder / "out.arrow")] if name == "import" else ["--out", str(folder / f"out{points}")]
    checkout = arguments.checkout.resolve()
    python = checkout / ".venv" / "bin" / "python"
    command = [str(python if python.is_file() else sys.executable), "-m", "simobjects", *words, *out]
    # The points of a sweep that is there are not simulated again.
    return profile(command, 1 if points else arguments.rounds, checkout)


def functions_table(name: str, arguments: argparse.Namespace) -> str:
    """The functions of a machine, from a process of its own, so that another checkout's kernels can be in it."""
    checkout = arguments.checkout.resolve()
    python = checkout / ".venv" / "bin" / "python"
    given = json.dumps([name, str(arguments.guest), arguments.rounds])
    code = "from benchmarks.profile.machines import main; main()"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "benchmarks").symlink_to(ROOT / "benchmarks")  # this one's, beside the package of the checkout
        done = subprocess.run(
            [str(python if python.is_file() else sys.executable), "-P", "-c", code, given],
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{checkout}"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-800:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return parts_table(f"{name}: {MACHINES[name]}", found, 1)


def parts_table(title: str, found: dict[str, float], digits: int) -> str:
    """Milliseconds by part, and what they all come to."""
    whole = sum(found.values())
    rows = [
        (part, f"{time:.{digits}f}", f"{100 * time / whole:.0f}")
        for part, time in found.items()
        if time >= LEAST * whole
    ]
    return markdown((title, "ms", "%"), [*rows, ("all", f"{whole:.{digits}f}", "100")])


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    names = [*COMMANDS, *MACHINES]
    parser.add_argument("names", nargs="+", choices=names, metavar="NAME", help=", ".join(names))
    parser.add_argument("--rounds", type=int, default=5, help="runs that are sampled (a sweep is sampled once)")
    parser.add_argument(
        "--guest", type=Path, default=Path("guest"), help="of init: what `simobjects guest build` fills"
    )
    parser.add_argument("--recording", type=Path, help="of import: what is imported")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="profile the package of another checkout")
    arguments = parser.parse_args()
    arguments.guest = arguments.guest.resolve()
    for name in arguments.names:
        if name == "import" and arguments.recording is None:
            parser.error("import: --recording FILE")
        if name.startswith("init") and not (arguments.guest / "vmlinux").is_file():
            parser.error(f"{name}: {arguments.guest} has no vmlinux; simobjects guest build, or --guest FOLDER")
        with tempfile.TemporaryDirectory() as folder:
            if name in COMMANDS:
                print(commands_table(name, arguments, Path(folder)), "\n")
            else:
                print(functions_table(name, arguments), "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
