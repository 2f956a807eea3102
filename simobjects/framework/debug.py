# SPDX-License-Identifier: BSD-3-Clause
"""Traces of what happens inside an object, by path, kind and cycle."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simobjects.base.names import unknown

from .node import Part
from .peers import Peers
from .roles import Traced
from .tree import walk

Sink = Callable[[str], object]


@dataclass(frozen=True)
class _Tap:
    path: str
    peer: Traced
    sink: Sink


class DebugTrace:
    """The traces of one simulation that are switched on."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self._taps: dict[str, _Tap] = {}

    def enable(
        self, system: Part, path: str, kinds: Iterable[str] | None, start: int, stop: int | None, sink: Sink | None
    ) -> None:
        """Switch a trace on; UnknownNameError for a path or kind that does not exist."""
        traceable = {
            obj.path: obj for obj in walk(system) if type(obj).debug_kinds and isinstance(self._peers.get(obj), Traced)
        }
        if path not in traceable:
            raise unknown("object that can be traced at", path, traceable)
        obj = traceable[path]
        wanted = list(type(obj).debug_kinds if kinds is None else kinds)
        for kind in wanted:
            if kind not in type(obj).debug_kinds:
                raise unknown(f"debug kind of {path}", kind, type(obj).debug_kinds)
        if start < 0 or (stop is not None and stop < start):
            raise ValueError(f"debug({path!r}): start={start}, stop={stop}; expected 0 <= start <= stop")
        peer = self._peers[obj]
        peer.debug_enable(wanted, start, -1 if stop is None else stop)
        self._taps[path] = _Tap(path, peer, sink or _log)

    def drain(self) -> None:
        """Pass on what was traced since the last call, by cycle over all objects."""
        lines = [
            (int(cycle), tap, str(kind), str(text))
            for tap in self._taps.values()
            for cycle, kind, text in tap.peer.debug_drain()
        ]
        for cycle, tap, kind, text in sorted(lines, key=lambda line: line[0]):
            tap.sink(f"{cycle:>12} {tap.path}: {kind}: {text}")


def _log(line: str) -> None:
    logging.getLogger("simobjects.debug").info("%s", line)
