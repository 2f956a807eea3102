# SPDX-License-Identifier: BSD-3-Clause
"""The folder of a sweep: one run directory (or row) per machine and end, named by what it holds, whole or not there.

Any number of workers write into it at once. A run is written beside its place, under a name that says who writes it,
and renamed into it in one step; its record holds the digests of all the files. `points/` has the result of each point,
`leases/` who works on which.
"""

from __future__ import annotations

import csv
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from simobjects.base.errors import SimObjectsError
from simobjects.base.files import beside, publish, read_regular, remove, write_new, write_whole
from simobjects.framework import Event, Simulation
from simobjects.framework.rundir import run_files
from simobjects.stats.writers import csv_of

from .execute import Limits
from .leases import FOLDER as LEASES
from .leases import STALE_SECONDS, file_time
from .record import ChangedError, Record, record_of, write_record
from .row import LARGEST, STATS, row_text
from .task import BLANK, LOGS, Result
from .whereabouts import Whereabouts, here, named
from .written import KEPT, PROVENANCE, written

PARTIAL = ".partial-"
POINTS = "points"
_ABANDONED_SECONDS = 24 * 3600.0
"""After how long without a change a partial run of a host that cannot be asked is taken for left behind."""


class StoreError(SimObjectsError):
    """The folder of a sweep cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Found:
    """What lies in the place of a run: its record, if it is that very run and whole; else `changed` says what is not.

    `changed` is empty where nothing lies, and where a whole run to another end does.
    """

    record: Record | None = None
    changed: str = ""


def find_run(place: Path, config_hash: str, limits: Limits) -> Found:
    """The run of this machine and these limits that lies there. Every file of it is read and checked."""
    if not os.path.lexists(place):
        return Found()
    try:
        run = written(place)
        if run.record.config_hash != config_hash:
            return Found(changed="it is the run of another machine")
        run.check()
    except ChangedError as error:
        return Found(changed=str(error))
    return Found(run.record) if run.record.limits == limits.as_json() else Found()


def run_name(config_hash: str, limits: Limits, keep: tuple[str, ...] = ()) -> str:
    """The name of the run of a machine to an end; one with some of the statistics only lies beside the whole one."""
    name = limits.run_name(config_hash)
    return name + f"{KEPT}{hashlib.sha256(repr(sorted(keep)).encode()).hexdigest()[:8]}" if keep else name


def write_run(
    simulation: Simulation, place: Path, limits: Limits, last: Event, keep: tuple[str, ...] = (), extra: bytes = b""
) -> Record:
    """Write a run directory, or with `keep` a row, in one step; another worker that was faster is fine.

    A row has the statistics of these names, and nothing else. `extra` is what `provenance.json` holds, for a row on one
    line; it is no part of what the record answers for.

    Raises:
        StoreError: what lies in its place cannot be removed, or the row is too large.
        OSError: the folder does not take it.
    """
    partial = place.with_name(f"{PARTIAL}{place.name}-{here().name}-{os.urandom(4).hex()}")
    try:
        if keep:
            record = _write_row(simulation, partial, limits, last, keep, extra)
        else:
            record = _write_directory(simulation, partial, limits, last, extra)
        there = find_run(place, simulation.config_hash, limits).record
        if there is not None:
            return there
        try:
            publish(partial, place)
        except OSError as error:
            raise _irreplaceable(place, error.strerror) from error
        if not os.path.exists(partial):
            return record
        there = find_run(place, simulation.config_hash, limits).record
        if there is None:
            raise _irreplaceable(place, "it does not go away")
        return there
    finally:
        if os.path.lexists(partial):
            remove(partial)


def _write_directory(simulation: Simulation, partial: Path, limits: Limits, last: Event, extra: bytes) -> Record:
    partial.mkdir(parents=True)
    files = {}
    for name, content in run_files(simulation, picture=False):
        write_new(partial / name, content)
        files[name] = hashlib.sha256(content).hexdigest()
    if extra:
        write_new(partial / PROVENANCE, extra)
    return write_record(partial, simulation, limits, last, files, write_new)


def _write_row(
    simulation: Simulation, partial: Path, limits: Limits, last: Event, keep: tuple[str, ...], extra: bytes
) -> Record:
    stats = csv_of(simulation.stats, lambda name: _is_kept(keep, name)).encode()
    record = record_of(simulation, limits, last, {STATS: hashlib.sha256(stats).hexdigest()})
    content = row_text(record, stats, extra)
    if len(content) > LARGEST:
        what = f"the statistics to keep are {len(content)} bytes, and a row has {LARGEST} at most"
        raise StoreError(what, where=partial.parent, fix="keep fewer, or leave --keep away")
    try:
        write_new(partial, content)
    except FileNotFoundError:
        partial.parent.mkdir(parents=True, exist_ok=True)
        write_new(partial, content)
    return record


def kept_rows(stats_csv: str, keep: tuple[str, ...]) -> str:
    """The lines of a `stats.csv` whose statistic has a name that one of the patterns matches, and the head."""
    head, *lines = stats_csv.splitlines(keepends=True)
    return head + "".join(line for line in lines if _is_kept(keep, _name_in(line)))


def _name_in(line: str) -> str:
    """The statistic of a line of `stats.csv`."""
    _, _, path, stat, *_ = next(csv.reader([line]))
    return f"{path}.{stat}"


@lru_cache(maxsize=16384)
def _is_kept(keep: tuple[str, ...], name: str) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in keep)


def note_result(out: Path, result: Result) -> None:
    """Keep what became of a point, for whoever asks the folder. Raises OSError where it does not take it."""
    place = _result_place(out, result.key)
    content = result.text().encode() + b"\n"
    try:
        write_whole(place, content)
    except FileNotFoundError:  # the first one
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, content)


def noted_result(out: Path, key: str) -> Result | None:
    """What is known of a point; None when nothing is, or what is there is damaged."""
    try:
        return Result.read(read_regular(_result_place(out, key)))
    except (OSError, ValueError):
        return None


def _result_place(out: Path, key: str) -> Path:
    return out / POINTS / f"{key}.json"


def tidy(out: Path) -> None:
    """Remove the runs that processes which are gone have left half written."""
    for leftover in out.glob(f"{PARTIAL}*"):
        if _abandoned(leftover):
            remove(leftover)


def prepare(out: Path) -> None:
    """Make the folder, and remove what workers that are gone have left half written.

    Raises:
        StoreError: the folder cannot be made, or takes no file; each point would fail by that.
    """
    try:
        for folder in (out, out / LOGS, out / LEASES):
            folder.mkdir(parents=True, exist_ok=True)
        room = beside(out / LEASES / "room", "probe")
        write_whole(room, bytes(4096))
        room.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot be written to ({error.strerror})", where=out, fix="name another folder with --out"
        ) from error
    tidy(out)
    now = file_time(out / LEASES)
    for leftover in (out / LEASES).glob(".*"):
        writer = _writer(leftover)
        if (writer is not None and writer.gone) or _older(leftover, now, STALE_SECONDS):
            leftover.unlink(missing_ok=True)


def _writer(hidden: Path) -> Whereabouts | None:
    """Who has a hidden file whose name says that."""
    parts = hidden.name.rsplit("-", 5)
    return named("-".join(parts[1:5])) if len(parts) == 6 else None


def _abandoned(partial: Path) -> bool:
    """Whether nobody writes there any more: the writer is gone, or is elsewhere and has done nothing for long."""
    writer = _writer(partial)
    if writer is not None and writer.gone:
        return True
    other = writer is None or writer.realm != here().realm
    return other and _older(partial, file_time(partial.parent), _ABANDONED_SECONDS)


def _older(path: Path, now: float, seconds: float) -> bool:
    try:
        return now - path.stat().st_mtime > seconds
    except OSError:
        return False


def drop_empty_logs(out: Path) -> None:
    """Remove the logs in which nothing is and that nobody is about to write."""
    for log in (out / LOGS).glob("*.txt"):
        with suppress(FileNotFoundError):  # another sweep in this folder may do the same
            if not (out / LEASES / f"{log.stem}.json").exists() and log.stat().st_size == 0:
                log.unlink()
    for blank in (out / LOGS).glob(f"{BLANK}*"):
        blank.unlink(missing_ok=True)
    with suppress(OSError):
        (out / LOGS).rmdir()


def _irreplaceable(target: Path, why: str | None) -> StoreError:
    return StoreError(f"cannot be replaced ({why})", where=target, fix="remove it, or name another folder with --out")
