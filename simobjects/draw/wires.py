# SPDX-License-Identifier: BSD-3-Clause
"""The relations of a machine's objects that a picture shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import networkx

WireKind = Literal["port", "reference"]


@dataclass(frozen=True)
class Wire:
    """A relation of two objects by their paths. `label` names the port or the reference."""

    source: str
    target: str
    kind: WireKind
    label: str
    far: str = ""
    """The name of the port at the other end."""


def wires(machine: networkx.MultiDiGraph) -> list[Wire]:
    """The edges that are drawn: every connection, and references but those up or down the same branch.

    Ownership is drawn as boxes in boxes. What leads out of the machine is not drawn.
    """
    found = [
        Wire(source, target, data["kind"], data["label"], data["far"])
        for source, target, data in machine.edges(data=True)
        if data["kind"] != "child" and machine.nodes[target]["inside"]
    ]
    return [wire for wire in found if wire.kind == "port" or not nested(wire)]


def nested(wire: Wire) -> bool:
    """Whether one end of a relation lies in the other, as a program in the core that executes it."""
    return _inside(wire.source, wire.target) or _inside(wire.target, wire.source)


def _inside(inner: str, outer: str) -> bool:
    return inner == outer or inner.startswith((f"{outer}.", f"{outer}["))
