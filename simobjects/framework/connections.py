# SPDX-License-Identifier: BSD-3-Clause
"""Connecting ports by assignment, and finding what is connected."""

from __future__ import annotations

from dataclasses import dataclass

from simobjects.base.names import nearest

from .node import Connection, Part
from .origin import here
from .ports import Port
from .tree import ancestry, walk


@dataclass(frozen=True)
class PortEnd:
    """One object's end of a port: what reading `obj.port` gives. Assign one end to another to connect them."""

    owner: Part
    port: Port

    @property
    def path(self) -> str:
        """Its full path, such as `system.core.translation`."""
        return f"{self.owner.path}.{self.port.name}"

    @property
    def others(self) -> list[PortEnd]:
        """The ends that this one is connected to: those of a responder in the order of the tree."""
        if self.port.role == "requestor":
            far = self.owner._node.connections.get(self.port.name)
            return [PortEnd(far.owner, far.port)] if far else []
        found = []
        for obj in walk(ancestry(self.owner)[-1]):
            for name, far in obj._node.connections.items():
                if far.owner is self.owner and far.port is self.port:
                    found.append(PortEnd(obj, type(obj).__ports__[name]))
        return found

    @property
    def other(self) -> Part | None:
        """The object at the other end, None when unconnected; LookupError when there are several."""
        found = self.others
        if len(found) > 1:
            raise LookupError(f"{self.path} has {len(found)} connections; use `others`")
        return found[0].owner if found else None

    @property
    def _shown_(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"{self.port.role} {self.path}"


def connect(owner: Part, port: Port, value: object) -> None:
    """`owner.port = value`: connect two ends, or with None disconnect. What is wrong is recorded."""
    end = PortEnd(owner, port)
    if value is None:
        _disconnect(end)
    elif not isinstance(value, PortEnd):
        _report_no_port(end, value)
    elif value.port.role == port.role:
        owner._node.report(
            port.name,
            value,
            f"a {port.wanted} port; both {end.path} and {value.path} are {port.role}s",
            f"connect it to a {port.wanted} of {port.protocol.__name__}",
        )
    else:
        asking, answering = (end, value) if port.role == "requestor" else (value, end)
        asking.owner._node.connections[asking.port.name] = Connection(answering.owner, answering.port, here())


def _disconnect(end: PortEnd) -> None:
    for other in [end] if end.port.role == "requestor" else end.others:
        other.owner._node.connections.pop(other.port.name, None)


def _report_no_port(end: PortEnd, value: object) -> None:
    fix, near = "assign the port of another object, such as system.x.port", None
    wanted = end.port.wanted
    if isinstance(value, Part):
        ports = type(value).__ports__
        fitting = [name for name, port in ports.items() if port.role == wanted and port.protocol is end.port.protocol]
        near = fitting[0] if len(fitting) == 1 else nearest(end.port.name, fitting)
        if near:
            fix = f"assign its port: {value.path}.{near}"
    expected = f"a {wanted} port of {end.port.protocol.__name__}"
    end.owner._node.report(end.port.name, value, expected, fix, near)
