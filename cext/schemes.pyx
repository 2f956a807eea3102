# SPDX-License-Identifier: BSD-3-Clause
"""Shadow schemes: E4 (commit 7924bd4109, direct insertion) and E3b (its parent: a shadow array, reloaded)."""

from libc.stdlib cimport calloc, free

from cext.kvm cimport NOTE_MAP, shadow_word2
from cext.tlb cimport W0_VALID, size_mask


cdef class ShadowScheme:
    def __init__(self, KvmState kvm not None):
        self.kvm = kvm

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        """Make a translation available to the guest; takes one page reference."""
        pass

    cdef void invalidate(self, int guest_index) noexcept nogil:
        """A valid guest entry is about to be overwritten."""
        pass

    cdef void set_pid(self) noexcept nogil:
        """The guest's PID has changed."""
        pass

    cdef void privilege(self) noexcept nogil:
        """The guest's virtual MSR[PR] has changed: TID 1 is visible to its kernel only."""
        self.kvm.shadow_pid = 0 if self.kvm.user else 1

    cdef void enter(self) noexcept nogil:
        """The scheme's part of every guest entry, the fixed instructions included."""
        pass

    cdef void put(self) noexcept nogil:
        """The vcpu leaves the processor."""
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            if self.kvm.tlb.w0[slot] & 0x300 == W0_VALID:     # V, TS=0
                self.kvm.host_alive += 1
        self.kvm.puts += 1
        self.kvm.sweep()

    cdef void load(self) noexcept nogil:
        """The vcpu comes back to the processor."""
        pass

    cdef void destroy(self) noexcept nogil:
        """The VM ends: drop every page reference still held."""
        pass

    cdef Shadow _shadow(self, const Mapping *wanted) noexcept nogil:
        """The hardware image of a mapping: host page size where the guest page is as large, else 4 KiB."""
        cdef Shadow made
        cdef uint32_t bytes_ = 4096
        cdef uint32_t code = 0x10
        cdef uint32_t gpa
        if wanted.guest_bytes >= self.kvm.host_page_bytes:
            bytes_ = self.kvm.host_page_bytes
            code = self.kvm.host_size_code
        gpa = wanted.gpa & ~(bytes_ - 1)
        made.word0 = (wanted.ea & ~(bytes_ - 1)) | 0x300 | code
        made.word1 = self.kvm.guest_base + gpa
        made.word2 = shadow_word2(wanted.word2, self.kvm.user)
        made.tid = 1 if wanted.guest_tid == 0 else 0
        made.page = gpa >> self.kvm.host_page_shift
        return made

    def teardown(self):
        """End the VM. Afterwards every reference taken has been dropped once."""
        self.destroy()


