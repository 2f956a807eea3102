# SPDX-License-Identifier: BSD-3-Clause
"""The state that exits, schemes and the host kernel share."""

from libc.stdlib cimport calloc, free

from cext.processor cimport TRACE_FULL
from cext.vcpu cimport MSR_CE, MSR_EE, MSR_ME, MSR_PR, PRIORITIES

cdef int64_t FOREVER = 0x7FFFFFFFFFFFFFFF


cdef class KvmState:
    def __init__(self, Processor core not None, Costs costs not None, TLB tlb not None, TLB guest_tlb not None, int hwater,
                 int host_page_bytes, uint32_t guest_memory, uint32_t guest_base):
        """`hwater`: last replaceable slot; `guest_memory` bytes at guest physical 0, at host physical `guest_base`."""
        if not 0 <= hwater < tlb.entries:
            raise ValueError(f"high-water mark {hwater} of a TLB of {tlb.entries} entries")
        if host_page_bytes not in (4096, 16384, 65536):
            raise ValueError(f"host pages of {host_page_bytes} bytes: 4096, 16384 and 65536 exist")
        self.core = core
        self.costs = costs
        self.tlb = tlb
        self.guest_tlb = guest_tlb
        self.causes = Causes(guest_tlb, tlb.entries)
        self.hwater = hwater
        self.host_page_bytes = host_page_bytes
        self.host_page_shift = host_page_bytes.bit_length() - 1
        self.host_size_code = ((self.host_page_shift - 10) // 2) << 4
        self.guest_memory = guest_memory
        self.guest_base = guest_base
        self.flush_in_one = costs.flush_in_one
        self.pages = (guest_memory >> self.host_page_shift) + 1
        self.held = <int32_t *>calloc(self.pages, sizeof(int32_t))
        self.notes = <Note *>calloc(TRACE_CAPACITY, sizeof(Note))
        if self.held == NULL or self.notes == NULL:
            raise MemoryError("no memory for page references")
        self.user = True
        self.pid = 1
        self.stid = 0
        self.regs.msr = MSR_PR | MSR_EE | MSR_ME | MSR_CE
        self.regs.ivpr = 0x55550000
        for priority in range(PRIORITIES):
            self.regs.ivor[priority] = 0x7700 | priority * 4
        self.note_stop = FOREVER

    def __dealloc__(self):
        free(self.held)
        free(self.notes)

    cdef void note(self, int kind, int a, uint32_t b, uint32_t c) noexcept nogil:
        """A debug record, when its kind is watched; a nearly full buffer pauses the run to be read."""
        cdef Note *made
        if not (self.note_mask >> kind) & 1:
            return
        if self.core.time < self.note_start or self.core.time >= self.note_stop or self.n_notes == TRACE_CAPACITY:
            return
        made = &self.notes[self.n_notes]
        self.n_notes += 1
        made.time = self.core.time
        made.kind = kind
        made.a = a
        made.b = b
        made.c = c
        if self.n_notes > TRACE_CAPACITY // 2 and self.core.stop < 0:
            self.core.stop = TRACE_FULL

    cdef int64_t settle(self, int cycle_kind) noexcept nogil:
        """Turn what was charged into time of a kind; returns it (1/1000 cycle)."""
        cdef int64_t amount = (self.instructions * self.costs.host_cpi + self.tlb_writes * self.costs.tlbwe_latency
                               + self.extra)
        self.instructions = 0
        self.tlb_writes = 0
        self.extra = 0
        self.core.spend(cycle_kind, amount)
        return amount

    cdef int next_host_slot(self) noexcept nogil:
        """The host's round robin: increment, wrap above the high-water mark; the new value is the slot."""
        self.host_index += 1
        if self.host_index > self.hwater:
            self.host_index = 0
        return self.host_index

    cdef void take_page(self, int64_t page) noexcept nogil:
        self.held[page] += 1
        self.pages_taken += 1

    cdef void drop_page(self, int64_t page, bint dirty) noexcept nogil:
        self.instructions += self.costs.c_release
        if self.held[page] == 0:
            self.double_drops += 1
            return
        self.held[page] -= 1
        if dirty:
            self.pages_dirty += 1
        else:
            self.pages_clean += 1

    cdef void sweep(self, int cause) noexcept nogil:
        """Linux's flush of a whole address space: every replaceable slot, since the 440 cannot select."""
        cdef int slot
        for slot in range(self.hwater + 1):
            self.causes.hide(slot, cause)
            self.tlb.invalidate(slot)
        self.sweeps += 1
        if self.flush_in_one:
            self.tlb.tlbwe -= self.hwater      # a flush instruction: counted as one write
            self.instructions += self.costs.flush_once
            self.tlb_writes += 1
        else:
            self.instructions += self.costs.flush_base + self.costs.flush_slot * self.hwater
            self.tlb_writes += self.hwater + 1
