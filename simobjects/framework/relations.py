# SPDX-License-Identifier: BSD-3-Clause
"""The objects of a machine and how they are related, as plain data: what validation asks, and graphs are made of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from .node import Part
from .ports import Port
from .problems import UnresolvedReference
from .tree import owned, parts, references_of

End = tuple[str, str]
"""The path of an object and the name of its port."""

EdgeKind = Literal["child", "port", "reference"]


class Edge(NamedTuple):
    """From owner to child, from requestor to responder, or from an object to what it refers to.

    `label` is the name of the child, port or reference; `end` that of the port at the far end, else empty.
    """

    near: str
    far: str
    label: str
    kind: EdgeKind
    end: str = ""


class Relations:
    """Objects by path, the first `inside` of them in the order of the tree, and the edges, object by object."""

    def __init__(self, objects: dict[str, Part], inside: int, edges: Iterable[Edge]) -> None:
        self.objects, self.inside, self.edges = objects, inside, tuple(edges)
        asked: dict[End, list[End]] = defaultdict(list)
        answered: dict[End, list[End]] = defaultdict(list)
        for edge in self.edges:
            if edge.kind == "port":
                asked[edge.near, edge.label].append((edge.far, edge.end))
                answered[edge.far, edge.end].append((edge.near, edge.label))
        self._asked, self._answered = dict(asked), dict(answered)

    def inner(self) -> Iterator[tuple[str, Part]]:
        """Path and object of those that belong to the machine."""
        return (item for item, _ in zip(self.objects.items(), range(self.inside), strict=False))

    def outside(self) -> list[str]:
        """What the machine is connected to, or refers to, that does not belong to it."""
        return list(self.objects)[self.inside :]

    def joined(self, path: str, port: str) -> list[End]:
        """The far ends of the wires of a port: those of a responder in the order of the tree."""
        return self._asked.get((path, port), []) + self._answered.get((path, port), [])

    def ports(self) -> Iterator[tuple[str, Port]]:
        """Every port of the machine with the path of its object, in the order of the tree."""
        for path, obj in self.inner():
            yield from ((path, port) for port in type(obj).__ports__.values())

    def unconnected(self, *, required: bool = True) -> list[End]:
        """Ports without a wire: those that need one, or without `required` all of them."""
        return [
            (path, port.name)
            for path, port in self.ports()
            if (port.required or not required) and not self.joined(path, port.name)
        ]


def relations(top: Part, every: Sequence[Part] | None = None) -> Relations:
    """Those of a machine, or of a part of it. What is not below `top` is there only if something below leads to it.

    References that nothing answers yet have no edge. `every`: `top` and all below it, of who has gone that way.
    """
    objects = {obj.path: obj for obj in (parts(top) if every is None else every)}
    names = {obj: path for path, obj in objects.items()}
    inside, edges = len(objects), []
    for path, obj in list(objects.items()):
        edges += [Edge(path, names[item], label, "child") for label, item in owned(obj)]
        for label, link in sorted(obj._node.connections.items()):
            edges.append(Edge(path, _name(objects, names, link.owner), label, "port", link.port.name))
        for label in references_of(type(obj)):
            other = _referred(obj, label)
            if other is not None:
                edges.append(Edge(path, _name(objects, names, other), label, "reference"))
    return Relations(objects, inside, edges)


def _name(objects: dict[str, Part], names: dict[Part, str], obj: Part) -> str:
    """The path of an object that something refers to. Objects without an owner may be called alike."""
    if obj not in names:
        name = obj.path
        while name in objects:
            name += "'"
        names[obj] = name
        objects[name] = obj
    return names[obj]


def _referred(obj: Part, name: str) -> Part | None:
    try:
        found: Part | None = getattr(obj, name)
    except UnresolvedReference:
        return None
    return found
