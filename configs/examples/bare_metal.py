# SPDX-License-Identifier: BSD-3-Clause
"""A program on the bare machine, executed instruction by instruction.

    simobjects run configs/examples/bare_metal.py
    simobjects run configs/examples/bare_metal.py --set system.core.workload.elf=prog.elf
    simobjects sweep configs/examples/bare_metal.py --set system.core.workload.elf=refill \\
        --over system.tlb.entries=64,128
"""

from simobjects import Bamboo, Core440, ElfProgram, HardwareTLB, Simulation, System

system = System(clock="400MHz", memory="128MiB")
system.core = Core440(workload=ElfProgram("hello"))
system.tlb = HardwareTLB(entries=64)
system.board = Bamboo()

system.core.translation = system.tlb.core_side
system.core.memory = system.board.ram.port
system.core.devices = system.board.bus.core_side
system.core.exceptions = system.core.workload.vectors  # under KVM: system.host.exits

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run():
        print(event)
    for window in sim.stats.windows():
        print(window.label, window["system.core.instructions"], "instructions", window["system.tlb.misses"], "misses")
