# SPDX-License-Identifier: BSD-3-Clause
"""The machine as a networkx graph: validation asks it, pictures are laid out from it, a script may query it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .node import Part
from .ports import Port
from .problems import UnresolvedReference
from .tree import owned, references_of, walk

if TYPE_CHECKING:
    import networkx

End = tuple[str, str]
"""The path of an object and the name of its port."""


def graph(top: Part) -> networkx.MultiDiGraph:
    """The objects of a machine, or of a part of it, and how they are related.

    A node is the path of an object, with `object`, its class as `type`, its `kind`, and whether it is `inside`: below
    `top`. What is not is there only because something inside is connected to it or refers to it.

    An edge leads from owner to child (`kind` is "child"), from requestor to responder ("port") or from an object to
    what it refers to ("reference"). Its key and `label` are the name of the child, port or reference; `far` is the name
    of the port at the other end, else empty. References that nothing answers yet have none.
    """
    import networkx  # only who needs a graph waits for it

    made = networkx.MultiDiGraph()
    names: dict[Part, str] = {}
    for obj in walk(top):
        names[obj] = obj.path
        _add(made, obj, obj.path, inside=True)
    for obj in list(names):
        for label, item in owned(obj):
            made.add_edge(names[obj], names[item], label, kind="child", label=label, far="")
        for label, link in sorted(obj._node.connections.items()):
            far = _name(made, names, link.owner)
            made.add_edge(names[obj], far, label, kind="port", label=label, far=link.port.name)
        for label in references_of(type(obj)):
            other = _referred(obj, label)
            if other is not None:
                far = _name(made, names, other)
                made.add_edge(names[obj], far, label, kind="reference", label=label, far="")
    return made


def outside(machine: networkx.MultiDiGraph) -> list[str]:
    """What the machine is connected to, or refers to, that does not belong to it."""
    return [path for path, inside in machine.nodes(data="inside") if not inside]


def joined(machine: networkx.MultiDiGraph, path: str, port: str) -> list[End]:
    """The far ends of the wires of a port: those of a responder in the order of the tree."""
    out = [(far, wire["far"]) for _, far, name, wire in machine.out_edges(path, keys=True, data=True)
           if wire["kind"] == "port" and name == port]  # fmt: skip
    into = [(near, name) for near, _, name, wire in machine.in_edges(path, keys=True, data=True)
            if wire["kind"] == "port" and wire["far"] == port]  # fmt: skip
    if len(into) > 1:
        place = {name: number for number, name in enumerate(machine)}
        into.sort(key=lambda end: place[end[0]])
    return out + into


def ports(machine: networkx.MultiDiGraph) -> Iterator[tuple[str, Port]]:
    """Every port of the machine with the path of its object, in the order of the tree."""
    for path, data in machine.nodes(data=True):
        if data["inside"]:
            yield from ((path, port) for port in type(data["object"]).__ports__.values())


def unconnected(machine: networkx.MultiDiGraph, *, required: bool = True) -> list[End]:
    """Ports without a wire: those that need one, or without `required` all of them."""
    return [
        (path, port.name)
        for path, port in ports(machine)
        if (port.required or not required) and not joined(machine, path, port.name)
    ]


def reference_cycles(machine: networkx.MultiDiGraph) -> list[list[str]]:
    """Groups of objects that refer to each other in a circle, each group and all of them sorted by path."""
    import networkx

    only = networkx.DiGraph((one, two) for one, two, kind in machine.edges(data="kind") if kind == "reference")
    groups = networkx.strongly_connected_components(only)
    return sorted(sorted(group) for group in groups if len(group) > 1 or only.has_edge(*[*group] * 2))


def plain(machine: networkx.MultiDiGraph) -> networkx.MultiDiGraph:
    """A copy without the objects themselves: text, numbers and switches only, for files."""
    made = machine.copy()
    for _, data in made.nodes(data=True):
        del data["object"]
    return made


def to_graphml(top: Part) -> str:
    """The graph as GraphML, which networkx, Gephi, yEd and igraph read."""
    import networkx

    return "\n".join(networkx.generate_graphml(plain(graph(top)))) + "\n"


def to_json(top: Part) -> str:
    """The graph as JSON of nodes and edges (networkx's `node_link_data`), which d3 and others read."""
    import networkx

    return json.dumps(networkx.node_link_data(plain(graph(top)), edges="edges"), indent=1) + "\n"


def _add(made: networkx.MultiDiGraph, obj: Part, name: str, *, inside: bool) -> None:
    made.add_node(name, object=obj, type=type(obj).__name__, kind=type(obj).kind, inside=inside)


def _name(made: networkx.MultiDiGraph, names: dict[Part, str], obj: Part) -> str:
    """The node of an object that something refers to. Objects without an owner may be called alike."""
    if obj not in names:
        name = obj.path
        while name in made:
            name += "'"
        names[obj] = name
        _add(made, obj, name, inside=False)
    return names[obj]


def _referred(obj: Part, name: str) -> Part | None:
    try:
        found: Part | None = getattr(obj, name)
    except UnresolvedReference:
        return None
    return found
