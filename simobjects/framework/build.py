# SPDX-License-Identifier: BSD-3-Clause
"""From a validated description to running peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..stats.source import Source
from .naming import naming
from .node import Part
from .peers import Peers
from .tree import walk


def make_peers(system: Part) -> dict[Part, object]:
    """Allocate every peer, then wire them. An error names the object it came from, and leaves nothing behind."""
    made: dict[Part, object] = {}
    for obj in walk(system):
        with naming("building the peer of", obj):
            peer = obj.make_peer()
        if peer is not None:
            made[obj] = peer
    peers = Peers(made)
    for obj in walk(system):
        with naming("wiring", obj):
            obj.wire(peers)
    return made


def sources(system: Part, peers: Mapping[Part, object]) -> list[Source]:
    """Where the statistics of each object come from, in the order of the tree."""
    found = []
    for obj in walk(system):
        cls = type(obj)
        if cls.__stats__ or cls.__checks__:
            found.append(Source.of(obj, obj.path, cls.__stats__, cls.__checks__, _reader(obj, peers.get(obj))))
    return found


def _reader(obj: Part, peer: Any) -> Callable[[], Mapping[str, object]]:
    """The peer's counts and what the object itself knows."""
    own = type(obj).read_stats is not Part.read_stats
    from_peer: Callable[[], Mapping[str, object]] | None = getattr(peer, "read_stats", None)

    def read() -> Mapping[str, object]:
        counts = dict(from_peer()) if from_peer is not None else {}
        return {**counts, **(obj.read_stats() or {})} if own else counts

    return read
