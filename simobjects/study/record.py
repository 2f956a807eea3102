# SPDX-License-Identifier: BSD-3-Clause
"""The record of a run: what was run, how it ended, and the digest of every file of the run, its own included.

It is the `run.json` of a run directory, and the first line of a row.
Who reads a run directory reads each file once, checks it against the record, and uses the bytes that were checked.
"""

from __future__ import annotations

import errno
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects.base.files import LARGEST, read_regular, write_whole
from simobjects.framework import Event, Simulation
from simobjects.framework.rundir import RECORD

from .execute import Limits

FORMAT = 3


class ChangedError(Exception):
    """A file of a run is missing or not as the run wrote it; the message names the file."""


@dataclass(frozen=True)
class Record:
    """What `run.json` says, or the first line of a row, as it was written."""

    config_hash: str
    limits: dict[str, Any]
    ended: str
    cycle: int
    reference: int
    path: dict[str, str]
    """What was taken at once and what was not; the results are the same."""
    files: dict[str, str]
    """The SHA-256 in hex of each file by its name."""


def record_of(simulation: Simulation, limits: Limits, last: Event, files: dict[str, str]) -> Record:
    """The record of a run that has ended; `files` are the digests that writing it gave."""
    ended = last.kind.value, last.cycle, last.reference
    return Record(simulation.config_hash, limits.as_json(), *ended, simulation.path, files)


def write_record(
    directory: Path, simulation: Simulation, limits: Limits, last: Event, files: dict[str, str],
    write: Callable[[Path, bytes], object] = write_whole,
) -> Record:  # fmt: skip
    """Write `run.json`, which makes the run whole; `files` as for `record_of`."""
    record = record_of(simulation, limits, last, files)
    write(directory / RECORD, record_text(record))
    return record


def read_record(directory: Path) -> Record:
    """The record of a run directory.

    Raises:
        ChangedError: it is missing, of another format, or was edited.
    """
    return parsed(contents(directory / RECORD), RECORD, record_text)


def parsed(content: bytes, name: str, text: Callable[[Record], bytes]) -> Record:
    """The record that `text` gave; `name` is that of the file it was in.

    Raises:
        ChangedError: it is none, is of another format, or was edited.
    """
    try:
        facts = json.loads(content)
        written_in = facts.pop("format")
        if written_in != FORMAT:
            raise ChangedError(f"{name} is in format {written_in!r}, and this version reads {FORMAT}")
        del facts["sha256"]
        record = Record(**facts)
        if text(record) == content and all(isinstance(digest, str) for digest in record.files.values()):
            return record
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise ChangedError(f"{name} is not as the run wrote it")


def read_file(directory: Path, name: str, digest: str | None) -> bytes:
    """The bytes of a file of a run, which are those with this digest.

    Raises:
        ChangedError: they are not, or the file cannot be read.
    """
    content = contents(directory / name)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ChangedError(f"{name} is not as the run wrote it")
    return content


def contents(path: Path, largest: int = LARGEST) -> bytes:
    """The bytes of a file of a run.

    Raises:
        ChangedError: it is missing, is no file, is larger than `largest` bytes, or cannot be read.
    """
    try:
        return read_regular(path, largest)
    except FileNotFoundError:
        raise ChangedError(f"{path.name} is missing") from None
    except OSError as error:
        if error.errno in (errno.EISDIR, errno.EINVAL, errno.ENXIO):  # ENXIO: a socket
            raise ChangedError(f"{path.name} is no file") from None
        raise ChangedError(f"{path.name} cannot be read ({error.strerror})") from None


def record_text(record: Record) -> bytes:
    """What `run.json` holds."""
    return (json.dumps(_signed(record), indent=2, sort_keys=True) + "\n").encode()


def record_line(record: Record) -> bytes:
    """The same on one line, without its end."""
    return json.dumps(_signed(record), sort_keys=True).encode()


def _signed(record: Record) -> dict[str, Any]:
    """What the record says, and the digest of that."""
    facts = {"format": FORMAT, **vars(record)}
    return {**facts, "sha256": hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()}
