# SPDX-License-Identifier: BSD-3-Clause
"""Headers of trace files that were read before: of a file that has not changed since, nobody needs to open it again.

This process remembers some, and the cache has a small file for each: what the trace file was, and its header.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from xxhash import xxh3_64_hexdigest, xxh3_128_hexdigest

from simobjects.base.cache import cache_directory
from simobjects.base.files import open_regular, write_whole
from simobjects.traces._stamps import Stamps, settled, stamps
from simobjects.traces.header import TraceHeader

_KEPT = 16
_MOST_BYTES = 1 << 20
_known: dict[Path, tuple[Stamps, TraceHeader]] = {}


def header_of(path: Path, read: Callable[[Path], TraceHeader]) -> TraceHeader:
    """The header of a trace file.

    Args:
        path: of the file.
        read: opens the file for it where nothing is known of the file as it is, and raises what is wrong.
    """
    place = path.absolute()
    try:
        now = stamps((path,))
    except OSError:  # which opening it will tell
        return read(path)
    found = _known.pop(place, None)
    header = found[1] if found is not None and found[0] == now else _load(place, now)
    if header is None:
        header = read(path)
        if not settled(now):
            return header
        _store(place, now, header)
    _known[place] = (now, header)  # the last one is the youngest
    while len(_known) > _KEPT:
        del _known[next(iter(_known))]
    return header


def _file(place: Path) -> Path:
    return cache_directory() / "headers" / f"{xxh3_128_hexdigest(os.fsencode(place))}.json"


def _load(place: Path, now: Stamps) -> TraceHeader | None:
    """What was stored of the file as it is; None when nothing was, or a byte of it is another."""
    try:
        with open_regular(_file(place)) as file:
            checksum, _, body = file.read(_MOST_BYTES).partition(b"\n")
        if checksum != xxh3_64_hexdigest(body).encode():
            return None
        facts = json.loads(body)
        same = facts["path"] == str(place) and facts["stamps"] == [list(stamp) for stamp in now]
        return TraceHeader(**facts["header"]) if same else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _store(place: Path, now: Stamps, header: TraceHeader) -> None:
    """Without room for it the next process opens the file."""
    body = json.dumps({"path": str(place), "stamps": now, "header": header.facts()}).encode()
    with suppress(OSError):
        file = _file(place)
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, xxh3_64_hexdigest(body).encode(), b"\n", body)
