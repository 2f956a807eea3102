# SPDX-License-Identifier: BSD-3-Clause
"""The same program as guest of KVM: bare_metal.py with a host kernel, and the core's exceptions going to it.

    simobjects run configs/examples/program_guest.py --set system.core.workload.elf=refill --profile
    simobjects sweep configs/examples/program_guest.py --set system.core.workload.elf=refill \\
        --over system.host.scheme=e0,e3b,e4
"""

from simobjects import Bamboo, Core440, ElfProgram, GuestTLB, HardwareTLB, HostKernel, Simulation, System

system = System(clock="400MHz", memory="128MiB")
system.core = Core440(workload=ElfProgram("hello", start="kvm"))
system.tlb = HardwareTLB(entries=64)
system.board = Bamboo()
system.guest_tlb = GuestTLB(entries=64)
system.host = HostKernel(scheme="e4", hz="250Hz")

system.core.translation = system.tlb.core_side
system.core.memory = system.board.ram.port
system.core.devices = system.board.bus.core_side
system.core.exceptions = system.host.exits  # on the bare machine: system.core.workload.vectors

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run():
        print(event)
    print(sim.stats.table("system.host.exits_by_kind", zeros=False))
