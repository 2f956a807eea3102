# SPDX-License-Identifier: BSD-3-Clause
"""The machine as a networkx graph, which a script may query and other programs read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .node import Part
from .relations import Edge, End, Relations, relations

if TYPE_CHECKING:
    import networkx


def graph(top: Part) -> networkx.MultiDiGraph:
    """The objects of a machine, or of a part of it, and how they are related.

    A node is the path of an object, with `object`, its class as `type`, its `kind`, and whether it is `inside`: below
    `top`. What is not is there only because something inside is connected to it or refers to it.

    An edge leads from owner to child (`kind` is "child"), from requestor to responder ("port") or from an object to
    what it refers to ("reference"). Its key and `label` are the name of the child, port or reference; `far` is the name
    of the port at the other end, else empty. References that nothing answers yet have none.
    """
    import networkx  # only who needs a graph waits for it

    found = relations(top)
    made = networkx.MultiDiGraph()
    for number, (path, obj) in enumerate(found.objects.items()):
        made.add_node(path, object=obj, type=type(obj).__name__, kind=type(obj).kind, inside=number < found.inside)
    for edge in found.edges:
        made.add_edge(edge.near, edge.far, edge.label, kind=edge.kind, label=edge.label, far=edge.end)
    return made


def outside(machine: networkx.MultiDiGraph) -> list[str]:
    """What the machine is connected to, or refers to, that does not belong to it: paths, in the order of the tree.

    Args:
        machine: what `graph` gave, perhaps with nodes and edges taken away.
    """
    return _relations(machine).outside()


def joined(machine: networkx.MultiDiGraph, path: str, port: str) -> list[End]:
    """The far ends of the wires of a port: those of a responder in the order of the tree.

    Args:
        machine: what `graph` gave.
        path: of the object that has the port.
        port: the name of the port.
    """
    return _relations(machine).joined(path, port)


def unconnected(machine: networkx.MultiDiGraph, *, required: bool = True) -> list[End]:
    """Ports without a wire.

    Args:
        machine: what `graph` gave.
        required: only those that need one; False: all of them.
    """
    return _relations(machine).unconnected(required=required)


def _relations(machine: networkx.MultiDiGraph) -> Relations:
    """What `graph` was made of; the user may have taken nodes and edges away."""
    objects = {path: data["object"] for path, data in machine.nodes(data=True)}
    inside = sum(data["inside"] for _, data in machine.nodes(data=True))
    edges = (Edge(near, far, data["label"], data["kind"], data["far"]) for near, far, data in machine.edges(data=True))
    return Relations(objects, inside, edges)


def reference_cycles(machine: networkx.MultiDiGraph) -> list[list[str]]:
    """Groups of objects that refer to each other in a circle, each group and all of them sorted by path.

    Args:
        machine: what `graph` gave; only its edges of kind "reference" are followed.
    """
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
    """The graph as GraphML, which networkx, Gephi, yEd and igraph read. Attributes are text, numbers and switches."""
    import networkx

    return "\n".join(networkx.generate_graphml(plain(graph(top)))) + "\n"


def to_json(top: Part) -> str:
    """The graph as JSON of nodes and edges (networkx's `node_link_data`), which d3 and others read."""
    import networkx

    return json.dumps(networkx.node_link_data(plain(graph(top)), edges="edges"), indent=1) + "\n"
