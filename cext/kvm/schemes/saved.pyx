# SPDX-License-Identifier: BSD-3-Clause
"""E5 and E6: direct insertion, saved and restored when the vcpu is put and loaded."""

from libc.stdint cimport uint16_t
from libc.stdlib cimport calloc, free

from simobjects.cext.arch.arch440 cimport GUEST_SPACE
from simobjects.cext.arch.state cimport State
from simobjects.cext.kvm.kinds cimport CAUSE_PUT_SWEEP
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.schemes.base cimport Mapping
from simobjects.cext.kvm.schemes.direct cimport DirectInsertion


cdef class SavedInsertion(DirectInsertion):
    """E6 (2.6.30 on): a put reads the guest's hardware entries back and removes them, a load writes them again.

    With `flush_first` it is E5 as shipped in 2.6.29: a surplus flush before the put leaves nothing to read back.
    """

    def __init__(self, KvmState kvm not None, bint flush_first=False):
        super().__init__(kvm)
        self.flush_first = flush_first
        self.saved = <Saved *>calloc(kvm.tlb.entries, sizeof(Saved))
        self.mapped = <uint8_t *>calloc(kvm.tlb.entries, 1)
        if self.saved == NULL or self.mapped == NULL:
            raise MemoryError("no memory for a shadow TLB")

    def __dealloc__(self):
        free(self.saved)
        free(self.mapped)

    cdef int _state(self, State state) except -1:
        DirectInsertion._state(self, state)
        state.bytes_("scheme.saved", self.saved, self.kvm.tlb.entries * sizeof(Saved), shorter=True)
        return state.bytes_("scheme.mapped", self.mapped, self.kvm.tlb.entries, shorter=True)

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        DirectInsertion.map(self, wanted)
        self.mapped[self.kvm.host_index] = 1

    cdef void map_briefly(self, const Mapping *wanted, const uint16_t *until) noexcept nogil:
        DirectInsertion.map_briefly(self, wanted, until)
        self.mapped[self.kvm.host_index] = 1

    cdef void put(self) noexcept nogil:
        cdef int slot
        self.count_put()
        if self.flush_first:
            self.kvm.sweep(CAUSE_PUT_SWEEP)
        for slot in range(self.kvm.hwater + 1):
            self.kvm.instructions += self.kvm.costs.of.e6_visit
            if not self.mapped[slot]:
                continue
            self.kvm.instructions += self.kvm.costs.of.e6_save
            self.kvm.causes.save(slot)
            self.saved[slot].word0 = self.kvm.tlb.w0[slot]
            self.saved[slot].word1 = self.kvm.tlb.w1[slot]
            self.saved[slot].word2 = self.kvm.tlb.w2[slot]
            self.saved[slot].tid = self.kvm.tlb.tid[slot]
            if self.saved[slot].word0 & GUEST_SPACE == GUEST_SPACE:      # V, TS=1: the guest's; the host's stay
                self.kvm.causes.hide(slot, CAUSE_PUT_SWEEP)
                self.kvm.tlb.invalidate(slot)
                self.kvm.instructions += self.kvm.costs.of.release_write
                self.kvm.tlb_writes += 1

    cdef void load(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            self.kvm.instructions += self.kvm.costs.of.e6_visit
            if self.saved[slot].word0 & GUEST_SPACE == GUEST_SPACE:
                self.kvm.causes.restore(slot)
                self.write_shadow(slot, self.saved[slot].word0, self.saved[slot].word1, self.saved[slot].word2,
                                  self.saved[slot].tid)
                self.kvm.instructions += self.kvm.costs.of.write_entry
                self.kvm.tlb_writes += 3
