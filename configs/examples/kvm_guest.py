# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest under KVM on a PowerPC 440, fed with a real program's references.

    simobjects run configs/examples/kvm_guest.py --set system.host.scheme=e3b
    simobjects sweep configs/examples/kvm_guest.py --over system.guest_tlb.entries=16..256:x2 \\
        --over system.host.scheme=e3b,e4
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
system.host = HostKernel(scheme="e4", hz="250Hz", tasks=[HostTask(every=10)])

system.core.translation = system.tlb.core_side
system.core.exceptions = system.host.exits  # the guest itself, on the bare machine: system.guest.vectors

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run(references=50_000_000):
        print(event)
    print(sim.stats.table("system.host", zeros=False))
