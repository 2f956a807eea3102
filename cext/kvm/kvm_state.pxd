# SPDX-License-Identifier: BSD-3-Clause
"""What KVM's parts share: the vcpu's registers, the page references, the charge of the exit in progress."""

cimport cython
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from simobjects.cext.arch.arch440 cimport W2_M, W2_SUPERVISOR, W2_U0_3, W2_USER, W2_USER_SHIFT
from simobjects.cext.kvm.causes cimport Causes
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.processor cimport Processor
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.kvm.timeline cimport AT_SPAN, Timeline
from simobjects.cext.kvm.vcpu cimport Era, Registers

cdef enum:
    TRACE_CAPACITY = 65536

cdef struct Note:
    int64_t time
    int kind
    int a
    uint32_t b
    uint32_t c

@cython.final
cdef class KvmState:
    cdef Processor core
    cdef Costs costs
    cdef TLB tlb
    cdef TLB guest_tlb
    cdef Causes causes
    cdef Timeline timeline
    cdef int hwater
    cdef int pins_from, pins_to   # slots that were pinned in the TLB of a checkpoint; of a smaller one they are free now
    cdef int host_index          # Linux's round-robin counter, tlb_44x_index
    cdef int host_page_shift
    cdef uint32_t host_page_bytes
    cdef uint32_t host_size_code
    cdef uint32_t guest_memory
    cdef uint32_t guest_base
    cdef bint flush_in_one       # a sweep is one instruction
    # the vcpu
    cdef bint executes           # its guest is a program, whose instructions say all; else a reference stream
    cdef Registers regs
    cdef Era era
    cdef bint user               # MSR[PR] of `regs`, which the schemes ask for
    cdef int pid                 # the virtual PID register
    cdef int stid                # of the virtual MMUCR
    cdef int shadow_pid
    # the charge in progress
    cdef int64_t instructions
    cdef int64_t tlb_writes
    cdef int64_t extra           # 1/1000 cycle
    # page references, by host page of guest memory
    cdef int32_t *held
    cdef int64_t pages
    cdef int64_t pages_taken, pages_dirty, pages_clean, double_drops
    # statistics
    cdef int64_t maps, host_killed, guest_clobbered, host_alive, puts, sweeps, slots_visited, slots_written
    # debug records
    cdef Note *notes
    cdef int n_notes
    cdef uint32_t note_mask
    cdef int64_t note_start, note_stop

    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
    cdef void move_pins(self) noexcept nogil
    cdef void _keep_note(self, int kind, int a, uint32_t b, uint32_t c) noexcept nogil
    cdef void sweep(self, int cause) noexcept nogil

    # What every exit does is here, to be compiled into its callers: a call into another module goes through a table.

    cdef inline void note(self, int kind, int a, uint32_t b, uint32_t c) noexcept nogil:
        """A debug record, when its kind is watched."""
        if self.note_mask >> kind & 1:
            self._keep_note(kind, a, b, c)

    cdef inline void spend(self, int cycle_kind, int64_t amount, int whose) noexcept nogil:
        """Time passes outside the guest; `whose`: the exit kind or the task, for a timeline."""
        self.core.spend(cycle_kind, amount)
        self.timeline.tell(AT_SPAN, self.core.time - amount, cycle_kind, whose, 0)

    cdef inline int64_t settle(self, int cycle_kind) noexcept nogil:
        return self.settle_for(cycle_kind, 0)

    cdef inline int64_t settle_for(self, int cycle_kind, int whose) noexcept nogil:
        """Turn what was charged into time of a kind; returns it (1/1000 cycle)."""
        cdef int64_t amount = (self.instructions * self.costs.of.host_cpi + self.tlb_writes * self.costs.of.tlbwe_latency
                               + self.extra)
        self.instructions = 0
        self.tlb_writes = 0
        self.extra = 0
        self.spend(cycle_kind, amount, whose)
        return amount

    cdef inline int next_host_slot(self) noexcept nogil:
        """The host's round robin: increment, wrap above the high-water mark; the new value is the slot."""
        self.host_index = self.host_index + 1 if self.host_index < self.hwater else 0
        return self.host_index

    cdef inline void take_page(self, int64_t page) noexcept nogil:
        self.held[page] += 1
        self.pages_taken += 1

    cdef inline void drop_page(self, int64_t page, bint dirty) noexcept nogil:
        self.instructions += self.costs.of.c_release
        if self.held[page] == 0:
            self.double_drops += 1
            return
        self.held[page] -= 1
        if dirty:
            self.pages_dirty += 1
        else:
            self.pages_clean += 1


cdef inline uint32_t shadow_word2(uint32_t word2, bint user) noexcept nogil:
    """Permissions for a guest that always has PR=1: those of its current mode, and the supervisor's for the host; M."""
    cdef uint32_t kept = word2 & (W2_U0_3 | W2_USER | W2_SUPERVISOR)
    if not user:
        kept = (kept & W2_U0_3) | ((kept & W2_SUPERVISOR) << W2_USER_SHIFT)
    return kept | W2_M | W2_SUPERVISOR
