# SPDX-License-Identifier: BSD-3-Clause
"""`run.json`: what was run, how it ended, and the digest of every file of the run, its own included.

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

from simobjects.base.files import read_regular, write_whole
from simobjects.framework import Event, Simulation
from simobjects.framework.rundir import RECORD

from .execute import Limits

FORMAT = 3


class ChangedError(Exception):
    """A file of a run directory is missing or not as the run wrote it; the message names the file."""


@dataclass(frozen=True)
class Record:
    """A `run.json` that is as it was written."""

    config_hash: str
    limits: dict[str, Any]
    ended: str
    cycle: int
    reference: int
    path: dict[str, str]
    """What was taken at once and what was not; the results are the same."""
    files: dict[str, str]
    """The SHA-256 in hex of each file by its name."""


def write_record(
    directory: Path, simulation: Simulation, limits: Limits, last: Event, files: dict[str, str],
    write: Callable[[Path, bytes], object] = write_whole,
) -> Record:  # fmt: skip
    """Write `run.json`, which makes the run whole; `files` are the digests that writing it gave."""
    ended = last.kind.value, last.cycle, last.reference
    record = Record(simulation.config_hash, limits.as_json(), *ended, simulation.path, files)
    write(directory / RECORD, _text(record))
    return record


def read_record(directory: Path) -> Record:
    """The record of a run directory.

    Raises:
        ChangedError: it is missing, of another format, or was edited.
    """
    content = _read(directory, RECORD)
    try:
        facts = json.loads(content)
        written_in = facts.pop("format")
        if written_in != FORMAT:
            raise ChangedError(f"{RECORD} is in format {written_in!r}, and this version reads {FORMAT}")
        del facts["sha256"]
        record = Record(**facts)
        if _text(record) == content:
            return record
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise ChangedError(f"{RECORD} is not as the run wrote it")


def read_file(directory: Path, name: str, digest: str | None) -> bytes:
    """The bytes of a file of a run, which are those with this digest.

    Raises:
        ChangedError: they are not, or the file cannot be read.
    """
    content = _read(directory, name)
    if hashlib.sha256(content).hexdigest() != digest:
        raise ChangedError(f"{name} is not as the run wrote it")
    return content


def _read(directory: Path, name: str) -> bytes:
    try:
        return read_regular(directory / name)
    except FileNotFoundError:
        raise ChangedError(f"{name} is missing") from None
    except OSError as error:
        if error.errno in (errno.EISDIR, errno.EINVAL, errno.ENXIO):  # ENXIO: a socket
            raise ChangedError(f"{name} is no file") from None
        raise ChangedError(f"{name} cannot be read ({error.strerror})") from None


def _text(record: Record) -> bytes:
    facts = {"format": FORMAT, **vars(record)}
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return (json.dumps({**facts, "sha256": digest}, indent=2, sort_keys=True) + "\n").encode()
