# SPDX-License-Identifier: BSD-3-Clause
"""Two processes of one guest under KVM: each process switch writes PID, and the scheme drops the user's shadows.

The region of interest leaves the first ten million references out; it is the window `roi` in the results.

    simobjects sweep configs/examples/two_processes.py --over system.core.workload.quantum=100000..1600000:x4
"""

from simobjects import (
    Core440,
    CostModel,
    GuestKernel,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    HostTask,
    Interleave,
    Simulation,
    SyntheticWorkload,
    System,
    TraceWorkload,
)

system = System(clock="400MHz", memory="256MiB")
system.costs = CostModel(host_cpi="1.5")
programs = [TraceWorkload("sqlite"), SyntheticWorkload(pattern="zipf", data_pages=200, records=500_000)]
system.core = Core440(workload=Interleave(processes=programs, quantum=400_000), roi_begin=10_000_000)
system.tlb = HardwareTLB(entries=64)
system.guest = GuestKernel()
system.guest_tlb = GuestTLB(entries=64)
system.host = HostKernel(scheme="e4", tasks=[HostTask(every=10, flush_every=5), HostTask(every=4)])

system.core.translation = system.tlb.core_side
system.core.exceptions = system.host.exits

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run(references=40_000_000):
        print(event)
    print(sim.stats.table("system.guest", zeros=False))
    print(sim.stats.table("system.host.exits_by_kind", zeros=False))
