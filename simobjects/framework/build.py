# SPDX-License-Identifier: BSD-3-Clause
"""From a validated description to running peers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simobjects.base.errors import SimObjectsError

from ..stats.source import Source
from .answers import mapping
from .node import Part
from .peers import Peers
from .problems import NOTHING, ConfigError, EngineError, Problem, naming, show
from .roles import ENGINE, Engine
from .source.owners import Owner, owner_of_class
from .story import in_users_text
from .tree import walk


def make_peers(system: Part) -> dict[Part, object]:
    """Allocate every peer, then wire them. An error names the object it came from, and leaves nothing behind."""
    made: dict[Part, object] = {}
    for obj in walk(system):
        with naming("building the peer of", obj), refusing(obj):
            peer = obj.make_peer()
        if peer is not None:
            made[obj] = peer
    peers = Peers(made)
    for obj in walk(system):
        with naming("wiring", obj), refusing(obj):
            obj.wire(peers)
    return made


class refusing:
    """What a peer of our own cannot be made of is a problem of its object; a class of a script raises what it likes."""

    __slots__ = ("_obj",)

    def __init__(self, obj: Part) -> None:
        self._obj = obj

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SimObjectsError) or not isinstance(error, (ValueError, OverflowError, MemoryError)):
            return
        obj = self._obj
        if owner_of_class(type(obj)) is not Owner.OURS or in_users_text(error):
            return
        what = "this computer lacks the memory" if isinstance(error, MemoryError) else str(error)
        origin = obj._node.origin
        fix = f"correct its parameters; `simobjects objects {type(obj).__name__}` lists them"
        expected = f"what its running half can be made of ({what})"
        raise ConfigError([Problem(obj.path, "", NOTHING, expected, fix, origin.file, origin.line)]) from error


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


def answered(driver: Part, answer: object) -> tuple[int, Mapping[str, Any]]:
    """What an engine came back with; EngineError when it is no reason to stop with what is told of it."""
    if isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], Mapping):
        return answer
    raise EngineError(f"the engine {driver.path} gave {show(answer)}; expected (reason, what is told of it)")


def sources(system: Part, peers: Mapping[Part, object]) -> list[Source]:
    """Where the statistics of each object come from, in the order of the tree."""
    found = []
    for obj in walk(system):
        cls = type(obj)
        if cls.__stats__ or cls.__checks__:
            with naming("asking for the labels of", obj):
                found.append(Source.of(obj, obj.path, cls.__stats__, cls.__checks__, _reader(obj, peers.get(obj))))
    return found


def _reader(obj: Part, peer: object) -> Callable[[], Mapping[str, object]]:
    """The peer's counts and what the object itself knows."""
    own = type(obj).read_stats is not Part.read_stats
    from_peer: Callable[[], object] | None = getattr(peer, "read_stats", None)  # of a peer that is `Counted`

    def read() -> Mapping[str, object]:
        try:
            counts = {} if from_peer is None else from_peer()
            if not isinstance(counts, Mapping):
                raise EngineError(f"the peer of {obj.path} gave {show(counts)} for its statistics; give values by name")
            return {**counts, **mapping(obj, "read_stats", obj.read_stats(), object, "values")} if own else counts
        except Exception as error:
            error.add_note(f"while reading the statistics of {obj.path} ({type(obj).__name__})")
            raise

    return read