cdef class DirectInsertion(ShadowScheme):
    """E4: shadows live in the hardware TLB alone; KVM remembers {page, guest entry, writable, tid} of each slot."""

    def __init__(self, KvmState kvm not None):
        super().__init__(kvm)
        cdef int slot
        self.refs = <Ref *>calloc(kvm.tlb.entries, sizeof(Ref))
        if self.refs == NULL:
            raise MemoryError("no memory for shadow references")
        for slot in range(kvm.tlb.entries):
            self.refs[slot].page = -1
            self.refs[slot].guest_index = 0xFFFF

    def __dealloc__(self):
        free(self.refs)

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        cdef int slot = self.kvm.next_host_slot()
        cdef Shadow made = self._shadow(wanted)
        self.kvm.instructions += self.kvm.costs.c_map
        self.kvm.maps += 1
        self.kvm.take_page(made.page)
        self._release(slot)
        self.refs[slot].page = made.page
        self.refs[slot].guest_index = <uint16_t>wanted.guest_index
        self.refs[slot].writeable = (made.word2 >> 4) & 1      # UW
        self.refs[slot].tid = <uint8_t>made.tid
        self.kvm.tlb.write_entry(slot, made.word0, made.word1, made.word2, made.tid)
        self.kvm.instructions += self.kvm.costs.write_entry
        self.kvm.tlb_writes += 3
        self.kvm.note(NOTE_MAP, slot, wanted.ea, made.word1)

    cdef void _release(self, int slot) noexcept nogil:
        """Drop a slot's page and wipe the slot, whoever's translation it holds by now."""
        if self.refs[slot].page < 0:
            return
        if self.kvm.tlb.w0[slot] & 0x300 == W0_VALID:
            self.kvm.host_killed += 1
        self.kvm.tlb.invalidate(slot)
        self.kvm.instructions += self.kvm.costs.release_write
        self.kvm.tlb_writes += 1
        self.kvm.drop_page(self.refs[slot].page, self.refs[slot].writeable)
        self.refs[slot].page = -1

    cdef void invalidate(self, int guest_index) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.tlb.entries):
            if self.refs[slot].guest_index == guest_index and self.refs[slot].page >= 0:
                self._release(slot)
        self.kvm.instructions += self.kvm.costs.scan_entry * self.kvm.tlb.entries

    cdef void set_pid(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.tlb.entries):
            if self.refs[slot].tid == 0 and self.refs[slot].page >= 0:
                self._release(slot)
        self.kvm.instructions += self.kvm.costs.scan_entry * self.kvm.tlb.entries

    cdef void enter(self) noexcept nogil:
        self.kvm.instructions += self.kvm.costs.e4_entry

    cdef void destroy(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            self._release(slot)

    def references(self):
        """[(page, guest_index, writeable, tid)] by hardware slot; page: host page of guest memory, or -1."""
        return [(self.refs[s].page, self.refs[s].guest_index, self.refs[s].writeable, self.refs[s].tid)
                for s in range(self.kvm.tlb.entries)]


cdef class ModifiedReload(ShadowScheme):
    """E3b: a whole shadow TLB in memory; each entry to the guest looks at every flag and writes what was modified."""

    def __init__(self, KvmState kvm not None):
        super().__init__(kvm)
        self.shadow = <Shadow *>calloc(kvm.tlb.entries, sizeof(Shadow))
        self.modified = <uint8_t *>calloc(kvm.tlb.entries, 1)
        self.pending = <int32_t *>calloc(kvm.tlb.entries, 4)
        if self.shadow == NULL or self.modified == NULL or self.pending == NULL:
            raise MemoryError("no memory for a shadow TLB")

    def __dealloc__(self):
        free(self.shadow)
        free(self.modified)
        free(self.pending)

    cdef void _mark(self, int slot) noexcept nogil:
        if not self.modified[slot]:
            self.modified[slot] = 1
            self.pending[self.n_pending] = slot
            self.n_pending += 1

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        cdef int slot = self.position
        cdef Shadow made = self._shadow(wanted)
        self.position = slot + 1 if slot < self.kvm.hwater else 0
        self.kvm.instructions += self.kvm.costs.c_map
        self.kvm.maps += 1
        self.kvm.take_page(made.page)
        if self.shadow[slot].word0 & W0_VALID:
            self.kvm.drop_page(self.shadow[slot].page, True)
        self.shadow[slot] = made
        self._mark(slot)
        self.kvm.note(NOTE_MAP, slot, wanted.ea, made.word1)

    cdef void _drop(self, int slot) noexcept nogil:
        self.kvm.drop_page(self.shadow[slot].page, True)    # SW is forced on, so every page counts as written
        self.shadow[slot].word0 = 0
        self._mark(slot)

    cdef void invalidate(self, int guest_index) noexcept nogil:
        """By effective address: every shadow that meets the guest page, if its TID could be the entry's."""
        cdef uint32_t guest_mask = size_mask(self.kvm.guest_tlb.w0[guest_index])
        cdef uint32_t guest_page = self.kvm.guest_tlb.w0[guest_index]
        cdef int tid = 1 if self.kvm.guest_tlb.tid[guest_index] == 0 else 0
        cdef uint32_t common
        cdef int slot
        self.kvm.instructions += self.kvm.costs.scan_entry * (self.kvm.hwater + 1)
        if guest_mask == 0:
            return
        for slot in range(self.kvm.hwater + 1):
            if not self.shadow[slot].word0 & W0_VALID:
                continue
            common = guest_mask & size_mask(self.shadow[slot].word0)
            if (guest_page ^ self.shadow[slot].word0) & common:
                continue
            if self.shadow[slot].tid == 0 or self.shadow[slot].tid == tid:
                self._drop(slot)

    cdef void set_pid(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.tlb.entries):
            if self.shadow[slot].word0 & W0_VALID and self.shadow[slot].tid == 0:
                self._drop(slot)
        self.kvm.instructions += self.kvm.costs.scan_entry * self.kvm.tlb.entries

    cdef void enter(self) noexcept nogil:
        """Slots 0..H-1 are looked at, although map hands out slot H too: what is there never reaches the hardware."""
        cdef int i, slot
        self.kvm.instructions += self.kvm.costs.e3b_entry + self.kvm.costs.e3b_visit * self.kvm.hwater
        self.kvm.slots_visited += self.kvm.hwater
        if self.n_pending == 0:
            return
        for slot in range(self.kvm.hwater):      # in slot order, as the loop walks
            if self.modified[slot]:
                self.kvm.tlb.write_entry(slot, self.shadow[slot].word0, self.shadow[slot].word1,
                                         self.shadow[slot].word2, self.shadow[slot].tid)
                self.kvm.slots_written += 1
                self.kvm.instructions += self.kvm.costs.e3b_write
                self.kvm.tlb_writes += 3
        for i in range(self.n_pending):
            self.modified[self.pending[i]] = 0
        self.n_pending = 0

    cdef void load(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            self._mark(slot)

    cdef void destroy(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            if self.shadow[slot].word0 & W0_VALID:
                self._drop(slot)

    def set_position(self, int slot):
        """Set KVM's own FIFO: the slot of the next map."""
        if not 0 <= slot <= self.kvm.hwater:
            raise ValueError(f"slot {slot}: replaceable slots are 0 to {self.kvm.hwater}")
        self.position = slot

    def shadows(self):
        """[(word0, word1, word2, tid, page, modified)] by slot."""
        return [(self.shadow[s].word0, self.shadow[s].word1, self.shadow[s].word2, self.shadow[s].tid,
                 self.shadow[s].page, self.modified[s]) for s in range(self.kvm.tlb.entries)]
