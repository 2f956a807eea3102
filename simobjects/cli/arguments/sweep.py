# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects sweep`."""

from __future__ import annotations

import argparse
from pathlib import Path

from .plot import FIGURE
from .shared import Commands, add_config, add_limits, command, count


def add(commands: Commands) -> None:
    """Add the command to the parser.

    The command gets:
        over: texts PATH=SPEC, at least one, not parsed yet.
        start: path or None.
        out: path; None: below `sweeps`.
        keep: patterns of statistics; empty: all of them, and whole run directories.
        jobs: above 0; None: one for each core.
        plot: a figure as text, or None.
        window: the label of a window, or None.
        question: text; empty: none.
    """
    parser = command(
        commands,
        "sweep",
        "_sweep.sweep",
        "run a config script over a grid of parameter values, on all cores",
        "Points that are done already are skipped; a point that fails is recorded and the others go on.",
    )
    add_config(parser)
    parser.add_argument(
        "--over",
        action="append",
        default=[],
        required=True,
        metavar="PATH=SPEC",
        help="values of a parameter: 16..256:x2, 0..100:+10, e3b,e4; with several --over all combinations run",
    )
    parser.add_argument(
        "--from",
        dest="start",
        type=Path,
        metavar="CHECKPOINT",
        help="every point goes on from this checkpoint; what may differ from it then: docs/checkpoints.md",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where runs and tables go (default: sweeps/ and the script's name)"
    )
    parser.add_argument(
        "--keep",
        action="append",
        default=[],
        metavar="PATTERN",
        help="keep only statistics of these names (system.host.*), in one small table a point; may be repeated",
    )
    parser.add_argument("--jobs", type=count, metavar="N", help="points at a time (default: one for each core)")
    add_limits(parser)
    parser.add_argument(
        "--plot",
        metavar="FIGURE",
        help=f"what sweep.svg shows: {FIGURE} (default: curves of misses per thousand references)",
    )
    parser.add_argument(
        "--window", metavar="NAME", help="the window that the figure shows (default: roi if there is one, else total)"
    )
    parser.add_argument("--question", default="", metavar="TEXT", help="what it is to answer: its report begins so")
    add_elsewhere(parser)


def add_elsewhere(parser: argparse.ArgumentParser) -> None:
    """What says where the points run, if not all of them here.

    The command gets:
        submit: `slurm` or None.
        array, cpus: above 0, or None.
        time, partition: text; empty: as the cluster has it.
        dry_run: bool.
        dask: the address of a scheduler, or None.
        shard: K/N as text, or None.
    """
    elsewhere = parser.add_argument_group("elsewhere than on this computer; see docs/sweeps.md")
    elsewhere.add_argument("--submit", choices=["slurm"], help="submit a job array, and a job that makes the tables")
    elsewhere.add_argument("--array", type=count, metavar="N", help="jobs of the array (default: 1)")
    elsewhere.add_argument("--cpus", type=count, metavar="N", help="cores of each job (default: 1)")
    elsewhere.add_argument("--time", default="", metavar="SPAN", help="how long a job may take, as sbatch has it: 1h")
    elsewhere.add_argument("--partition", default="", metavar="NAME", help="the partition of the jobs")
    elsewhere.add_argument("--dry-run", action="store_true", help="print the script of the jobs and do nothing")
    elsewhere.add_argument(
        "--dask", metavar="ADDRESS", help="run the points on this scheduler's workers: tcp://host:8786"
    )
    elsewhere.add_argument(
        "--shard", metavar="K/N", help="run every N-th point only, from the K-th, and make no tables"
    )
