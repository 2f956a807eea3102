# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects compare`: the statistics of several runs side by side."""

from __future__ import annotations

import argparse
import fnmatch
from pathlib import Path

from simobjects.base.errors import ExitCode, InputError, UsageError
from simobjects.base.text import columns

from ._common import say
from ._results import NoRunError, StoredRun, read_run

MISSING = "-"
"""Stands where a run has no such value."""


def compare(arguments: argparse.Namespace) -> int:
    """Print what differs between runs: parameters, then statistics of one window with their ratios to the first run's.

    Returns:
        `ENDED_BADLY` when a statistic differs and `--fail-on-difference` asks for that, else `OK`.

    Raises:
        UsageError: there is one run only, or no statistic of that name.
        InputError: fewer than two of the paths are runs, a run is not as it was written, or has no such window.
    """
    if len(arguments.runs) < 2:
        raise UsageError("one run compares with nothing", where=f"compare {arguments.runs[0]}", fix="name a second one")
    runs = _runs(arguments.runs)
    for run in runs:
        if arguments.window not in run.windows:
            raise InputError(
                f"{run.path}: has no window {arguments.window!r}; "
                f"choose one of its own with --window: {', '.join(run.windows)}"
            )
    names = _titles([run.path for run in runs])
    print(_config_differences(runs, names), end="")
    rows, different = _statistics(runs, arguments)
    if rows:
        others = [head for name in names[1:] for head in (name, "ratio")]
        heads = [f"window {arguments.window}", names[0], *others, "unit"]
        print(columns([heads, *rows], right=range(1, 2 * len(runs))), end="")
    elif arguments.stat:
        raise UsageError(f"no statistic matches {', '.join(arguments.stat)}", fix="`--stat '*'` shows the names")
    else:
        print(f"every statistic of the window {arguments.window} is equal")
    return ExitCode.ENDED_BADLY if different and arguments.fail_on_difference else ExitCode.OK


def _runs(paths: list[Path]) -> list[StoredRun]:
    """What of `paths` is a run; a line for each that is none, so that `runs/*` may hold other things."""
    found = []
    for path in paths:
        try:
            found.append(read_run(path))
        except NoRunError as error:
            say(f"{path}: passed over: {error}")
    if len(found) < 2:
        left = f"only {found[0].path} is a run" if found else "none of these is a run"
        fix = "name two directories that `simobjects run` printed"
        raise InputError(f"{left}: nothing to compare", fix=fix)
    unchecked = [str(run.path) for run in found if not run.checked]
    if unchecked:
        say(f"without a run.json, so whether they are as they were written is not known: {', '.join(unchecked)}")
    return found


def _titles(paths: list[Path]) -> list[str]:
    """A short name for each run: its folder, or the whole path where folders have the same name."""
    names = [path.resolve().parent.name if path.suffix == ".json" else path.resolve().name for path in paths]
    return [name if names.count(name) == 1 else str(path) for name, path in zip(names, paths, strict=True)]


def _config_differences(runs: list[StoredRun], names: list[str]) -> str:
    """A table of the settings that are not alike in all runs, or a sentence; with an empty line behind it."""
    known = [run.config for run in runs]
    if any(config is None for config in known):
        return "configurations: not all runs have a config.json beside their statistics\n\n"
    configs = [config for config in known if config is not None]
    keys = sorted({key for config in configs for key in config})
    rows = []
    for key in keys:
        values = [config.get(key, MISSING) for config in configs]
        if len(set(values)) > 1:
            rows.append([key, *values])
    if not rows:
        return "the configurations are equal\n\n"
    return columns([["configuration", *names], *rows]) + "\n"


def _statistics(runs: list[StoredRun], arguments: argparse.Namespace) -> tuple[list[list[str]], bool]:
    """The rows to print, and whether any of the selected statistics differs."""
    tables = [run.values(arguments.window) for run in runs]
    order = list(dict.fromkeys(name for table in tables for name in table))
    rows: list[list[str]] = []
    different = False
    for name in order:
        if arguments.stat and not any(_matches(name, pattern) for pattern in arguments.stat):
            continue
        values = [table[name][0] if name in table else MISSING for table in tables]
        unit = next(table[name][1] for table in tables if name in table)
        differs = len(set(values)) > 1
        different = different or differs
        if differs or arguments.all or arguments.stat:
            beside = [cell for value in values[1:] for cell in (value, _ratio(value, values[0]))]
            rows.append([name, values[0], *beside, unit])
    return rows, different


def _matches(name: str, pattern: str) -> bool:
    """Shell patterns in which `[` is a plain character, because names have it: `system.host.exits[dtlb_v]`."""
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]")) or name.startswith((f"{pattern}.", f"{pattern}["))


def _ratio(value: str, first: str) -> str:
    """A value over the first run's, in three decimals; `-` where there is none."""
    try:
        above, below = float(value), float(first)
    except ValueError:
        return MISSING
    if above != above or below != below or below == 0:
        return MISSING
    return f"{above / below:.3f}"
