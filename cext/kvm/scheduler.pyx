# SPDX-License-Identifier: BSD-3-Clause
"""What the host does at a tick of its timer: the interrupt handler's references, then the turns of processes."""

from simobjects.cext.kvm.kinds cimport NOTE_SCHEDULE
from simobjects.cext.kvm.processes cimport BY_INTERRUPT, BY_TASK, PATH_INST, PATH_KERNEL
from simobjects.cext.core.processor cimport CYCLES_SWITCH, CYCLES_TASKS, CYCLES_TICK


cdef class HostScheduler:
    def __init__(self, KvmState kvm not None, ShadowScheme scheme not None, HostProcesses processes not None, *,
                 int64_t period, int64_t signal_every, int interrupt_pages, int interrupt_code_pages,
                 uint32_t interrupt_base):
        """`period`: 1/1000 cycle between ticks; `signal_every`: ticks between signals for the VMM, 0: none."""
        if period <= 0:
            raise ValueError("the host's timer period must be positive")
        self.kvm = kvm
        self.scheme = scheme
        self.processes = processes
        self.period = period
        self.next_tick = period
        self.signal_every = signal_every
        self.interrupt_pages = interrupt_pages
        self.interrupt_code_pages = interrupt_code_pages
        self.interrupt_base = interrupt_base

    cdef bint tick(self) noexcept nogil:
        """A tick that is due is taken; True when it brings a signal for the VMM."""
        self.ticks += 1
        self.next_tick += self.period
        return self.signal_every != 0 and self.ticks % self.signal_every == 0

    cdef void catch_up(self) noexcept nogil:
        """Ticks that came due meanwhile interrupted the host, not the guest, which so always gets on."""
        cdef int64_t late = self.kvm.core.time - self.next_tick
        if late >= 0:
            self.next_tick += (late // self.period + 1) * self.period

    cdef void interrupt_work(self) noexcept nogil:
        cdef int i
        self.kvm.instructions += self.kvm.costs.of.c_tick
        for i in range(self.interrupt_code_pages):
            self._interrupt_reference(self.interrupt_pages + i, PATH_KERNEL | PATH_INST)
        for i in range(self.interrupt_pages):
            self._interrupt_reference(i, PATH_KERNEL)
        self.kvm.settle(CYCLES_TICK)

    cdef void _interrupt_reference(self, int page, int path) noexcept nogil:
        self.processes.reference(self.processes.kernel_context, self.interrupt_base + 4096 * page, path, BY_INTERRUPT,
                                 NULL)

    cdef void run_tasks(self, bint away) noexcept nogil:
        """Every process whose turn it is at this tick; the vcpu is put once, unless it is `away` already."""
        cdef bint left = away
        cdef int i
        for i in range(1, self.processes.n_tasks + 1):
            if self.processes.tasks[i].every == 0 or self.ticks % self.processes.tasks[i].every:
                continue
            if not left:
                left = True
                self.scheme.put()
            self.kvm.instructions += self.kvm.costs.of.c_switch
            self.processes.activate(i)
            self.kvm.settle(CYCLES_SWITCH)
            self.task_turns += 1
            self.kvm.note(NOTE_SCHEDULE, i, 0, 0)
            self.processes.turn(i, BY_TASK)
            self.kvm.settle_for(CYCLES_TASKS, i - 1)
        if left and not away:
            self.switch_back()

    cdef void switch_back(self) noexcept nogil:
        """To the vcpu's thread."""
        self.kvm.instructions += self.kvm.costs.of.c_switch
        self.processes.activate(0)
        self.scheme.load()
        self.kvm.settle(CYCLES_SWITCH)

    cdef int _state(self, State state) except -1:
        """Its part of the host's list of state; the processes have their own."""
        state.number("next_tick", &self.next_tick)
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """Its part of the host's list of statistics."""
        state.counter("ticks", &self.ticks)
        return state.counter("task_turns", &self.task_turns)
