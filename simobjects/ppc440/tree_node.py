# SPDX-License-Identifier: BSD-3-Clause
"""A device tree as the parts of a machine write it: each its own node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from simobjects.base.text import as_typed

CPU, CONTROLLER = 1, 2
"""phandles of a tree that is made."""


@dataclass
class TreeNode:
    """A node: its properties' raw values in order, and its children by full name."""

    properties: dict[str, bytes] = field(default_factory=dict)
    children: dict[str, TreeNode] = field(default_factory=dict)

    def child(self, name: str) -> TreeNode:
        """The child of that name, made when there is none."""
        return self.children.setdefault(name, TreeNode())

    def named(self, name: str) -> TreeNode | None:
        """The first child called `name` or `name@address`."""
        return next((node for full, node in self.children.items() if full.partition("@")[0] == name), None)

    def set(self, name: str, *values: int | str) -> None:
        """Give a property cells, strings, or nothing (present without value)."""
        parts = [word(value) if isinstance(value, int) else as_typed(value) + b"\0" for value in values]
        self.properties[name] = b"".join(parts)

    def cell(self, name: str, default: int) -> int:
        """The first cell of a property."""
        value = self.properties.get(name, b"")
        return int.from_bytes(value[:4], "big") if len(value) >= 4 else default

    def walk(self) -> Iterator[TreeNode]:
        """This node and all below it."""
        yield self
        for node in self.children.values():
            yield from node.walk()


@dataclass
class BoardTree:
    """The tree of a board while it is made.

    `has_controller`: an interrupt controller has its node there, with the phandle CONTROLLER. `console`: the path of
    the first serial port's node, empty without one.
    """

    root: TreeNode = field(default_factory=TreeNode)
    has_controller: bool = False
    console: str = ""

    @property
    def bus(self) -> TreeNode:
        """The node of the bus, for devices with physical addresses: two cells for the address, one for the size."""
        if "plb" not in self.root.children:
            bus = self.root.child("plb")
            bus.set("compatible", "ibm,opb")
            bus.set("#address-cells", 2)
            bus.set("#size-cells", 1)
            bus.set("ranges")
        return self.root.child("plb")


def word(value: int) -> bytes:
    """A cell."""
    return value.to_bytes(4, "big")
