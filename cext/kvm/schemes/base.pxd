# SPDX-License-Identifier: BSD-3-Clause
"""How guest translations reach the hardware TLB: one class per scheme behind one interface."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.arch.state cimport State

cdef struct Mapping:             # what KVM is asked to map
    uint32_t ea
    uint32_t gpa
    uint32_t guest_bytes
    uint32_t word2               # of the guest entry
    int guest_tid
    int guest_index

cdef struct Shadow:              # what it becomes
    uint32_t word0
    uint32_t word1
    uint32_t word2
    int tid
    int64_t page                 # host page of guest memory

cdef enum:                       # what hardware does with two entries that match; the manual leaves it undefined
    DUPLICATES_LOWEST = 0        # the lowest index wins
    DUPLICATES_DROP_OLDER = 1    # a new entry replaces those that it meets
    DUPLICATES_STOP = 2          # the run is stopped

cdef class ShadowScheme:
    cdef KvmState kvm
    cdef bint large_pages        # shadows of the host's page size, not always 4 KiB
    cdef bint keep_attributes    # the guest's WIMGE reach the hardware
    cdef bint guest_tids         # shadows carry the guest's TID, and PID in hardware is the guest's
    cdef int duplicate_policy    # one of DUPLICATES_
    cdef int64_t duplicates      # shadows written beside another entry that matches at the same time
    cdef int64_t duplicates_dropped
    cdef int duplicate_slots[2]  # that the run was stopped for

    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
    cdef int _check_page(self, int64_t page, str name) except -1
    cdef void map(self, const Mapping *wanted) noexcept nogil
    cdef void map_eagerly(self, const Mapping *wanted) noexcept nogil
    cdef void map_briefly(self, const Mapping *wanted, const uint16_t *until) noexcept nogil
    cdef int64_t most_of_rewrite(self) noexcept nogil
    cdef void invalidate(self, int guest_index) noexcept nogil
    cdef void set_pid(self) noexcept nogil
    cdef void privilege(self) noexcept nogil
    cdef void enter(self) noexcept nogil
    cdef int64_t idle_entry(self) noexcept nogil
    cdef void idle_entries(self, int64_t count) noexcept nogil
    cdef void put(self) noexcept nogil
    cdef void load(self) noexcept nogil
    cdef void count_put(self) noexcept nogil
    cdef void destroy(self) noexcept nogil
    cdef void _duplicate(self, int slot) noexcept nogil
    cdef uint32_t _page_bytes(self, const Mapping *wanted) noexcept nogil
    cdef Shadow _shadow(self, const Mapping *wanted) noexcept nogil

    # What every map does, compiled into its callers; nobody overrides it.

    cdef inline void write_shadow(self, int slot, uint32_t word0, uint32_t word1, uint32_t word2, int tid) noexcept nogil:
        """Three tlbwe that put a shadow, valid or not, into the hardware."""
        cdef int64_t before = self.kvm.tlb.overlapping_writes
        self.kvm.tlb.write_entry(slot, word0, word1, word2, tid)
        if self.kvm.tlb.overlapping_writes != before:
            self._duplicate(slot)

    cdef inline void count_miss(self, const Mapping *wanted) noexcept nogil:
        """A virt miss, before anything is mapped for it: find its cause."""
        self.kvm.causes.miss(wanted.guest_index, wanted.ea & ~(self.page_bytes(wanted) - 1))

    cdef inline uint32_t page_bytes(self, const Mapping *wanted) noexcept nogil:
        """Bytes of a shadow; of a guest page of 4 KiB or less it is 4 KiB, whatever the scheme."""
        return 4096 if wanted.guest_bytes <= 4096 else self._page_bytes(wanted)
