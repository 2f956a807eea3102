# SPDX-License-Identifier: BSD-3-Clause
"""The second half of every exit. An interrupt is delivered, the guest entered; or user space has its turn before that.

Time is settled here: all that was charged since the exit began becomes the exit kind's. Nobody overrides the methods
that are `inline`, so they call each other directly.
"""

from libc.stdint cimport uint32_t

from simobjects.cext.arch.arch440 cimport FOREVER, MSR_CE, MSR_EE, MSR_GUEST, OP_MTMSR, V_NONE
from simobjects.cext.kvm.exit_kinds cimport EXIT_KINDS, X_HALT_WAKEUP, X_INST_EMU, X_SIG
from simobjects.cext.kvm.exit_timing cimport T_SIGNAL, T_WAIT
from simobjects.cext.kvm.failures cimport FAILED_SLEEP
from simobjects.cext.kvm.kvm_state cimport NOTE_EXIT, NOTE_SCHEDULE
from simobjects.cext.kvm.processes cimport BY_VMM
from simobjects.cext.core.processor cimport CYCLES_EXITS, CYCLES_IDLE, CYCLES_SWITCH, CYCLES_VMM
from simobjects.cext.kvm.vcpu cimport P_EXTERNAL

cdef uint32_t EXTERNAL = <uint32_t>1 << P_EXTERNAL


