# SPDX-License-Identifier: BSD-3-Clause
"""From a validated description to running peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..stats.source import Source
from .node import Part
from .peers import Peers
from .problems import EngineError, naming
from .roles import ENGINE, Counted, Engine
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


def engine_of(driver: Part, made: Mapping[Part, object]) -> Engine:
    """The peer that drives the machine; EngineError when there is none, or it lacks what an engine needs."""
    peer: Any = made.get(driver)
    if peer is None:
        raise EngineError(f"{driver.path} is the engine of this machine but made no peer")
    lacking = [name for name in ENGINE if not callable(getattr(peer, name, None))]
    if lacking:
        raise EngineError(f"{driver.path} is the engine of this machine, but {type(peer).__name__} has no {lacking[0]}")
    engine: Engine = peer
    return engine


def sources(system: Part, peers: Mapping[Part, object]) -> list[Source]:
    """Where the statistics of each object come from, in the order of the tree."""
    found = []
    for obj in walk(system):
        cls = type(obj)
        if cls.__stats__ or cls.__checks__:
            found.append(Source.of(obj, obj.path, cls.__stats__, cls.__checks__, _reader(obj, peers.get(obj))))
    return found


def _reader(obj: Part, peer: object) -> Callable[[], Mapping[str, object]]:
    """The peer's counts and what the object itself knows."""
    own = type(obj).read_stats is not Part.read_stats
    from_peer = peer.read_stats if isinstance(peer, Counted) else None

    def read() -> Mapping[str, object]:
        counts = dict(from_peer()) if from_peer is not None else {}
        return {**counts, **(obj.read_stats() or {})} if own else counts

    return read
