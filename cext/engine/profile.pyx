# SPDX-License-Identifier: BSD-3-Clause
"""A table of places in the guest: an open hash of program counters, touched at exceptions and at samples only."""

from libc.stdlib cimport calloc, free

cdef int64_t SMALLEST = 1024


cdef class Profile:
    def __cinit__(self, int64_t period):
        """`period`: instructions between samples, on average: a fixed number would beat with the program's loops."""
        if period < 1:
            raise ValueError(f"a sample every {period} instructions: expected at least 1")
        self.period = period
        self.room = SMALLEST
        self.state = 2463534242
        self.places = <Place *>calloc(self.room, sizeof(Place))
        if self.places == NULL:
            raise MemoryError("no memory for a profile")

    def __dealloc__(self):
        free(self.places)

    cdef Place *_find(self, uint32_t pc) noexcept nogil:
        """The place of a pc, or where it would be."""
        cdef int64_t at = <int64_t>((pc >> 2) * <uint32_t>2654435761) & (self.room - 1)
        while self.places[at].used and self.places[at].pc != pc:
            at = (at + 1) & (self.room - 1)
        return &self.places[at]

    cdef int _grow(self) noexcept nogil:
        cdef Place *old = self.places
        cdef int64_t count = self.room
        cdef int64_t i
        cdef Place *made = <Place *>calloc(2 * count, sizeof(Place))
        if made == NULL:
            return -1
        self.places = made
        self.room = 2 * count
        for i in range(count):
            if old[i].used:
                self._find(old[i].pc)[0] = old[i]
        free(old)
        return 0

    cdef void add(self, uint32_t pc, int what, int64_t amount) noexcept nogil:
        cdef Place *place = self._find(pc)
        if not place.used:
            if 2 * self.filled >= self.room:
                if self._grow() < 0 and self.filled + 1 >= self.room:
                    self.lost += 1
                    return
                place = self._find(pc)
            place.used = 1
            place.pc = pc
            self.filled += 1
        place.counts[what] += amount

    cdef void exception(self, uint32_t pc, int vector) noexcept nogil:
        self.add(pc, vector, 1)

    cdef void begin(self, int64_t instructions, int64_t time) noexcept nogil:
        """Samples are told of what passes from here on."""
        self.sampled_instructions = instructions
        self.sampled_time = time
        self.state ^= self.state << 13
        self.state ^= self.state >> 17
        self.state ^= self.state << 5
        self.due = instructions + self.period // 2 + self.state % (self.period + 1)
        if self.due == instructions:
            self.due += 1

    cdef void sample(self, uint32_t pc, int64_t instructions, int64_t time) noexcept nogil:
        """Instructions completed and time so far: what passed since the last sample belongs to this place."""
        self.add(pc, COUNT_SAMPLES, 1)
        self.add(pc, COUNT_INSTRUCTIONS, instructions - self.sampled_instructions)
        self.add(pc, COUNT_TIME, time - self.sampled_time)
        self.begin(instructions, time)

    def count(self, uint32_t pc, int what, int64_t amount=1):
        """Add to one count (0 to 15: a vector; then samples, instructions, time, time of exits), for tests."""
        if not 0 <= what < COUNTS:
            raise ValueError(f"count {what}: there are 0 to {COUNTS - 1}")
        self.add(pc, what, amount)

    def rows(self):
        """(pc, its counts) of every place, by pc."""
        cdef int64_t i
        cdef int j
        found = [
            (self.places[i].pc, tuple([self.places[i].counts[j] for j in range(COUNTS)]))
            for i in range(self.room)
            if self.places[i].used
        ]
        return sorted(found)