cdef class GuestEntry(Supervisor):
    cdef void resume(self, Exit *exit) noexcept nogil:
        """KVM_RUN after user space has done a device access."""
        if not self.outside:
            return
        self.outside = False
        self._run_again()
        self._finish(exit, self.outside_kind)

    cdef void external(self, bint level) noexcept nogil:
        """The VMM's interrupt controller. It injects at KVM_RUN, so a running vcpu is made to leave the guest first."""
        cdef bint was = self.level
        self.level = level
        if not level:
            self.kvm.regs.pending &= ~EXTERNAL
        elif self.asleep:
            self.kvm.regs.pending |= EXTERNAL
        elif not was and not self.outside:
            self.kicked = True
            self._plan()

    cdef bint sleeps_for_ever(self) noexcept nogil:
        """Nothing is pending, and nothing is planned or let through that would take the guest out of a loop."""
        if not self.kvm.regs.msr & (MSR_EE | MSR_CE):
            return True
        return self.kvm.regs.pending == 0 and not self.timer.wakes() and self.core.next_event() == FOREVER

    cdef bint sleeping(self) noexcept nogil:
        return self.asleep

    # ---- back into the guest

    cdef inline void _finish(self, Exit *exit, int kind) noexcept nogil:
        """At most one interrupt is delivered, then the guest is entered; all that was charged is this kind's."""
        if self.core.time >= self.timer.due:
            self.timer.poll()
        if self.kvm.regs.pending and exit.vector == V_NONE:
            self.delivery.deliver(exit)
        self._enter_guest()
        self._entered(kind)

    cdef inline void _entered(self, int kind) noexcept nogil:
        self._settle(kind)
        self._plan()
        if self.timing.generation:
            self.timing.enter(self.core.time - self.last_steps)

    cdef inline void _enter_guest(self) noexcept nogil:
        self.scheme.enter()
        self.kvm.extra += self.last_steps
        self.core.synchronise()
        self._show()

    cdef inline void _show(self) noexcept nogil:
        """What of the vcpu is in hardware while its guest runs: MSR, the readable SPRGs, PID."""
        self.core.guest_user = self.kvm.user
        if self.kvm.executes:
            self.core.msr = self.kvm.regs.msr | MSR_GUEST
            self.core.load_sprg4to7(&self.kvm.regs.sprg[4])
        elif self.core.within(1, 1, self.kvm.shadow_pid):
            return
        self.core.enter_context(1, 1, self.kvm.shadow_pid)

    cdef inline void _settle(self, int kind) noexcept nogil:
        """Charge what has accumulated to an exit kind."""
        cdef int64_t amount
        self.exit_instructions[kind] += self.kvm.instructions
        amount = self.kvm.settle(CYCLES_EXITS)
        self.exit_cycles[kind] += amount
        self.kvm.causes.spent(kind, amount)

    cdef inline void _plan(self) noexcept nogil:
        """When the guest is interrupted next: by a tick, by the timer that stands for its own, at once by a kick."""
        self.core.deadline = self.scheduler.next_tick
        if self.kvm.era.exact_timer and self.timer.due < self.core.deadline:
            self.core.deadline = self.timer.due
        if self.kicked:
            self.core.deadline = 0

    # ---- user space

    cdef inline void _to_user(self, Exit *exit, int kind) noexcept nogil:
        """A heavy exit. An executing core's device access comes next, and then `resume`; a failed guest stays out."""
        self.kvm.instructions += self.costs.of.resume_host_nv if self.way == HEAVY_NV else self.costs.of.resume_host
        self._leave(kind)
        if exit.failed or (self.kvm.executes and exit.completed):
            self.outside = True
            self.outside_kind = kind
            return
        self._run_again()
        self._finish(exit, kind)

    cdef inline void _leave(self, int kind) noexcept nogil:
        """Out to the VMM, and its own work."""
        self.kvm.instructions += self.costs.of.heavy_block + self.costs.of.c_to_user
        self.scheme.put()
        self._settle(kind)
        self.kvm.note(NOTE_SCHEDULE, 0, 0, 0)
        self.processes.turn(0, BY_VMM)
        self.kvm.settle(CYCLES_VMM)

    cdef inline void _run_again(self) noexcept nogil:
        """KVM_RUN, before it an injection when the VMM's interrupt controller asks for one."""
        if self.level:
            self.kvm.regs.pending |= EXTERNAL
        self.kvm.instructions += self.costs.of.c_ioctl
        self.scheme.load()
        self.kvm.instructions += self.costs.of.full_entry

    cdef inline void _signal(self, int kind) noexcept nogil:
        """A signal is pending for the VMM: what was a light exit of this kind becomes a heavy one, counted beside it."""
        self._settle(kind)
        self.exits[X_SIG] += 1
        self.timing.type = T_SIGNAL
        self.kvm.note(NOTE_EXIT, X_SIG, 0, self.core.pc)
        self.kvm.instructions += self.costs.of.resume_host
        self._leave(X_SIG)
        self._run_again()
        self._settle(X_SIG)

    # ---- a guest that waits

    cdef inline void _wait(self, Exit *exit) noexcept nogil:
        """The guest waits for an interrupt (`kvm_vcpu_block`): its vcpu leaves the processor. A program sleeps now."""
        if self.kvm.regs.pending and self.kvm.executes:
            return
        if exit.op == OP_MTMSR:
            self.timing.type = T_WAIT
        self._settle(X_INST_EMU)
        self.scheme.put()
        self.kvm.instructions += self.costs.of.c_switch
        self.kvm.settle(CYCLES_SWITCH)
        if self.kvm.executes:
            self.asleep = True
            if self.level:
                self.kvm.regs.pending |= EXTERNAL
            return
        if self.core.time < self.core.wake:    # an imitated guest knows its next event
            self.core.spend(CYCLES_IDLE, self.core.wake - self.core.time)
            self.exits[X_HALT_WAKEUP] += 1
        self.scheduler.switch_back()

    cdef bint _sleep(self, Exit *exit) noexcept nogil:
        """Time goes to the next event, and no further than the run. An interrupt that is pending ends the sleep, and
        so does a signal for the VMM: True.
        """
        cdef bint signalled = False
        if self.kvm.regs.pending == 0:
            if self.scheduler.signal_every == 0 and not self.timer.wakes() and self.core.next_event() == FOREVER:
                exit.failed = FAILED_SLEEP
            else:
                signalled = self._pass_time()
        if self.kvm.regs.pending or signalled or exit.failed:
            self.asleep = False
            self.exits[X_HALT_WAKEUP] += self.kvm.regs.pending != 0
        return signalled

    cdef bint _pass_time(self) noexcept nogil:
        cdef bint signalled = False
        cdef int64_t until = min(self.scheduler.next_tick, min(self.timer.interrupts_at(), self.core.next_event()))
        until = min(until, self.core.limit)
        if until > self.core.time:
            self.core.spend(CYCLES_IDLE, until - self.core.time)
        if self.core.time >= self.scheduler.next_tick:
            signalled = self.scheduler.tick()
            self.scheduler.interrupt_work()
            self.scheduler.run_tasks(True)
        self.timer.poll()
        self.core.run_events()
        return signalled

    cdef int _entry_state(self, State state) except -1:
        """Its part of the host's list of state."""
        state.small("way", &self.way, LIGHT, HEAVY_NV)
        state.flag("outside", &self.outside)
        state.small("outside_kind", &self.outside_kind, 0, EXIT_KINDS - 1)
        state.flag("asleep", &self.asleep)
        state.flag("level", &self.level)
        state.flag("kicked", &self.kicked)
        return 0

    cdef int _counts(self, State state) except -1:
        state.counters("exits", self.exits, EXIT_KINDS, stat="exits_by_kind")
        state.counters("exit_instructions", self.exit_instructions, EXIT_KINDS)
        return state.counters("exit_cycles", self.exit_cycles, EXIT_KINDS)
