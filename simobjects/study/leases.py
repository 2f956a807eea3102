# SPDX-License-Identifier: BSD-3-Clause
"""Leases: who works on which point, so that no two workers do the same, on one machine or on a shared file system.

A lease is a file that whoever makes it first has; `pens` make it without a new one. Its holder writes it again now and
then; one that was not written for long, or whose holder is known to be gone, may be taken over. A lease saves work and
decides nothing: a point that two have run after all has the same bytes from both.

All times are those of the file system that has the folder, so the clocks of the hosts need not agree.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from simobjects.base.claims import write_all
from simobjects.base.files import beside, write_whole

from .pens import Pens, new_file
from .whereabouts import Whereabouts, here

FOLDER = "leases"
BEAT_SECONDS = 5.0
"""How often a holder says that it is alive."""

STALE_SECONDS = 60.0
"""After how long without a word a holder elsewhere is taken for gone."""

_MOST_BYTES = 16_384


@dataclass(frozen=True)
class Beat:
    """What the holder of a lease says of its point: references done, their rate per second, seconds so far."""

    references: int = 0
    rate: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True)
class Lease:
    """A lease in a folder: of which point, who has it, and what was said last."""

    path: Path
    label: str
    holder: Whereabouts
    token: str
    beat: Beat = Beat()
    pens: Pens | None = field(default=None, compare=False, repr=False)

    @property
    def key(self) -> str:
        """That of its point."""
        return self.path.stem

    def say(self, beat: Beat) -> bool:
        """Say that the point is still worked on; False when somebody else has taken it over."""
        if not self._mine():
            return False
        write_whole(self.path, _text(replace(self, beat=beat)))
        return True

    def release(self) -> None:
        """Give it back, unless somebody else has it by now."""
        try:
            if self._mine():
                self.path.unlink(missing_ok=True)
        finally:
            if self.pens is not None:
                self.pens.back(self.path)

    def stale(self, now: float) -> bool:
        """Whether it may be taken over; `now` is the time of the file system."""
        return self.holder.gone or _age(self.path, now) > STALE_SECONDS

    def _mine(self) -> bool:
        found = _read(self.path, self.key)
        return found is not None and found.token == self.token


def take(out: Path, key: str, label: str, pens: Pens | None = None) -> Lease | None:
    """The lease of a point, or None while somebody else works on it.

    Raises OSError where the folder does not take it.
    """
    lease = Lease(out / FOLDER / f"{key}.json", label, here(), os.urandom(8).hex(), pens=pens)
    for _ in range(2):
        try:
            if pens is None or not pens.lease(lease.path, _text(lease)):
                _make(lease)
            return lease
        except FileExistsError:
            if not _remove_stale(lease.path):
                return None
    return None


def _make(lease: Lease) -> None:
    """As a file of its own."""
    handle = new_file(lease.path)
    try:
        write_all(handle, _text(lease))
    except OSError:
        lease.path.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def held(out: Path) -> Iterator[Lease]:
    """The leases in a folder that are not stale, in the order of their points' keys."""
    folder = out / FOLDER
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    now = file_time(folder) if paths else 0.0
    for path in paths:
        lease = _read(path, path.stem)
        if lease is not None and not lease.stale(now):
            yield lease


def file_time(folder: Path) -> float:
    """The present time as the file system of the folder has it; that of this host where it cannot be written to."""
    probe = beside(folder / "time", "probe")
    try:
        probe.touch()
        return probe.stat().st_mtime
    except OSError:
        return time.time()
    finally:
        with suppress(OSError):  # a read-only file system refuses even what is not there
            probe.unlink(missing_ok=True)


def _remove_stale(path: Path) -> bool:
    """Whether the way is free: the lease was stale and is gone."""
    found = _read(path, path.stem)
    now = file_time(path.parent)
    if not (found.stale(now) if found is not None else _age(path, now) > STALE_SECONDS):
        return not path.exists()
    aside = beside(path, "stale")
    try:
        path.rename(aside)
    except OSError:
        return not path.exists()
    taken = _read(aside, path.stem)
    if found is not None and taken is not None and taken.token != found.token:
        with suppress(OSError):  # another was faster and has a new lease: it gets it back
            os.link(aside, path)
    aside.unlink(missing_ok=True)
    return not path.exists()


def _content(path: Path) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would let us wait
    try:
        return os.read(handle, _MOST_BYTES)
    finally:
        os.close(handle)


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except OSError:
        return 0.0


def _text(lease: Lease) -> bytes:
    facts = {
        "key": lease.key, "label": lease.label, "token": lease.token,
        "holder": vars(lease.holder), "beat": vars(lease.beat),
    }  # fmt: skip
    return json.dumps(facts, sort_keys=True).encode() + b"\n"


def _read(path: Path, key: str) -> Lease | None:
    """The lease of that point. None: there is none, or it is not (or not yet, or no more) one."""
    try:
        facts: Any = json.loads(_content(path))
        if facts.pop("key") != key:
            return None
        holder, beat = Whereabouts(**facts.pop("holder")), Beat(**facts.pop("beat"))
        lease = Lease(path, holder=holder, beat=beat, **facts)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    numbers = (beat.references, beat.rate, beat.seconds, holder.pid, holder.born)
    whole = all(isinstance(number, (int, float)) for number in numbers)
    texts = (lease.label, lease.token, holder.host, holder.realm)
    return lease if whole and all(isinstance(text, str) for text in texts) else None
