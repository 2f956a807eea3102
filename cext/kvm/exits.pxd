# SPDX-License-Identifier: BSD-3-Clause
"""The one entry for every exception of a virtual machine, and what each comes to."""

from libc.stdint cimport int64_t

from simobjects.cext.kvm.emulation cimport Emulation
from simobjects.cext.kvm.entry cimport GuestEntry
from simobjects.cext.kvm.schemes.base cimport Mapping
from simobjects.cext.core.supervisor cimport Exit

cdef enum:                   # what the assembly of an exit reads on its way to C
    READS_NOTHING = 0
    READS_INSN = 1           # the instruction, by its effective address
    READS_DEAR = 2
    READS_ESR = 4
    READINGS = 8

cdef class GuestExits(GuestEntry):
    cdef Emulation emulation
    cdef int64_t to_c[READINGS]      # instructions of an exit until its own C code begins
    cdef int64_t to_timestamp        # time until exit timing reads the clock, 1/1000 cycle
    cdef int64_t exceptions

    cdef void _prepare(self, bint iccci)
    cdef void _begin(self, int reads) noexcept nogil
    cdef int _miss(self, Exit *exit) noexcept nogil
    cdef int _real_miss(self, Exit *exit) noexcept nogil
    cdef int _outside_memory(self, Exit *exit, const Mapping *wanted) noexcept nogil
    cdef int _program(self, Exit *exit) noexcept nogil
    cdef int _other(self, Exit *exit) noexcept nogil
    cdef void _timer(self, Exit *exit) noexcept nogil
    cdef void _count(self, Exit *exit, int kind) noexcept nogil
