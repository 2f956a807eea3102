# SPDX-License-Identifier: BSD-3-Clause
"""Connecting ports by assignment, and finding what is connected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .node import Connection
from .origin import here
from .ports import Port, PortEnd
from .problems import nearest
from .tree import ancestry, walk

if TYPE_CHECKING:
    from .simobject import SimObject


def connect(owner: SimObject, port: Port, value: object) -> None:
    """`owner.port = value`: connect two ends, or with None disconnect. What is wrong is recorded."""
    end = PortEnd(owner, port)
    if value is None:
        _disconnect(end)
    elif not isinstance(value, PortEnd):
        _report_no_port(end, value)
    elif value.port.role == port.role:
        wanted = "responder" if port.role == "requestor" else "requestor"
        owner._node.report(
            port.name,
            value,
            f"a {wanted} port; both {end.path} and {value.path} are {port.role}s",
            f"connect it to a {wanted} of {port.protocol.__name__}",
        )
    else:
        asking, answering = (end, value) if port.role == "requestor" else (value, end)
        asking.owner._node.connections[asking.port.name] = Connection(answering, here())


def others(end: PortEnd) -> list[PortEnd]:
    """The far ends of `end`: those of a responder in the order of the tree."""
    if end.port.role == "requestor":
        connection = end.owner._node.connections.get(end.port.name)
        return [connection.end] if connection else []
    found = []
    for obj in walk(ancestry(end.owner)[-1]):
        for name, connection in obj._node.connections.items():
            if connection.end == end:
                found.append(PortEnd(obj, type(obj).__ports__[name]))
    return found


def _disconnect(end: PortEnd) -> None:
    for other in [end] if end.port.role == "requestor" else others(end):
        other.owner._node.connections.pop(other.port.name, None)


def _report_no_port(end: PortEnd, value: object) -> None:
    from .simobject import SimObject

    fix, near = "assign the port of another object, such as system.x.port", None
    wanted = "responder" if end.port.role == "requestor" else "requestor"
    if isinstance(value, SimObject):
        ports = type(value).__ports__
        fitting = [name for name, port in ports.items() if port.role == wanted and port.protocol is end.port.protocol]
        near = fitting[0] if len(fitting) == 1 else nearest(end.port.name, fitting)
        if near:
            fix = f"assign its port: {value.path}.{near}"
    expected = f"a {wanted} port of {end.port.protocol.__name__}"
    end.owner._node.report(end.port.name, value, expected, fix, near)
