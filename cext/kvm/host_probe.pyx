# SPDX-License-Identifier: BSD-3-Clause
"""A host played by hand: each method is one event, as the machine itself would have it."""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport FOREVER, OPERATIONS, V_DECREMENTER, V_NONE
from simobjects.cext.core.processor cimport CYCLES_SWITCH, CYCLES_TASKS, CYCLES_USER
from simobjects.cext.core.supervisor cimport Exit
from simobjects.cext.kvm.kinds cimport CAUSE_HOST_FLUSH, X_DEC
from simobjects.cext.kvm.host cimport HostKernel
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.processes cimport BY_TASK, PATH_DATA, PATH_INST, PATH_KERNEL, Task


cdef class HostProbe:
    cdef HostKernel host
    cdef KvmState kvm

    def __init__(self, HostKernel host not None):
        """`host`: connected already."""
        if host.kvm is None:
            raise ValueError("the host is not connected: build it through a Simulation")
        self.host = host
        self.kvm = host.kvm

    def exception(self, int kind, *, uint32_t pc=0, uint32_t ea=0, uint32_t esr=0, uint32_t insn=0, int reference=0,
                  int op=0, int spr=0, int word=0, int slot=0, uint32_t value=0):
        """An exception as a core that executes hands it over; returns what the core is told: {output: value}.

        When `completed` is set, `resume_guest` has to follow, as after the access of user space.
        """
        cdef Exit made
        if not 0 <= kind <= 15 or not 0 <= op < OPERATIONS:
            raise ValueError(f"vector {kind}, operation {op}: vectors are 0 to 15, operations 0 to {OPERATIONS - 1}")
        memset(&made, 0, sizeof(Exit))
        made.kind, made.pc, made.ea, made.esr, made.insn, made.reference = kind, pc, ea, esr, insn, reference
        made.op, made.spr, made.word, made.slot, made.value = op, spr, word, slot, value
        self.host.take(&made)
        self.kvm.core.limit = FOREVER
        while self.host.thread.asleep:       # no run is there that would look at limits in between
            self.host.sleep_on(&made)
        return {"vector": made.vector, "next_pc": made.next_pc, "completed": bool(made.completed), "gpa": made.gpa,
                "returned_to": made.returned_to, "result": made.result if made.has_result else None,
                "found": bool(made.found), "failed": made.failed}

    def resume_guest(self, uint32_t pc):
        """KVM_RUN, with the guest to go on at `pc`; returns (delivered vector or -1, next pc)."""
        cdef Exit made
        memset(&made, 0, sizeof(Exit))
        made.vector = V_NONE
        made.pc = made.next_pc = pc
        self.host.resume(&made)
        return made.vector, made.next_pc

    def interrupt_host(self, uint32_t pc=0):
        """The host's timer (or the VMM's wish to inject) interrupts the guest at `pc`; returns as `resume_guest`."""
        cdef Exit made
        memset(&made, 0, sizeof(Exit))
        made.kind = V_DECREMENTER
        made.pc = pc
        made.host_timer = 1
        self.host.take(&made)
        return made.vector, made.next_pc

    def pass_time(self, int64_t cycles):
        """The guest computes for so many cycles; what comes due meanwhile waits until the core is asked to run."""
        self.kvm.core.spend(CYCLES_USER, cycles * 1000)

    def external_input(self, bint level):
        """The VMM's interrupt controller raises or lowers its output."""
        self.host.external(level)

    def window(self, bint opens, uint32_t number):
        """The guest has begun a window of the statistics, or ended it."""
        self.host.window(opens, number)

    def put(self):
        """The vcpu leaves the processor."""
        self.host.scheme.put()
        self.kvm.settle(CYCLES_SWITCH)

    def load(self):
        """The vcpu comes back; its scheme's work is done at the next entry."""
        self.host.scheme.load()
        self.kvm.settle(CYCLES_SWITCH)

    def enter(self):
        """Enter the guest, charged to `dec`."""
        self.host.entry.enter()
        self.host.counts.settle(X_DEC)

    def flush_address_space(self):
        """Flush the address space of any process: the sweep."""
        self.kvm.sweep(CAUSE_HOST_FLUSH)
        self.kvm.settle(CYCLES_SWITCH)

    def flush_page(self, int pid, uint32_t ea):
        """Flush one page of a host process."""
        self.host.processes.flush_page(pid & 255, ea)
        self.kvm.settle(CYCLES_SWITCH)

    def touch(self, int pid, uint32_t ea, bint fetch=False, bint present=True):
        """A reference of a host process (pid 0: of the kernel), missing and filling as the host does.

        Without `present` its page is not there yet, so that a miss is a page fault first.
        """
        cdef Task absent
        absent.fault_every = 1
        absent.refills = 0
        self.host.processes.reference(self.host.processes.context(0, 1 if pid else 0, pid), ea,
                                 (PATH_KERNEL if pid == 0 else 0) | (PATH_INST if fetch else PATH_DATA), BY_TASK,
                                 NULL if present else &absent)
        self.kvm.settle(CYCLES_TASKS)

    def set_index(self, int slot):
        """Set the host's round-robin counter (0 to the high-water mark): the next slot is the one after it."""
        if not 0 <= slot <= self.kvm.hwater:
            raise ValueError(f"slot {slot}: replaceable slots are 0 to {self.kvm.hwater}")
        self.kvm.host_index = slot
