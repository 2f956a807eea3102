# SPDX-License-Identifier: BSD-3-Clause
"""The machine as a graph: whom a change of the hardware TLB reaches, and what is connected to what."""

from __future__ import annotations

import networkx

from simobjects import (
    Core440,
    GuestKernel,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    ShadowRefTable,
    System,
    TraceWorkload,
)
from simobjects.framework import joined, reference_cycles, unconnected

system = System(clock="533MHz", memory="128MiB")
system.core = Core440(workload=TraceWorkload("sqlite"))
system.tlb = HardwareTLB(entries=64)
system.guest_tlb = GuestTLB(entries=64)
system.shadow_refs = ShadowRefTable()
system.host = HostKernel(scheme="e4")
system.guest = GuestKernel(era="2.6.29")
system.core.translation = system.tlb.core_side
system.core.exceptions = system.host.exits

if __name__ == "__main__":
    machine = system.graph()
    print("misses go to:", joined(machine, "system.core", "exceptions"))
    print("still to connect:", unconnected(machine) or "nothing")
    print("refer to each other:", reference_cycles(machine) or "none")

    used = networkx.MultiDiGraph(
        (source, target, wire) for source, target, wire in machine.edges(data=True) if wire["kind"] != "child"
    )
    for path in sorted(networkx.ancestors(used, "system.tlb")):
        way = networkx.shortest_path(used, path, "system.tlb")
        print(f"{machine.nodes[path]['kind']:>10} {' -> '.join(way)}")
