# SPDX-License-Identifier: BSD-3-Clause
"""Counts by the guest's program counter."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

cdef enum:                   # what is counted: the 16 vectors, then
    COUNT_SAMPLES = 16
    COUNT_INSTRUCTIONS = 17  # of sampled stretches, told of the place where the stretch ended
    COUNT_TIME = 18          # 1/1000 cycle, likewise
    COUNT_EXIT_TIME = 19     # of exits to a supervisor, told of the place that caused them; exact
    COUNTS = 20

cdef struct Place:
    uint32_t pc
    uint8_t used
    int64_t counts[20]

cdef class Profile:
    cdef Place *places
    cdef int64_t room, filled
    cdef int64_t lost        # counts for which there was no memory
    cdef readonly int64_t period
    cdef int64_t sampled_time, sampled_instructions
    cdef int64_t due         # instructions at the next sample
    cdef uint32_t state      # of the gaps' generator

    cdef void add(self, uint32_t pc, int what, int64_t amount) noexcept nogil
    cdef void exception(self, uint32_t pc, int vector) noexcept nogil
    cdef void sample(self, uint32_t pc, int64_t instructions, int64_t time) noexcept nogil
    cdef void begin(self, int64_t instructions, int64_t time) noexcept nogil
    cdef int _grow(self) noexcept nogil
    cdef Place *_find(self, uint32_t pc) noexcept nogil
