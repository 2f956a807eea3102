# SPDX-License-Identifier: BSD-3-Clause
"""What every core is to the software around it: a hardware context, a clock, the next event, an exception port."""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.core.costs cimport Costs
from simobjects.cext.arch.state cimport State, Stateful
from simobjects.cext.core.supervisor cimport GuestSoftware, Supervisor
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.core.tlb_array cimport Context

cdef enum:
    CYCLES_USER = 0
    CYCLES_KERNEL = 1
    CYCLES_EXITS = 2
    CYCLES_TICK = 3
    CYCLES_VMM = 4
    CYCLES_SWITCH = 5
    CYCLES_TASKS = 6
    CYCLES_IDLE = 7       # the guest waits (MSR[WE])
    CYCLE_KINDS = 8

cdef enum:                   # why the engine came back; `StopReason` of the framework has the same numbers
    RUNNING = -1
    PAUSED = 0
    END_OF_WORKLOAD = 1
    CYCLE_LIMIT = 2
    ROI_BEGIN = 3
    ROI_END = 4
    WATCHDOG = 5
    TRACE_FULL = 6
    BREAKPOINT = 7
    FAILED = 8
    MARKER = 9
    STEP = 10                # the script of a serial port has come to a step
    UNMET = 11               # it waited in vain
    IDLE = 12                # the guest waits, and somebody outside may end that

cdef class Processor(Stateful):
    cdef TLB tlb
    cdef Costs costs
    cdef Supervisor supervisor
    cdef GuestSoftware guest
    cdef Context *context        # hardware AS, PR, PID
    cdef int64_t time            # 1/1000 cycle
    cdef int64_t deadline        # the next host timer interrupt; every exit, and `external`, may change it
    cdef int64_t limit           # the run's cycle limit
    cdef int64_t wake            # when the guest's own next event ends its wait state
    cdef uint32_t pc
    cdef uint32_t msr            # of an executing core, in hardware; a supervisor sets it before `enter_context`
    cdef int guest_user          # the virtual MSR[PR] of a supervised guest: whose instructions are counted
    cdef bint empties_cache      # of instructions, when a supervisor synchronises: it executes iccci before it enters
    cdef int stop
    cdef uint32_t magic_page     # where the guest has its privileged registers as memory; 0: nowhere
    cdef int64_t magic_accesses
    cdef int64_t cycles[CYCLE_KINDS]

    cdef int _clock_state(self, State state) except -1
    cdef void enter_context(self, int as_, int pr, int pid) noexcept nogil
    cdef void synchronise(self) noexcept nogil
    cdef void load_sprg4to7(self, const uint32_t *values) noexcept nogil
    cdef int64_t next_event(self) noexcept nogil
    cdef void reset(self, int kind) noexcept nogil
    cdef void run_events(self) noexcept nogil
    cdef inline bint within(self, int as_, int pr, int pid) noexcept nogil:
        return self.context.as_ == as_ and self.context.pr == pr and self.context.pid == pid
    cdef inline void spend(self, int kind, int64_t amount) noexcept nogil:
        self.time += amount
        self.cycles[kind] += amount
