# SPDX-License-Identifier: BSD-3-Clause
"""A shadow scheme of one's own, in plain Python: nothing is compiled, and it runs as part of the machine.

The commit's scheme takes the next slot for every new shadow. This one passes over slots whose shadow belongs to the
guest's kernel (its refill handlers touch theirs at every real miss), at most `patience` of them in a row.

    simobjects run configs/examples/python_scheme.py --set system.host.scheme.patience=0
"""

from simobjects import (
    Core440,
    CostModel,
    GuestKernel,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    HostTask,
    PythonScheme,
    RunningScheme,
    Simulation,
    System,
    TraceWorkload,
    param,
)


class SpareKernel(PythonScheme):
    """Direct insertion that spares the shadows of the guest's kernel."""

    patience: int = param(4, "slots passed over in a row", ge=0, le=64)

    class running(RunningScheme):
        def choose(self, index: int, ea: int) -> int:
            for _ in range(self.config.patience):
                slot = self.next_slot()
                self.charge(4)  # a tlbre, a test, a branch, the counter
                if not self.of_kernel(slot):
                    return slot
            return self.next_slot()


system = System(clock="400MHz", memory="256MiB")
system.costs = CostModel()
system.core = Core440(workload=TraceWorkload("sqlite"))
system.tlb = HardwareTLB(entries=64)
system.guest = GuestKernel(era="2.6.29", memory="128MiB")
system.guest_tlb = GuestTLB(entries=64)
system.host = HostKernel(scheme=SpareKernel(), tasks=[HostTask(every=10)])
system.core.translation = system.tlb.core_side
system.core.exceptions = system.host.exits

if __name__ == "__main__":
    sim = Simulation(system)
    for event in sim.run():
        print(event)
    print(sim.stats.table("system.host", zeros=False))
