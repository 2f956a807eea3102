# SPDX-License-Identifier: BSD-3-Clause
"""The same guest on the bare machine: what every slowdown is measured against. Micro-TLBs as in the 440.

simobjects run configs/examples/native.py --set system.tlb.entries=128
"""

from simobjects import Core440, CostModel, GuestKernel, HardwareTLB, MicroTLB, Simulation, System, TraceWorkload

system = System(clock="400MHz", memory="128MiB")
system.costs = CostModel()
system.core = Core440(
    workload=TraceWorkload("sqlite"),
    itlb=MicroTLB(entries=4),
    dtlb=MicroTLB(entries=8),
)
system.tlb = HardwareTLB(entries=64)
system.guest = GuestKernel(era="2.6.29")

system.core.translation = system.tlb.core_side
system.core.exceptions = system.guest.vectors

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run():
        print(event)
    print(sim.stats.table("system.core", zeros=False))
