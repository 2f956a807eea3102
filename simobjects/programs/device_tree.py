# SPDX-License-Identifier: BSD-3-Clause
"""The device tree that a program is given: made from the machine, or a file with the machine's facts put in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simobjects.framework import System
from simobjects.ppc440.bus import Bus, BusDevice
from simobjects.ppc440.core import Core440
from simobjects.ppc440.memory import write_memory
from simobjects.ppc440.tree_node import CPU, BoardTree, TreeNode, write_clocks, write_cpu


@dataclass(frozen=True)
class Facts:
    """What every tree says.

    Attributes:
        memory: bytes of RAM.
        clock: Hz of the core.
        timebase: Hz of the time base.
        bootargs: arguments of the kernel.
        initrd: first address of the initial file system, and that after its last; None: there is none.
    """

    memory: int
    clock: int
    timebase: int
    bootargs: str = ""
    initrd: tuple[int, int] | None = None

    @classmethod
    def of(cls, core: Core440, system: System, memory: int, bootargs: str, initrd: tuple[int, int] | None) -> Facts:
        """The facts of the machine that `core` is in, as its program sees it."""
        clock = int(system.clock)
        return cls(memory, clock, clock // core.timebase_ratio, bootargs, initrd)


def devices_of(core: Core440) -> list[BusDevice]:
    """The devices on the core's bus."""
    bus = core.devices.other
    found = [end.owner for end in bus.devices.others] if isinstance(bus, Bus) else []
    return [each for each in found if isinstance(each, BusDevice)]


def make_tree(devices: Iterable[BusDevice], facts: Facts) -> TreeNode:
    """The smallest tree with which Linux 6.1 boots on a board with these devices; each writes its own node."""
    tree = BoardTree()
    root = tree.root
    root.set("#address-cells", 2)
    root.set("#size-cells", 1)
    root.set("model", "amcc,bamboo")
    root.set("compatible", "amcc,bamboo")
    root.set("dcr-parent", CPU)
    write_cpu(root)
    for device in sorted(devices, key=lambda each: each.span()):
        device.write_node(tree)
    _ = tree.bus  # a kernel looks for it, devices or none
    fill_tree(root, facts)
    if tree.console:
        root.child("chosen").set("stdout-path", tree.console)
    return root


def fill_tree(root: TreeNode, facts: Facts) -> None:
    """Put the memory's size, the clocks, the kernel's arguments and the initial file system into a tree.

    A property that is new comes before the others, as libfdt puts it, with which boot loaders do the same.

    Args:
        root: of the tree; it is changed.
        facts: of the machine.
    """
    write_memory(root, facts.memory)
    write_clocks(root, facts.clock, facts.timebase)
    chosen = root.child("chosen")
    if facts.bootargs or "bootargs" not in chosen.properties:
        chosen.set("bootargs", facts.bootargs)
    for name in ("linux,initrd-start", "linux,initrd-end"):
        chosen.properties.pop(name, None)
    if facts.initrd:
        for name, value in zip(("linux,initrd-start", "linux,initrd-end"), facts.initrd, strict=True):
            others = dict(chosen.properties)
            chosen.properties.clear()
            chosen.set(name, value)
            chosen.properties.update(others)
