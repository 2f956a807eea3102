# SPDX-License-Identifier: BSD-3-Clause
"""A config script for tests: the fake machine, with one value that the script computes from another."""

from fake_machine import FakeCore, FakeTLB

from simobjects.framework import Simulation, System

system = System()
system.core = FakeCore(length=5000)
system.core.tlb = FakeTLB(entries=16)
system.core.pages = 3 * system.core.tlb.entries

if __name__ == "__main__":
    for event in Simulation(system).run():
        print(event)
