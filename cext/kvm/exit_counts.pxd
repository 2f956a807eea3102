# SPDX-License-Identifier: BSD-3-Clause
"""What is counted and charged for each kind of exit."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.state cimport State, Stateful
from simobjects.cext.core.processor cimport CYCLES_EXITS
from simobjects.cext.kvm.kinds cimport EXIT_KINDS, NOTE_EXIT, X_HALT_WAKEUP
from simobjects.cext.kvm.exit_timing cimport ExitTiming
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.timeline cimport AT_COUNT

@cython.final
cdef class ExitCounts(Stateful):
    cdef KvmState kvm
    cdef ExitTiming timing
    cdef int rows[EXIT_KINDS]    # of the exit timing table; -1: KVM sets none, or the emulated operation has its own
    cdef int64_t exits[EXIT_KINDS]
    cdef int64_t instructions[EXIT_KINDS]
    cdef int64_t cycles[EXIT_KINDS]          # 1/1000 cycle

    cdef inline void count(self, int kind, uint32_t ea, uint32_t pc) noexcept nogil:
        """One more exit of this kind."""
        self.exits[kind] += 1
        if self.rows[kind] >= 0:
            self.timing.type = self.rows[kind]
        self.kvm.note(NOTE_EXIT, kind, ea, pc)
        self.kvm.timeline.tell(AT_COUNT, 0, kind, ea, pc)

    cdef inline void passed(self, int kind, int64_t count, int64_t instructions, int64_t amount) noexcept nogil:
        """So many exits of a kind without a row of their own, at once, and what they took."""
        self.exits[kind] += count
        self.instructions[kind] += instructions
        self.cycles[kind] += amount

    cdef inline void woken(self) noexcept nogil:
        """An interrupt has ended a wait: no exit, but counted as one."""
        self.exits[X_HALT_WAKEUP] += 1
        self.kvm.timeline.tell(AT_COUNT, 0, X_HALT_WAKEUP, 0, self.kvm.core.pc)

    cdef inline void settle_many(self, int kind, int64_t count) noexcept nogil:
        """So many exits of a kind without a row of their own; what has accumulated is theirs."""
        self.exits[kind] += count
        self.settle(kind)
        self.kvm.causes.more_exits(kind, count - 1)

    cdef inline void settle(self, int kind) noexcept nogil:
        """Charge what has accumulated to an exit kind."""
        cdef int64_t amount
        self.instructions[kind] += self.kvm.instructions
        amount = self.kvm.settle_for(CYCLES_EXITS, kind)
        self.cycles[kind] += amount
        self.kvm.causes.spent(kind, amount)
