# SPDX-License-Identifier: BSD-3-Clause
"""Ports: typed ends at which objects are connected, as a class declares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

Role = Literal["requestor", "responder"]


class Protocol_:
    """Base of the empty classes that name what two connected ports say to each other."""


class HasEnds(Protocol):
    """An object of a class that declares ports."""

    def _end(self, port: Port) -> Any:
        """Its own end of a port."""


@dataclass(eq=False)
class Port:
    """A port declared by a class.

    Attributes:
        role: which end: `requestor` asks, `responder` answers.
        protocol: the class of what is said; two ports are connected only if one's is the other's.
        description: one line for help and pages.
        required: a machine in which it is not connected is refused.
        many: it holds any number of connections.
        name: of the attribute.
    """

    role: Role
    protocol: type[Protocol_]
    description: str = ""
    required: bool = False
    many: bool = False
    name: str = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, obj: HasEnds | None, owner: type) -> Any:
        return self if obj is None else obj._end(self)

    @property
    def wanted(self) -> Role:
        """What a port must be to be connected to this one."""
        return "responder" if self.role == "requestor" else "requestor"


def requestor(protocol: type[Protocol_], description: str = "", *, required: bool = False) -> Any:
    """The end that asks. It holds one connection, made by an assignment in either direction.

    Args:
        protocol: an empty class derived from `Protocol_`.
        description: one line for help and pages.
        required: a machine in which it is not connected is refused.
    """
    return Port("requestor", protocol, description, required)


def responder(protocol: type[Protocol_], description: str = "", *, many: bool = False, required: bool = False) -> Any:
    """The end that answers. It holds one connection, or with `many` any number.

    Args:
        protocol: an empty class derived from `Protocol_`.
        description: one line for help and pages.
        many: any number of requestors may ask.
        required: a machine in which it is not connected is refused.
    """
    return Port("responder", protocol, description, required, many)
