# SPDX-License-Identifier: BSD-3-Clause
"""A Bamboo board with any program, on the bare machine or under any scheme or release of KVM.

    simobjects run configs/boards/bamboo.py --set system.core.workload.elf=refill
    simobjects run configs/boards/bamboo.py --set system.under=e4 --set system.tlb.entries=128
    simobjects sweep configs/boards/bamboo.py --over system.under=native,e0,e4,3.14

Another script makes its own in one line: `system = bamboo(ElfProgram("prog.elf"), "e4", memory="128MiB")`.
"""

from simobjects import ElfProgram, Simulation
from simobjects.boards import bamboo

system = bamboo(ElfProgram("hello"), memory="128MiB", console="terminal")

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run():
        print(event)
