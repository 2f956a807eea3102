# SPDX-License-Identifier: BSD-3-Clause
"""The folder of a sweep: one run directory per machine, named by its hash, whole or not there.

A run is written beside its place and renamed into it, so that an interruption never leaves half a run under its
name. `run.json`, written last, says what was run and holds the digest of `stats.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simobjects.framework import Event, Simulation

from .execute import Limits

RECORD = "run.json"
PARTIAL = ".partial-"
HASH_DIGITS = 12


class StoreError(Exception):
    """The folder of a sweep cannot be used; the message says why and what to do."""


def record_run(directory: Path, config_hash: str, limits: Limits, last: Event) -> None:
    """Write `run.json`, which makes the run whole. The directory must already hold `stats.json`."""
    record = {
        "format": 1,
        "config_hash": config_hash,
        "limits": limits.as_json(),
        "ended": last.kind.value,
        "cycle": last.cycle,
        "reference": last.reference,
        "stats_sha256": _digest(directory / "stats.json"),
    }
    (directory / RECORD).write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def complete_run(directory: Path, config_hash: str, limits: Limits) -> dict[str, Any] | None:
    """The record of a run that is whole, of this machine and of these limits; else None."""
    try:
        record = json.loads((directory / RECORD).read_text(encoding="utf-8"))
        whole = (
            record["format"] == 1
            and record["config_hash"] == config_hash
            and record["limits"] == limits.as_json()
            and record["stats_sha256"] == _digest(directory / "stats.json")
            and (directory / "stats.csv").is_file()
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if whole else None


def write_whole(simulation: Simulation, out: Path, config_hash: str, limits: Limits, last: Event) -> Path:
    """Write the run directory `out/<hash>` in one step; another worker that was faster with the same run is fine."""
    target = out / config_hash[:HASH_DIGITS]
    partial = out / f"{PARTIAL}{target.name}-{os.getpid()}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        simulation.write(partial)
        record_run(partial, config_hash, limits, last)
        if complete_run(target, config_hash, limits) is None:
            shutil.rmtree(target, ignore_errors=True)
            try:
                partial.rename(target)
            except OSError:
                if complete_run(target, config_hash, limits) is None:
                    raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Make the folder and keep other sweeps out of it; what an interrupted one left behind is removed.

    Raises:
        StoreError: the folder cannot be made, or another sweep works in it.
    """
    import fcntl

    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = (out / ".lock").open("w")
    except OSError as error:
        raise StoreError(f"{out}: cannot be written to ({error.strerror}); name another folder with --out") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(f"{out}: another sweep works in this folder; wait for it or name another --out") from None
        _remove_partial(out)
        try:
            yield
        finally:
            _remove_partial(out)


def _remove_partial(out: Path) -> None:
    for leftover in out.glob(f"{PARTIAL}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
