# SPDX-License-Identifier: BSD-3-Clause
"""A row: the run of a point of which some statistics are kept, as one file instead of a run directory.

It is a table whose first two lines are comments: the record as in `run.json`, and what `provenance.json` would hold,
each as one line of JSON. A new file costs a short run a good part of its time, a folder two of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from .record import ChangedError, Record, contents, parsed, record_line

LARGEST = 256 << 20
"""Bytes of a row: the windows that a run keeps at most, of a machine many times as large as any of ours, are less."""

STATS = "stats.csv"
_MARK = b"# "
_LONGEST_LINE = 1 << 20


@dataclass(frozen=True)
class KeptRow:
    """What a row holds: its record, the table that this answers for, and the text of its provenance."""

    record: Record
    stats: bytes
    provenance: bytes


def row_text(record: Record, stats: bytes, provenance: bytes) -> bytes:
    """The bytes of the file; the provenance has no line feed."""
    assert b"\n" not in provenance
    return b"".join((_MARK, record_line(record), b"\n", _MARK, provenance, b"\n", stats))


def read_row(path: Path) -> KeptRow:
    """The row in a file.

    Raises:
        ChangedError: it is missing, is none, or its record or its table is not as the run wrote it.
    """
    content = contents(path, LARGEST)
    first, second = _line(content, 0), 0
    second = _line(content, first + 1) if first >= 0 else -1
    if second < 0:
        raise ChangedError(f"{path.name} is no row of a sweep")
    record = parsed(content[len(_MARK) : first], path.name, record_line)
    stats = content[second + 1 :]
    if record.files != {STATS: hashlib.sha256(stats).hexdigest()}:
        raise ChangedError(f"the table in {path.name} is not as the run wrote it")
    return KeptRow(record, stats, content[first + 1 + len(_MARK) : second])


def _line(content: bytes, begin: int) -> int:
    """Where the comment that begins there ends; -1: there is none, or one that no run has written."""
    if not content.startswith(_MARK, begin):
        return -1
    return content.find(b"\n", begin, begin + _LONGEST_LINE)
