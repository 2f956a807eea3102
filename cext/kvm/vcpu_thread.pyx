# SPDX-License-Identifier: BSD-3-Clause
"""Where a vcpu's thread is when it is not in the guest: in user space, with its VMM, or asleep till an interrupt comes."""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.arch440 cimport FOREVER, OP_MTMSR
from simobjects.cext.core.processor cimport CYCLES_IDLE, CYCLES_SWITCH, CYCLES_VMM
from simobjects.cext.kvm.kinds cimport EXIT_KINDS, FAILED_SLEEP, NOTE_SCHEDULE, T_WAIT, X_INST_EMU, X_SIG
from simobjects.cext.kvm.processes cimport BY_VMM
from simobjects.cext.kvm.vcpu cimport P_EXTERNAL

cdef uint32_t EXTERNAL = <uint32_t>1 << P_EXTERNAL


cdef class VcpuThread:
    def __init__(self, KvmState kvm not None, ShadowScheme scheme not None, HostProcesses processes not None,
                 HostScheduler scheduler not None, GuestTimer timer not None, ExitCounts counts not None):
        self.kvm = kvm
        self.core = kvm.core
        self.costs = kvm.costs
        self.scheme = scheme
        self.processes = processes
        self.scheduler = scheduler
        self.timer = timer
        self.counts = counts

    cdef bint external(self, bint level) noexcept nogil:
        """The VMM's interrupt controller. It injects at KVM_RUN: True when a running vcpu has to leave the guest first."""
        cdef bint was = self.level
        self.level = level
        if not level:
            self.kvm.regs.pending &= ~EXTERNAL
        elif self.asleep:
            self.kvm.regs.pending |= EXTERNAL
        elif not was and not self.outside:
            self.kicked = True
            return True
        return False

    # ---- user space

    cdef void leave(self, int kind, bint mark) noexcept nogil:
        """Out to the VMM, and its own work; `mark`: the guest has stored to its marker page."""
        self.kvm.instructions += self.costs.of.heavy_block + self.costs.of.c_to_user
        self.scheme.put()
        self.counts.settle(kind)
        self.kvm.note(NOTE_SCHEDULE, 0, 0, 0)
        if mark:
            self.processes.turn_at_mark()
        else:
            self.processes.turn(0, BY_VMM)
        self.kvm.settle(CYCLES_VMM)

    cdef void run_again(self) noexcept nogil:
        """KVM_RUN, before it an injection when the VMM's interrupt controller asks for one."""
        if self.level:
            self.kvm.regs.pending |= EXTERNAL
        self.kvm.instructions += self.costs.of.c_ioctl
        self.scheme.load()
        self.kvm.instructions += self.costs.of.full_entry

    cdef void signal(self, int kind) noexcept nogil:
        """A signal is pending for the VMM: what was a light exit of this kind becomes a heavy one, counted beside it."""
        self.counts.settle(kind)
        self.counts.count(X_SIG, 0, self.core.pc)
        self.kvm.instructions += self.costs.of.resume_host
        self.leave(X_SIG, False)
        self.run_again()
        self.counts.settle(X_SIG)

    # ---- a guest that waits

    cdef void wait(self, Exit *exit) noexcept nogil:
        """The guest waits for an interrupt (`kvm_vcpu_block`): its vcpu leaves the processor. A program sleeps now."""
        if self.kvm.regs.pending and self.kvm.executes:
            return
        if exit.op == OP_MTMSR:
            self.counts.timing.type = T_WAIT
        self.counts.settle(X_INST_EMU)
        self.scheme.put()
        self.kvm.instructions += self.costs.of.c_switch
        self.kvm.settle(CYCLES_SWITCH)
        if self.kvm.executes:
            self.asleep = True
            if self.level:
                self.kvm.regs.pending |= EXTERNAL
            return
        if self.core.time < self.core.wake:    # an imitated guest knows its next event
            self.kvm.spend(CYCLES_IDLE, self.core.wake - self.core.time, 0)
            self.counts.woken()
        self.scheduler.switch_back()

    cdef bint sleep(self, Exit *exit) noexcept nogil:
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
            if self.kvm.regs.pending:
                self.counts.woken()
        return signalled

    cdef bint _pass_time(self) noexcept nogil:
        cdef bint signalled = False
        cdef int64_t until = min(self.scheduler.next_tick, min(self.timer.interrupts_at(), self.core.next_event()))
        until = min(until, self.core.limit)
        if until > self.core.time:
            self.kvm.spend(CYCLES_IDLE, until - self.core.time, 0)
        if self.core.time >= self.scheduler.next_tick:
            signalled = self.scheduler.tick()
            self.scheduler.interrupt_work()
            self.scheduler.run_tasks(True)
        self.timer.poll()
        self.core.run_events()
        return signalled

    cdef int _state(self, State state) except -1:
        state.flag("outside", &self.outside)
        state.small("outside_kind", &self.outside_kind, 0, EXIT_KINDS - 1)
        state.flag("asleep", &self.asleep)
        state.flag("level", &self.level)
        return state.flag("kicked", &self.kicked)
