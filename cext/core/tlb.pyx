# SPDX-License-Identifier: BSD-3-Clause
"""The peer of HardwareTLB and GuestTLB: Python's view of a TLB, for tests, scripts, checkpoints and statistics.

Slots are checked here, never in the kernels.
"""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.state cimport State, Stateful
from simobjects.cext.core.tlb_array cimport Context, lookup


cdef class TLB(TranslationArray):
    cdef int _state(self, State state) except -1:
        """A smaller TLB's entries may come back: the other slots stay as they are."""
        state.bytes_("word0", self.w0, 4 * self.entries, shorter=True)
        state.bytes_("word1", self.w1, 4 * self.entries, shorter=True)
        state.bytes_("word2", self.w2, 4 * self.entries, shorter=True)
        state.bytes_("tid", self.tid, self.entries, shorter=True)
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        state.counter("lookups", &self.lookups)
        state.counter("misses", &self.misses)
        state.counter("tlbwe", &self.tlbwe)
        state.counter("overlapping_writes", &self.overlapping_writes)
        state.follows("hits", self.lookups - self.misses)
        return state.follows("bytes", 16 * self.entries)

    def restore(self, fields):
        """The entries and counters; ValueError when they are not of a TLB of this size or smaller."""
        Stateful.restore(self, fields)
        self.derive_all()

    cdef int _checked(self, int slot) except -1:
        if not 0 <= slot < self.entries:
            raise IndexError(f"slot {slot} of a TLB of {self.entries} entries (0 to {self.entries - 1})")
        return slot

    def write(self, int slot, int word, unsigned int value, int tid=0):
        """tlbwe: write word 0, 1 or 2 of a slot; word 0 takes `tid` (0 to 255) along."""
        self._checked(slot)
        if not 0 <= word <= 2 or not 0 <= tid <= 255:
            raise ValueError(f"tlbwe word {word}, tid {tid}: words are 0 to 2, TIDs 0 to 255")
        self.write_word(slot, word, value, tid)

    def write_all(self, int slot, unsigned int w0, unsigned int w1, unsigned int w2, int tid=0):
        """Write a whole entry: three tlbwe."""
        self._checked(slot)
        if not 0 <= tid <= 255:
            raise ValueError(f"TID {tid}: TIDs are 0 to 255")
        self.write_entry(slot, w0, w1, w2, tid)

    def clear(self, int slot):
        """Invalidate one slot (word 0 with V clear)."""
        self.invalidate(self._checked(slot))

    def flush(self, int first, int last):
        """Invalidate slots first..last, one tlbwe each."""
        cdef int slot
        self._checked(first)
        self._checked(last)
        for slot in range(first, last + 1):
            self.invalidate(slot)

    def read(self, int slot):
        """(w0, w1, w2, tid) of a slot."""
        self._checked(slot)
        return (self.w0[slot], self.w1[slot], self.w2[slot], self.tid[slot])

    def find(self, int as_, int pid, unsigned int ea):
        """tlbsx: the lowest matching slot or -1; counts nothing."""
        return self.search(as_ & 1, pid & 255, ea)

    def look_up(self, int as_, int pid, unsigned int ea, int pr=0):
        """A counted look-up through the residency index: the slot, or -1 for a miss."""
        cdef Context *context = self.context(as_, pr, pid)
        cdef int slot
        if context == NULL:
            raise MemoryError("no memory for a translation context")
        self.lookups += 1
        slot = lookup(self, context, ea)
        if slot < 0:
            self.misses += 1
        return slot

    def look_up_many(self, int as_, int pid, const uint32_t[::1] addresses, int pr=0):
        """Counted look-ups of many addresses; returns how many missed."""
        cdef Context *context = self.context(as_, pr, pid)
        cdef Py_ssize_t i
        cdef int64_t missed = 0
        if context == NULL:
            raise MemoryError("no memory for a translation context")
        with nogil:
            for i in range(addresses.shape[0]):
                if lookup(self, context, addresses[i]) < 0:
                    missed += 1
            self.lookups += addresses.shape[0]
            self.misses += missed
        return missed

    def forget_counts(self):
        """Set the counters to 0: what was written before time begins is not part of a run."""
        self.lookups = 0
        self.misses = 0
        self.tlbwe = 0
        self.overlapping_writes = 0
