# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects timing`: exit timing files of simulated and of real kernels."""

from __future__ import annotations

import argparse
from pathlib import Path

from simobjects.base.errors import ExitCode, InputError
from simobjects.base.text import numbered
from simobjects.framework.rundir import RECORD
from simobjects.kvm.timing_file import Compared, Timing, compare_timing, read_timing, timing_of

from ._results import verified

HEADS = ["type", "count", "count", "mean us", "mean us", "% of exits", "% of exits"]


def timing(arguments: argparse.Namespace) -> int:
    """Print the exits of two tables of durations side by side: counts, means in microseconds, shares in percent.

    Raises:
        InputError: a file or a directory is not there, has no such table or more than one.
        TimingFileError: a table is damaged.
    """
    files = [_file(path) for path in (arguments.one, arguments.other)]
    rows = compare_timing(_read(files[0]), _read(files[1]))
    print(f"first: {files[0]}\nsecond: {files[1]}\n")
    print(numbered([HEADS, *(_cells(row) for row in rows)]), end="")
    return ExitCode.OK


def _read(path: Path) -> list[Timing]:
    """The table of a file, which is checked where a run has left it. InputError: it is not there."""
    try:
        return timing_of(verified(path)[0], path) if (path.parent / RECORD).exists() else read_timing(path)
    except FileNotFoundError:
        raise InputError("does not exist", where=path, fix="name an exit timing file or a run directory") from None


def _file(path: Path) -> Path:
    """The file itself, or the one that a run directory holds."""
    if not path.is_dir():
        return path
    found = sorted(path.glob("vm*_vcpu*_timing"))
    if len(found) != 1:
        what = "no exit timing file" if not found else f"{len(found)} exit timing files"
        raise InputError(
            f"holds {what}", where=path, fix="run with --set system.host.exit_timing=later, or name the file"
        )
    return found[0]


def _cells(row: Compared) -> list[str]:
    """A row for each kind of exit; the time in the guest has no share of the exits."""
    means = ["-" if mean is None else f"{mean:.2f}" for mean in row.means]
    shares = ["-" if row.kind == "TIMEINGUEST" else f"{100 * share:.1f}" for share in row.shares]
    return [row.kind, *map(str, row.counts), *means, *shares]
