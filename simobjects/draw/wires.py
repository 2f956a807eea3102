# SPDX-License-Identifier: BSD-3-Clause
"""The relations of a machine's objects that a picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simobjects.framework.relations import Relations

WireKind = Literal["port", "reference"]


@dataclass(frozen=True)
class Wire:
    """A relation of two objects.

    Attributes:
        source: path of the object that asks or refers.
        target: path of the other one.
        kind: `port` for a connection, `reference` for a reference.
        label: the name of the port or the reference at the source.
    """

    source: str
    target: str
    kind: WireKind
    label: str
    far: str = ""
    """The name of the port at the other end."""


def wires(machine: Relations) -> list[Wire]:
    """The edges that are drawn: every connection, and references but those up or down the same branch.

    Ownership is drawn as boxes in boxes. What leads out of the machine is not drawn. Those of one object to another
    follow each other.
    """
    strange = set(machine.outside())
    first = {(edge.near, edge.far): number for number, edge in reversed(list(enumerate(machine.edges)))}
    found = [
        Wire(edge.near, edge.far, edge.kind, edge.label, edge.end)
        for edge in sorted(machine.edges, key=lambda edge: first[edge.near, edge.far])
        if edge.kind != "child" and edge.far not in strange
    ]
    return [wire for wire in found if wire.kind == "port" or not nested(wire)]


def nested(wire: Wire) -> bool:
    """Whether one end of a relation lies in the other, as a program in the core that executes it."""
    return _inside(wire.source, wire.target) or _inside(wire.target, wire.source)


def _inside(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))
