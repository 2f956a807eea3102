# SPDX-License-Identifier: BSD-3-Clause
"""Ports: typed ends at which objects are connected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .simobject import SimObject

Role = Literal["requestor", "responder"]


class Protocol_:
    """Base of the empty classes that name what two connected ports say to each other."""


@dataclass(eq=False)
class Port:
    """A port declared by a class. `many` tells that it holds any number of connections."""

    role: Role
    protocol: type[Protocol_]
    description: str = ""
    required: bool = False
    many: bool = False
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, obj: SimObject | None, owner: type) -> Any:
        return self if obj is None else PortEnd(obj, self)


def requestor(protocol: type[Protocol_], description: str = "", *, required: bool = False) -> Any:
    """The end that asks. It holds one connection."""
    return Port("requestor", protocol, description, required)


def responder(protocol: type[Protocol_], description: str = "", *, many: bool = False, required: bool = False) -> Any:
    """The end that answers. It holds one connection, or with `many` any number."""
    return Port("responder", protocol, description, required, many)


@dataclass(frozen=True)
class PortEnd:
    """One object's end of a port: what reading `obj.port` gives. Assign one end to another to connect them."""

    owner: SimObject
    port: Port

    @property
    def path(self) -> str:
        """Its full path, such as `system.core.translation`."""
        return f"{self.owner.path}.{self.port.name}"

    @property
    def others(self) -> list[PortEnd]:
        """The ends that this one is connected to, in the order of the tree."""
        from .connections import others

        return others(self)

    @property
    def other(self) -> SimObject | None:
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
