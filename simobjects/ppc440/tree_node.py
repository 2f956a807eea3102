# SPDX-License-Identifier: BSD-3-Clause
"""A device tree as the parts of a machine write it: each its own node; the processor's is here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from simobjects.base.text import as_typed

CPU, CONTROLLER = 1, 2
"""phandles of a tree that is made."""
LINE, CACHE = 32, 0x8000
"""Bytes of a cache line and of each cache of the 440."""


@dataclass
class TreeNode:
    """A node of a flattened device tree (Devicetree Specification).

    Attributes:
        properties: raw values in order: cells are 32 bits, big-endian; strings end with a zero.
        children: by full name, such as `serial@ef600300`.
    """

    properties: dict[str, bytes] = field(default_factory=dict)
    children: dict[str, TreeNode] = field(default_factory=dict)

    def child(self, name: str) -> TreeNode:
        """The child of that name, made when there is none."""
        return self.children.setdefault(name, TreeNode())

    def named(self, name: str) -> TreeNode | None:
        """The first child called `name` or `name@address`."""
        return next((node for full, node in self.children.items() if full.partition("@")[0] == name), None)

    def set(self, name: str, *values: int | str) -> None:
        """Give a property a value.

        Args:
            name: of the property.
            values: cells and strings, one after another; none: the property is present without value.
        """
        parts = [word(value) if isinstance(value, int) else as_typed(value) + b"\0" for value in values]
        self.properties[name] = b"".join(parts)

    def cell(self, name: str, default: int) -> int:
        """The first cell of a property.

        Args:
            name: of the property.
            default: where there is none, or it is shorter than a cell.
        """
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


def write_cpu(root: TreeNode) -> None:
    """Put the processor into a tree that is made; `write_clocks` adds how fast it is."""
    cpus = root.child("cpus")
    cpus.set("#address-cells", 1)
    cpus.set("#size-cells", 0)
    cpu = cpus.child("cpu@0")
    cpu.set("device_type", "cpu")
    cpu.set("reg", 0)
    for side in "id":
        cpu.set(f"{side}-cache-line-size", LINE)
        cpu.set(f"{side}-cache-size", CACHE)
    cpu.set("dcr-controller")
    cpu.set("dcr-access-method", "native")
    cpu.set("phandle", CPU)


def write_clocks(root: TreeNode, clock: int, timebase: int) -> None:
    """Put the frequencies into every processor's node of a tree, made or given.

    Args:
        root: of the tree.
        clock: Hz of the core.
        timebase: Hz of the time base.
    """
    cpus = root.named("cpus")
    for cpu in cpus.children.values() if cpus else ():
        if cpu.properties.get("device_type") == b"cpu\0":
            cpu.set("clock-frequency", clock)
            cpu.set("timebase-frequency", timebase)
