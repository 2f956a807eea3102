# SPDX-License-Identifier: BSD-3-Clause
"""E4 (commit 7924bd4109): direct insertion.

Nobody overrides the methods that are `inline`, so they call each other directly.
"""

from libc.stdlib cimport calloc, free

from simobjects.cext.arch.arch440 cimport GUEST_SPACE, W0_EPN, W0_VALID
from simobjects.cext.kvm.kinds cimport CAUSE_GUEST_TLBWE, CAUSE_OWN_MAP, CAUSE_PID_CHANGE, NOTE_MAP
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.arch.state cimport State
from simobjects.cext.kvm.schemes.base cimport Mapping, Shadow, ShadowScheme


cdef class DirectInsertion(ShadowScheme):
    """E4: shadows live in the hardware TLB alone; KVM remembers {page, guest entry, writable, tid} of each slot."""

    def __init__(self, KvmState kvm not None):
        super().__init__(kvm)
        cdef int slot
        self.refs = <Ref *>calloc(kvm.tlb.entries, sizeof(Ref))
        self.next = <int16_t *>calloc(kvm.tlb.entries, sizeof(int16_t))
        self.before = <int16_t *>calloc(kvm.tlb.entries, sizeof(int16_t))
        self.first = <int16_t *>calloc(kvm.guest_tlb.entries, sizeof(int16_t))
        if self.refs == NULL or self.next == NULL or self.before == NULL or self.first == NULL:
            raise MemoryError("no memory for shadow references")
        for slot in range(kvm.tlb.entries):
            self.refs[slot].page = -1
            self.refs[slot].guest_index = 0xFFFF
        for guest_index in range(kvm.guest_tlb.entries):
            self.first[guest_index] = -1

    def __dealloc__(self):
        free(self.refs)
        free(self.next)
        free(self.before)
        free(self.first)

    cdef int _state(self, State state) except -1:
        cdef int slot
        cdef int entries = self.kvm.guest_tlb.entries
        ShadowScheme._state(self, state)
        state.bytes_("scheme.refs", self.refs, self.kvm.tlb.entries * sizeof(Ref), shorter=True)
        if not state.restoring:
            return 0
        for slot in range(entries):
            self.first[slot] = -1
        for slot in range(self.kvm.tlb.entries):
            if self.refs[slot].page == -1:
                continue
            self._check_page(self.refs[slot].page, "scheme.refs")
            if self.refs[slot].guest_index >= entries:
                raise ValueError(f"scheme.refs: guest entry {self.refs[slot].guest_index} of a TLB that has {entries}")
            self._link(slot)
        return 0

    cdef inline void _link(self, int slot) noexcept nogil:
        """A slot holds a page of a guest entry now."""
        cdef int16_t *first = &self.first[self.refs[slot].guest_index]
        self.before[slot] = -1
        self.next[slot] = first[0]
        if first[0] >= 0:
            self.before[first[0]] = <int16_t>slot
        first[0] = <int16_t>slot

    cdef inline void _unlink(self, int slot) noexcept nogil:
        if self.before[slot] >= 0:
            self.next[self.before[slot]] = self.next[slot]
        else:
            self.first[self.refs[slot].guest_index] = self.next[slot]
        if self.next[slot] >= 0:
            self.before[self.next[slot]] = self.before[slot]

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        cdef int slot = self._choose()
        cdef Shadow made = self._shadow(wanted)
        self._insert(slot, &made, wanted)

    cdef inline void _insert(self, int slot, const Shadow *made, const Mapping *wanted) noexcept nogil:
        self.kvm.instructions += self.kvm.costs.of.c_map
        self.kvm.maps += 1
        self.kvm.take_page(made.page)
        self.rewriting = True
        self._release(slot, CAUSE_OWN_MAP)
        self.rewriting = False
        self.kvm.causes.map(slot, wanted.guest_index, made.word0 & W0_EPN, True)
        self.refs[slot].page = made.page
        self._reference(slot, made, wanted.guest_index)
        self._link(slot)
        self.write_shadow(slot, made.word0, made.word1, made.word2, made.tid)
        self.kvm.instructions += self.kvm.costs.of.write_entry
        self.kvm.tlb_writes += 3
        self.kvm.note(NOTE_MAP, slot, wanted.ea, made.word1)

    cdef inline void _reference(self, int slot, const Shadow *made, int guest_index) noexcept nogil:
        """Of the reference that a shadow takes all but its page."""
        self.refs[slot].guest_index = <uint16_t>guest_index
        self.refs[slot].writeable = (made.word2 >> 4) & 1      # UW
        self.refs[slot].tid = <uint8_t>made.tid

    cdef void map_briefly(self, const Mapping *wanted, const uint16_t *until) noexcept nogil:
        """A shadow that is released before anybody looks: what it and its release leave."""
        cdef int slot = self._choose()
        cdef Shadow made = self._shadow(wanted)
        if until[0] == 0 or until[0] == slot + 1 or not self.kvm.tlb.meets_none(slot, made.word0, made.tid):
            self._insert(slot, &made, wanted)
            return
        self.rewriting = True
        self._release(slot, CAUSE_OWN_MAP)
        self.rewriting = False
        self.kvm.causes.brief(slot, wanted.guest_index, made.word0 & W0_EPN)
        self._reference(slot, &made, wanted.guest_index)
        self.kvm.maps += 1
        self.kvm.take_page(made.page)
        self.kvm.drop_page(made.page, self.refs[slot].writeable)
        self.kvm.tlb.write_briefly(slot, made.word1, made.word2, made.tid)
        self.kvm.instructions += (self.kvm.costs.of.c_map + self.kvm.costs.of.write_entry
                                  + self.kvm.costs.of.release_write)
        self.kvm.tlb_writes += 4

    cdef int64_t most_of_rewrite(self) noexcept nogil:
        """Each shadow is released once, and the three new ones too."""
        cdef int64_t released = self.kvm.tlb.entries + 6
        cdef int64_t instructions = released * (self.kvm.costs.of.c_release + self.kvm.costs.of.release_write)
        instructions += 3 * (self.kvm.costs.of.scan_entry * self.kvm.tlb.entries + self.kvm.costs.of.c_map
                             + self.kvm.costs.of.write_entry + self.kvm.costs.of.e4_entry)
        return instructions * self.kvm.costs.of.host_cpi + (released + 9) * self.kvm.costs.of.tlbwe_latency

    cdef int _choose(self) noexcept nogil:
        """The slot for a new shadow: the host's next one."""
        return self.kvm.next_host_slot()

    cdef void _release(self, int slot, int cause) noexcept nogil:
        """Drop a slot's page and wipe the slot, whoever's translation it holds by now."""
        if self.refs[slot].page < 0:
            return
        self.kvm.causes.drop(slot, cause)
        if self.kvm.tlb.w0[slot] & GUEST_SPACE == W0_VALID:
            self.kvm.host_killed += 1
        if self.rewriting:
            self.kvm.tlb.tlbwe += 1       # what it leaves nobody sees
        else:
            self.kvm.tlb.invalidate(slot)
        self.kvm.instructions += self.kvm.costs.of.release_write
        self.kvm.tlb_writes += 1
        self._forget(slot)

    cdef inline void _forget(self, int slot) noexcept nogil:
        """Drop the page that a slot holds."""
        self._unlink(slot)
        self.kvm.drop_page(self.refs[slot].page, self.refs[slot].writeable)
        self.refs[slot].page = -1

    cdef void invalidate(self, int guest_index) noexcept nogil:
        """KVM looks at every reference, and is charged for it."""
        while self.first[guest_index] >= 0:
            self._release(self.first[guest_index], CAUSE_GUEST_TLBWE)
        self.kvm.instructions += self.kvm.costs.of.scan_entry * self.kvm.tlb.entries

    cdef void set_pid(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.tlb.entries):
            if self.refs[slot].tid == 0 and self.refs[slot].page >= 0:
                self._release(slot, CAUSE_PID_CHANGE)
        self.kvm.instructions += self.kvm.costs.of.scan_entry * self.kvm.tlb.entries

    cdef void enter(self) noexcept nogil:
        self.kvm.instructions += self.kvm.costs.of.e4_entry

    cdef int64_t idle_entry(self) noexcept nogil:
        return self.kvm.costs.of.e4_entry

    cdef void destroy(self) noexcept nogil:
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            self._release(slot, CAUSE_OWN_MAP)

    def references(self):
        """[(page, guest_index, writeable, tid)] by hardware slot; page: host page of guest memory, or -1."""
        return [(self.refs[s].page, self.refs[s].guest_index, self.refs[s].writeable, self.refs[s].tid)
                for s in range(self.kvm.tlb.entries)]
