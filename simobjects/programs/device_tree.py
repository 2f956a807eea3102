# SPDX-License-Identifier: BSD-3-Clause
"""The device tree that a program is given: made from the machine, or a file with the machine's facts put in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simobjects.programs.flat_tree import TreeNode

CPU, CONTROLLER = 1, 2
"""phandles of a made tree."""
UART_CLOCK = 11_059_200


@dataclass(frozen=True)
class SerialPort:
    """What a tree says of a UART."""

    address: int
    irq: int


@dataclass(frozen=True)
class MachineFacts:
    """What a tree has to say of a machine."""

    memory: int
    clock: int
    timebase: int
    serial: Sequence[SerialPort] = ()
    controller_dcr: int | None = None
    bootargs: str = ""
    initrd: tuple[int, int] | None = None


def make_tree(facts: MachineFacts) -> TreeNode:
    """The smallest tree with which Linux 6.1 boots on such a machine."""
    root = TreeNode()
    root.set("#address-cells", 2)
    root.set("#size-cells", 1)
    root.set("model", "amcc,bamboo")
    root.set("compatible", "amcc,bamboo")
    root.set("dcr-parent", CPU)
    _cpu(root, facts)
    if facts.controller_dcr is not None:
        _controller(root, facts.controller_dcr)
    bus = root.child("plb")
    bus.set("compatible", "ibm,opb")
    bus.set("#address-cells", 2)
    bus.set("#size-cells", 1)
    bus.set("ranges")
    for port in facts.serial:
        _serial(bus, port, facts.controller_dcr is not None)
    fill_tree(root, facts)
    if facts.serial:
        root.child("chosen").set("stdout-path", f"/plb/serial@{facts.serial[0].address:x}")
    return root


def fill_tree(root: TreeNode, facts: MachineFacts) -> None:
    """Put the memory's size, the clocks, the kernel's arguments and the initial file system into a tree."""
    memory = root.named("memory") or root.child("memory")
    memory.set("device_type", "memory")
    cells, sizes = root.cell("#address-cells", 2), root.cell("#size-cells", 1)
    memory.set("reg", *[0] * min(cells, 4), *[0] * (min(sizes, 4) - 1), facts.memory)
    cpus = root.named("cpus")
    for cpu in cpus.children.values() if cpus else ():
        if cpu.properties.get("device_type") == b"cpu\0":
            cpu.set("clock-frequency", facts.clock)
            cpu.set("timebase-frequency", facts.timebase)
    chosen = root.child("chosen")
    if facts.bootargs or "bootargs" not in chosen.properties:
        chosen.set("bootargs", facts.bootargs)
    for name in ("linux,initrd-start", "linux,initrd-end"):
        chosen.properties.pop(name, None)
    if facts.initrd:
        chosen.set("linux,initrd-start", facts.initrd[0])
        chosen.set("linux,initrd-end", facts.initrd[1])


def _cpu(root: TreeNode, facts: MachineFacts) -> None:
    cpus = root.child("cpus")
    cpus.set("#address-cells", 1)
    cpus.set("#size-cells", 0)
    cpu = cpus.child("cpu@0")
    cpu.set("device_type", "cpu")
    cpu.set("reg", 0)
    for side in "id":
        cpu.set(f"{side}-cache-line-size", 32)
        cpu.set(f"{side}-cache-size", 0x8000)
    cpu.set("dcr-controller")
    cpu.set("dcr-access-method", "native")
    cpu.set("phandle", CPU)


def _controller(root: TreeNode, dcr: int) -> None:
    controller = root.child("interrupt-controller0")
    controller.set("compatible", "ibm,uic")
    controller.set("interrupt-controller")
    controller.set("cell-index", 0)
    controller.set("dcr-reg", dcr, 9)
    controller.set("#address-cells", 0)
    controller.set("#size-cells", 0)
    controller.set("#interrupt-cells", 2)
    controller.set("phandle", CONTROLLER)


def _serial(bus: TreeNode, port: SerialPort, interrupts: bool) -> None:
    serial = bus.child(f"serial@{port.address:x}")
    serial.set("device_type", "serial")
    serial.set("compatible", "ns16550")
    serial.set("reg", port.address >> 32, port.address & 0xFFFFFFFF, 8)
    serial.set("virtual-reg", port.address & 0xFFFFFFFF)
    serial.set("clock-frequency", UART_CLOCK)
    serial.set("current-speed", 115_200)
    if interrupts:
        serial.set("interrupt-parent", CONTROLLER)
        serial.set("interrupts", port.irq, 4)  # level, active high
