# SPDX-License-Identifier: BSD-3-Clause
"""The same guest under a host kernel that is chosen by name: its scheme, costs and emulation come with it.

    simobjects run configs/examples/kernels.py --set system.host.kernel=3.14
    simobjects sweep configs/examples/kernels.py --references 5M \\
        --over system.host.kernel=2.6.26,2.6.28,parent,commit,2.6.29,3.6,3.14

kvm_guest.py chooses a scheme and keeps everything else; with a kernel all that was that kernel's own changes.
"""

from simobjects import (
    Core440,
    CostModel,
    GuestKernel,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    HostTask,
    Simulation,
    System,
    TraceWorkload,
)

system = System(clock="400MHz", memory="256MiB")
system.costs = CostModel()
system.core = Core440(workload=TraceWorkload("sqlite"))
system.tlb = HardwareTLB(entries=64)
system.guest = GuestKernel(era="2.6.29", memory="128MiB")
system.guest_tlb = GuestTLB(entries=64)
system.host = HostKernel(kernel="commit", hz="250Hz", tasks=[HostTask(every=10)])

system.core.translation = system.tlb.core_side
system.core.exceptions = system.host.exits

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run(references=5_000_000):
        print(event)
    print(system.host.kernel, "has scheme", system.host.scheme.short)
    print(sim.stats.table("system.host", zeros=False))
