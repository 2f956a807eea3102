# SPDX-License-Identifier: BSD-3-Clause
"""A recorded guest of KVM, replayed: the guest does what it did, host and hardware are those of this machine.

    simobjects run configs/examples/program_guest.py --set system.core.workload.elf=refill --record refill.arrow
    simobjects run configs/examples/replay.py --set system.core.workload.recording=refill.arrow
    simobjects sweep configs/examples/replay.py --set system.core.workload.recording=refill.arrow \\
        --over system.host.scheme=e0,e3b,e4 --over system.tlb.entries=32,64,128
"""

from simobjects import Core440, GuestTLB, HardwareTLB, HostKernel, Recording, Simulation, System

system = System(clock="400MHz", memory="128MiB")
system.core = Core440(workload=Recording("recording.arrow"))
system.tlb = HardwareTLB(entries=64)
system.guest_tlb = GuestTLB(entries=64)
system.host = HostKernel(scheme="e4", hz="250Hz")

system.core.translation = system.tlb.core_side
system.core.exceptions = system.host.exits  # on the bare machine: system.core.workload.vectors

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run():
        print(event)
    print(sim.stats.table("system.host.exits_by_kind", zeros=False))
