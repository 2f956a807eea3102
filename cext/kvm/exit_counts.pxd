# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of exits, and what is counted and charged for each."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.state cimport State
from simobjects.cext.core.processor cimport CYCLES_EXITS
from simobjects.cext.kvm.exit_timing cimport ExitTiming
from simobjects.cext.kvm.kvm_state cimport KvmState, NOTE_EXIT

cdef enum:                   # exit kinds: KVM's counter names, then those that KVM does not count
    X_ITLB_R = 0
    X_ITLB_V = 1
    X_DTLB_R = 2
    X_DTLB_V = 3
    X_MMIO = 4
    X_SYSC = 5
    X_INST_EMU = 6
    X_DEC = 7
    X_SIG = 8                # begins within dec or ext_intr
    X_DCR = 9
    X_ISI = 10
    X_DSI = 11
    X_EXT_INTR = 12
    X_HALT_WAKEUP = 13       # no exit: a wait that an interrupt ended
    X_FP_UNAVAILABLE = 14
    X_USER_PROGRAM = 15
    X_MACHINE_CHECK = 16
    X_DEBUG = 17
    X_EMULATION_FAILURE = 18
    EXIT_KINDS = 19

@cython.final
cdef class ExitCounts:
    cdef KvmState kvm
    cdef ExitTiming timing
    cdef int rows[EXIT_KINDS]    # of the exit timing table; -1: KVM sets none, or the emulated operation has its own
    cdef int64_t exits[EXIT_KINDS]
    cdef int64_t instructions[EXIT_KINDS]
    cdef int64_t cycles[EXIT_KINDS]          # 1/1000 cycle

    cdef int _state(self, State state) except -1

    cdef inline void count(self, int kind, uint32_t ea, uint32_t pc) noexcept nogil:
        """One more exit of this kind."""
        self.exits[kind] += 1
        if self.rows[kind] >= 0:
            self.timing.type = self.rows[kind]
        self.kvm.note(NOTE_EXIT, kind, ea, pc)

    cdef inline void woken(self) noexcept nogil:
        """An interrupt has ended a wait: no exit, but counted as one."""
        self.exits[X_HALT_WAKEUP] += 1

    cdef inline void settle(self, int kind) noexcept nogil:
        """Charge what has accumulated to an exit kind."""
        cdef int64_t amount
        self.instructions[kind] += self.kvm.instructions
        amount = self.kvm.settle(CYCLES_EXITS)
        self.cycles[kind] += amount
        self.kvm.causes.spent(kind, amount)
