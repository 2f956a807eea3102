# SPDX-License-Identifier: BSD-3-Clause
"""The node of the processor in a device tree."""

from __future__ import annotations

from simobjects.ppc440.tree_node import CPU, TreeNode

LINE, CACHE = 32, 0x8000
"""Bytes of a cache line and of each cache of the 440."""


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
    """Put the frequencies, in hertz, into every processor's node of a tree, made or given."""
    cpus = root.named("cpus")
    for cpu in cpus.children.values() if cpus else ():
        if cpu.properties.get("device_type") == b"cpu\0":
            cpu.set("clock-frequency", clock)
            cpu.set("timebase-frequency", timebase)
