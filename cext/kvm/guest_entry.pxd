# SPDX-License-Identifier: BSD-3-Clause
"""The second half of every exit: an interrupt is delivered, the guest is entered, its next way out is planned.

Time is settled here: all that was charged since the exit began is the exit kind's.
"""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.arch440 cimport MSR_GUEST, V_NONE
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.processor cimport Processor
from simobjects.cext.core.supervisor cimport Exit
from simobjects.cext.kvm.delivery cimport Delivery
from simobjects.cext.kvm.exit_counts cimport ExitCounts
from simobjects.cext.kvm.exit_timing cimport ExitTiming
from simobjects.cext.kvm.guest_timer cimport GuestTimer
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.scheduler cimport HostScheduler
from simobjects.cext.kvm.schemes.base cimport ShadowScheme
from simobjects.cext.kvm.vcpu_thread cimport VcpuThread

@cython.final
cdef class GuestEntry:
    cdef KvmState kvm
    cdef Processor core
    cdef ShadowScheme scheme
    cdef Delivery delivery
    cdef GuestTimer timer
    cdef HostScheduler scheduler
    cdef VcpuThread thread
    cdef ExitCounts counts
    cdef ExitTiming timing
    cdef int64_t last_steps      # rfi into the guest and what iccci before it costs, 1/1000 cycle

    cdef void force(self) noexcept nogil

    # Every exit ends here: compiled into its callers, since a call into another module goes through a table.

    cdef inline void finish(self, Exit *exit, int kind) noexcept nogil:
        """At most one interrupt is delivered, then the guest is entered; all that was charged is this kind's."""
        if self.core.time >= self.timer.due:
            self.timer.poll()
        if self.delivery.forced:
            self.force()
        if self.kvm.regs.pending and exit.vector == V_NONE:
            self.delivery.deliver(exit)
        self.finish_undelivered(kind)

    cdef inline void finish_undelivered(self, int kind) noexcept nogil:
        """The same, but what is pending stays so."""
        self.enter()
        self.counts.settle(kind)
        self.kvm.timeline.end()
        self.plan()
        if self.timing.generation:
            self.timing.enter(self.core.time - self.last_steps)

    cdef inline void enter(self) noexcept nogil:
        """Into the guest, not yet charged to an exit."""
        self.scheme.enter()
        self.kvm.extra += self.last_steps
        self.core.synchronise()
        self.show()

    cdef inline void show(self) noexcept nogil:
        """What of the vcpu is in hardware while its guest runs: MSR, the readable SPRGs, PID."""
        self.core.guest_user = self.kvm.user
        if self.kvm.executes:
            self.core.msr = self.kvm.regs.msr | MSR_GUEST
            self.core.load_sprg4to7(&self.kvm.regs.sprg[4])
        elif self.core.within(1, 1, self.kvm.shadow_pid):
            return
        self.core.enter_context(1, 1, self.kvm.shadow_pid)

    cdef inline void plan(self) noexcept nogil:
        """When the guest is interrupted next: by a tick, by the timer that stands for its own, at once by a kick."""
        self.core.deadline = self.scheduler.next_tick
        if self.kvm.era.exact_timer and self.timer.due < self.core.deadline:
            self.core.deadline = self.timer.due
        if self.thread.kicked:
            self.core.deadline = 0
