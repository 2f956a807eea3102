# SPDX-License-Identifier: BSD-3-Clause
"""The folder of a sweep: one run directory per machine, named by its hash, whole or not there.

A run is written beside its place and renamed into it, so that an interruption never leaves half a run under its
name. `run.json`, written last, says what was run and holds the digests of all the files.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.errors import SimObjectsError
from simobjects.base.files import publish, remove
from simobjects.framework import Event, Simulation

from .execute import Limits
from .record import ChangedError, Record, read_file, read_record, write_record

PARTIAL = ".partial-"
HASH_DIGITS = 12


class StoreError(SimObjectsError):
    """The folder of a sweep cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Found:
    """What lies in the place of a run: its record, if it is that very run and whole; else `changed` says what is not.

    `changed` is empty where nothing lies, and where a whole run with other limits does.
    """

    record: Record | None = None
    changed: str = ""


def find_run(directory: Path, config_hash: str, limits: Limits) -> Found:
    """The run of this machine and these limits in `directory`. Every file of it is read and checked."""
    if not os.path.lexists(directory):
        return Found()
    try:
        record = read_record(directory)
        if record.config_hash != config_hash:
            return Found(changed="it is the run of another machine")
        for name, digest in record.files.items():
            read_file(directory, name, digest)
    except ChangedError as error:
        return Found(changed=str(error))
    return Found(record) if record.limits == limits.as_json() else Found()


def write_whole(simulation: Simulation, out: Path, limits: Limits, last: Event) -> Record:
    """Write the run directory `out/<hash>` in one step; another worker that was faster with the same run is fine.

    Raises:
        StoreError: what lies in its place cannot be removed.
    """
    target = out / simulation.config_hash[:HASH_DIGITS]
    partial = out / f"{PARTIAL}{target.name}-{os.getpid()}"
    remove(partial)
    partial.mkdir(parents=True)
    try:
        record = write_record(partial, simulation.config_hash, limits, last, simulation.write(partial))
        there = find_run(target, simulation.config_hash, limits).record
        if there is not None:
            return there
        try:
            publish(partial, target)
        except OSError as error:
            raise _irreplaceable(target, error.strerror) from error
        if not partial.exists():
            return record
        there = find_run(target, simulation.config_hash, limits).record
        if there is None:
            raise _irreplaceable(target, "it does not go away")
        return there
    finally:
        remove(partial)


def _irreplaceable(target: Path, why: str | None) -> StoreError:
    return StoreError(
        f"cannot be replaced ({why})", where=target, fix="remove it, or name another folder with --out"
    )


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
        raise StoreError(
            f"cannot be written to ({error.strerror})", where=out, fix="name another folder with --out"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(
                "another sweep works in this folder", where=out, fix="wait for it or name another --out"
            ) from None
        _remove_partial(out)
        try:
            yield
        finally:
            _remove_partial(out)


def _remove_partial(out: Path) -> None:
    for leftover in out.glob(f"{PARTIAL}*"):
        remove(leftover)
