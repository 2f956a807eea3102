# SPDX-License-Identifier: BSD-3-Clause
"""The machine as a networkx graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import networkx

from ..problems import UnresolvedReference
from ..simobject import SimObject
from ..tree import owned, references_of, walk

EdgeKind = Literal["child", "port", "reference"]


@dataclass(frozen=True)
class Edge:
    """A relation of two objects by their paths. `label` names the child, the port or the reference."""

    source: str
    target: str
    kind: EdgeKind
    label: str
    far: str = ""
    """The name of the port at the other end."""


def edges(system: SimObject) -> list[Edge]:
    """Ownership, connections (requestor to responder) and references, in the order of the tree."""
    inside = set(walk(system))
    found = []
    for obj in walk(system):
        found += [Edge(obj.path, item.path, "child", label) for label, item in owned(obj)]
        for name, link in sorted(obj._node.connections.items()):
            if link.end.owner in inside:
                found.append(Edge(obj.path, link.end.owner.path, "port", name, link.end.port.name))
        for name in references_of(type(obj)):
            other = _referred(obj, name)
            if other is not None and other in inside:
                found.append(Edge(obj.path, other.path, "reference", name))
    return found


def graph(system: SimObject) -> Any:
    """A networkx.MultiDiGraph: nodes are paths with `type`, edges have `kind`, `label` and `far`."""
    made = networkx.MultiDiGraph()
    for obj in walk(system):
        made.add_node(obj.path, type=type(obj).__name__)
    for edge in edges(system):
        made.add_edge(edge.source, edge.target, kind=edge.kind, label=edge.label, far=edge.far)
    return made


def drawn(every: list[Edge]) -> list[Edge]:
    """The relations that get a wire: every connection, and references but those up or down the same branch."""
    return [edge for edge in every if edge.kind == "port" or (edge.kind == "reference" and not nested(edge))]


def nested(edge: Edge) -> bool:
    """Whether one end of a relation lies in the other, as a program in the core that executes it."""
    return _inside(edge.source, edge.target) or _inside(edge.target, edge.source)


def _inside(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))


def _referred(obj: SimObject, name: str) -> SimObject | None:
    try:
        found: SimObject | None = getattr(obj, name)
    except UnresolvedReference:
        return None
    return found
