# SPDX-License-Identifier: BSD-3-Clause
"""E0 to E3b: a shadow TLB in memory, loaded into the hardware at guest entries."""

from libc.stdint cimport int64_t, uint32_t
from libc.stdlib cimport calloc, free

from simobjects.cext.arch.arch440 cimport W0_EPN, W0_VALID
from simobjects.cext.core.slot_index cimport END, chain_of, index_add, index_free, index_make, index_remove
from simobjects.cext.kvm.kinds cimport CAUSE_GUEST_TLBWE, CAUSE_OWN_MAP, CAUSE_PID_CHANGE, CAUSE_PRIVILEGE, NOTE_MAP
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.arch.state cimport State
from simobjects.cext.kvm.schemes.base cimport Mapping, Shadow, ShadowScheme
from simobjects.cext.core.tlb_array cimport size_mask

cdef enum:
    MOST_CHAINS = 16         # pages of 4 KiB in a guest page, up to which each is looked for


cdef class ShadowArray(ShadowScheme):
    """A whole shadow TLB in memory, filled by a FIFO of KVM's own."""

    def __init__(self, KvmState kvm not None):
        super().__init__(kvm)
        self.shadow = <Shadow *>calloc(kvm.tlb.entries, sizeof(Shadow))
        self.key = <uint32_t *>calloc(kvm.tlb.entries, 4)
        self.mask = <uint32_t *>calloc(kvm.tlb.entries, 4)
        self.modified = <uint8_t *>calloc(kvm.tlb.entries, 1)
        self.pending = <int32_t *>calloc(kvm.tlb.entries, 4)
        if (self.shadow == NULL or self.key == NULL or self.mask == NULL or self.modified == NULL
                or self.pending == NULL or not index_make(&self.index, kvm.tlb.entries)):
            raise MemoryError("no memory for a shadow TLB")

    def __dealloc__(self):
        free(self.shadow)
        free(self.key)
        free(self.mask)
        free(self.modified)
        free(self.pending)
        index_free(&self.index)

    cdef void _derive(self, int slot) noexcept nogil:
        """The shadow of a slot was changed."""
        if self.mask[slot]:
            index_remove(&self.index, slot, self.key[slot], self.mask[slot])
        self.mask[slot] = size_mask(self.shadow[slot].word0) if self.shadow[slot].word0 & W0_VALID else 0
        self.key[slot] = self.shadow[slot].word0 & self.mask[slot]
        if self.mask[slot]:
            index_add(&self.index, slot, self.key[slot], self.mask[slot])

    cdef void _mark(self, int slot) noexcept nogil:
        if not self.modified[slot]:
            self.modified[slot] = 1
            self.pending[self.n_pending] = slot
            self.n_pending += 1

    cdef void _write(self, int slot) noexcept nogil:
        """The shadow of a slot, valid or not, goes into the hardware."""
        self.kvm.causes.show(slot)
        self.write_shadow(slot, self.shadow[slot].word0, self.shadow[slot].word1, self.shadow[slot].word2,
                          self.shadow[slot].tid)

    cdef int _state(self, State state) except -1:
        cdef int entries = self.kvm.tlb.entries
        cdef int slot
        ShadowScheme._state(self, state)
        state.bytes_("scheme.shadow", self.shadow, entries * sizeof(Shadow), shorter=True)
        state.bytes_("scheme.modified", self.modified, entries, shorter=True)
        state.small("scheme.position", &self.position, 0, self.kvm.hwater)
        if not state.restoring:
            return 0
        self.n_pending = 0
        for slot in range(entries):
            self._derive(slot)
            if self.modified[slot]:
                self.modified[slot] = 1
                self.pending[self.n_pending] = slot
                self.n_pending += 1
            if self.shadow[slot].word0 & W0_VALID:
                self._check_page(self.shadow[slot].page, "scheme.shadow")
        return 0

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        cdef int slot = self.position
        cdef Shadow made = self._shadow(wanted)
        self.position = slot + 1 if slot < self.kvm.hwater else 0
        self.kvm.instructions += self.kvm.costs.of.c_map
        self.kvm.maps += 1
        self.kvm.take_page(made.page)
        if self.shadow[slot].word0 & W0_VALID:
            self.kvm.drop_page(self.shadow[slot].page, True)
        self.kvm.causes.map(slot, wanted.guest_index, made.word0 & W0_EPN, slot != self.kvm.hwater)
        self.shadow[slot] = made
        self._derive(slot)
        self._mark(slot)
        self.kvm.note(NOTE_MAP, slot, wanted.ea, made.word1)

    cdef void _drop(self, int slot, int cause) noexcept nogil:
        self.kvm.causes.drop(slot, cause)
        self.kvm.drop_page(self.shadow[slot].page, True)    # SW is forced on, so every page counts as written
        self.shadow[slot].word0 = 0
        self._derive(slot)
        self._mark(slot)

    cdef void _drop_all(self, int cause) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            if self.shadow[slot].word0 & W0_VALID:
                self._drop(slot, cause)
        self.kvm.instructions += self.kvm.costs.of.scan_shadow * (self.kvm.hwater + 1)

    cdef void invalidate(self, int guest_index) noexcept nogil:
        """By effective address: every shadow that meets the guest page, if its TID could be the entry's."""
        cdef uint32_t guest_mask = size_mask(self.kvm.guest_tlb.w0[guest_index])
        cdef uint32_t guest_page = self.kvm.guest_tlb.w0[guest_index]
        cdef int tid = self.kvm.guest_tlb.tid[guest_index]
        cdef int slot
        if not self.guest_tids:
            tid = 1 if tid == 0 else 0
        self.kvm.instructions += self.kvm.costs.of.scan_shadow * (self.kvm.hwater + 1)
        if guest_mask == 0:
            return
        slot = self._first_met(guest_page, guest_mask, tid)
        while slot >= 0:
            self._drop(slot, CAUSE_GUEST_TLBWE)
            slot = self._first_met(guest_page, guest_mask, tid)

    cdef int _first_met(self, uint32_t page, uint32_t mask, int tid) noexcept nogil:
        """The first slot whose valid shadow has an address in common with a page and this TID or none, -1: no slot."""
        cdef uint32_t address = page & mask
        cdef uint32_t pages = (~mask >> 12) + 1
        cdef int first = self.kvm.hwater + 1
        cdef int i, slot
        if pages > MOST_CHAINS:
            for slot in range(self.kvm.hwater + 1):
                if self._meets(slot, page, mask, tid):
                    return slot
            return -1
        while pages:                  # of the shadows of 4 KiB only those of a few chains come into question
            slot = self.index.first[chain_of(address)]
            while slot != END:
                if slot < first and self._meets(slot, page, mask, tid):
                    first = slot
                slot = self.index.next[slot]
            address += 4096
            pages -= 1
        for i in range(self.index.n_others):
            slot = self.index.others[i]
            if slot < first and self._meets(slot, page, mask, tid):
                first = slot
        return first if first <= self.kvm.hwater else -1

    cdef inline bint _meets(self, int slot, uint32_t page, uint32_t mask, int tid) noexcept nogil:
        return self.mask[slot] != 0 and (page ^ self.key[slot]) & mask & self.mask[slot] == 0 and (
            self.shadow[slot].tid == 0 or self.shadow[slot].tid == tid)

    cdef void destroy(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            if self.shadow[slot].word0 & W0_VALID:
                self._drop(slot, CAUSE_OWN_MAP)

    def set_position(self, int slot):
        """Set KVM's own FIFO: the slot of the next map."""
        if not 0 <= slot <= self.kvm.hwater:
            raise ValueError(f"slot {slot}: replaceable slots are 0 to {self.kvm.hwater}")
        self.position = slot

    def shadows(self):
        """[(word0, word1, word2, tid, page, modified)] by slot."""
        return [(self.shadow[s].word0, self.shadow[s].word1, self.shadow[s].word2, self.shadow[s].tid,
                 self.shadow[s].page, self.modified[s]) for s in range(self.kvm.tlb.entries)]


cdef class ModifiedReload(ShadowArray):
    """E3b, the commit's parent: each entry to the guest looks at every flag and writes what was modified."""

    cdef void set_pid(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.tlb.entries):
            if self.shadow[slot].word0 & W0_VALID and self.shadow[slot].tid == 0:
                self._drop(slot, CAUSE_PID_CHANGE)
        self.kvm.instructions += self.kvm.costs.of.scan_shadow * self.kvm.tlb.entries

    cdef void enter(self) noexcept nogil:
        """Slots 0..H-1 are looked at, although map hands out slot H too: what is there never reaches the hardware."""
        cdef int i, slot
        self.kvm.instructions += self.kvm.costs.of.e3b_entry + self.kvm.costs.of.e3b_visit * self.kvm.hwater
        self.kvm.slots_visited += self.kvm.hwater
        if self.n_pending == 0:
            return
        self._sort_pending()
        for i in range(self.n_pending):              # in slot order, as the loop walks
            slot = self.pending[i]
            self.modified[slot] = 0
            if slot < self.kvm.hwater:
                self._write(slot)
                self.kvm.slots_written += 1
                self.kvm.instructions += self.kvm.costs.of.e3b_write
                self.kvm.tlb_writes += 3
        self.n_pending = 0

    cdef void _sort_pending(self) noexcept nogil:
        """By slot. Mostly there are one or two; of many the flags are walked."""
        cdef int i, j, slot
        if self.n_pending > 8:
            self.n_pending = 0
            for slot in range(self.kvm.tlb.entries):
                if self.modified[slot]:
                    self.pending[self.n_pending] = slot
                    self.n_pending += 1
            return
        for i in range(1, self.n_pending):
            slot = self.pending[i]
            j = i
            while j > 0 and self.pending[j - 1] > slot:
                self.pending[j] = self.pending[j - 1]
                j -= 1
            self.pending[j] = slot

    cdef int64_t idle_entry(self) noexcept nogil:
        if self.n_pending:
            return -1
        return self.kvm.costs.of.e3b_entry + self.kvm.costs.of.e3b_visit * self.kvm.hwater

    cdef void idle_entries(self, int64_t count) noexcept nogil:
        self.kvm.slots_visited += self.kvm.hwater * count

    cdef int64_t most_of_rewrite(self) noexcept nogil:
        """Each shadow is dropped once and the three new ones too, and each entry to the guest writes every slot."""
        cdef int64_t slots = self.kvm.tlb.entries
        cdef int64_t instructions = (slots + 6) * self.kvm.costs.of.c_release
        instructions += 3 * (self.kvm.costs.of.c_map + self.kvm.costs.of.e3b_entry + slots * (
            self.kvm.costs.of.scan_shadow + self.kvm.costs.of.e3b_visit + self.kvm.costs.of.e3b_write))
        return instructions * self.kvm.costs.of.host_cpi + 9 * slots * self.kvm.costs.of.tlbwe_latency

    cdef void load(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            self._mark(slot)


cdef class LazyPidReload(ModifiedReload):
    """E3 (2.6.28): a change of PID drops every shadow, but only at the next privilege switch. 4 KiB shadows, WIMGE kept."""

    def __init__(self, KvmState kvm not None):
        super().__init__(kvm)
        self.large_pages = False
        self.keep_attributes = True

    cdef void set_pid(self) noexcept nogil:
        self.pid_changed = True

    cdef int _state(self, State state) except -1:
        ShadowArray._state(self, state)
        return state.flag("scheme.pid_changed", &self.pid_changed)

    cdef void privilege(self) noexcept nogil:
        if self.pid_changed:
            self.pid_changed = False
            self._drop_all(CAUSE_PID_CHANGE)
        ShadowScheme.privilege(self)


cdef class GuestTidReload(ModifiedReload):
    """E2: shadows carry the guest's TIDs, and every privilege switch drops them all."""

    def __init__(self, KvmState kvm not None):
        super().__init__(kvm)
        self.large_pages = False
        self.keep_attributes = True
        self.guest_tids = True
        self.was_user = kvm.user

    cdef int _state(self, State state) except -1:
        ShadowArray._state(self, state)
        return state.flag("scheme.was_user", &self.was_user)

    cdef void set_pid(self) noexcept nogil:
        self.kvm.shadow_pid = self.kvm.pid

    cdef void privilege(self) noexcept nogil:
        self.kvm.shadow_pid = self.kvm.pid
        if self.was_user != self.kvm.user:
            self.was_user = self.kvm.user
            self._drop_all(CAUSE_PRIVILEGE)


cdef class FullReload(GuestTidReload):
    """E1: every entry to the guest writes slots 0..H-1, modified or not; E0 (`save_host`) reads the host's out first."""

    def __init__(self, KvmState kvm not None, bint save_host=False):
        super().__init__(kvm)
        self.save_host = save_host

    cdef void enter(self) noexcept nogil:
        """What is in a slot already is not written again here, but counted and paid for as if it were."""
        cdef int64_t written = 0
        cdef int slot
        for slot in range(self.kvm.hwater):
            if (self.kvm.tlb.w0[slot] != self.shadow[slot].word0 or self.kvm.tlb.w1[slot] != self.shadow[slot].word1
                    or self.kvm.tlb.w2[slot] != self.shadow[slot].word2
                    or self.kvm.tlb.tid[slot] != self.shadow[slot].tid):
                self._write(slot)
                written += 1
        self.kvm.tlb.tlbwe += 3 * (self.kvm.hwater - written)
        self.kvm.slots_visited += self.kvm.hwater
        self.kvm.slots_written += self.kvm.hwater
        self.kvm.tlb_writes += 3 * self.kvm.hwater
        self.n_pending = 0
        if self.save_host:
            self.kvm.instructions += self.kvm.costs.of.e0_entry + self.kvm.costs.of.e0_slot * self.kvm.hwater
        else:
            self.kvm.instructions += self.kvm.costs.of.e1_entry + self.kvm.costs.of.e1_slot * self.kvm.hwater

    cdef int64_t idle_entry(self) noexcept nogil:
        return -1

    cdef int64_t most_of_rewrite(self) noexcept nogil:
        return -1

    def works_at_each_entry(self):
        return True

    cdef void _mark(self, int slot) noexcept nogil:
        pass                      # there are no flags
