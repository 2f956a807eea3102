# SPDX-License-Identifier: BSD-3-Clause
"""A core that goes through a recording again: the guest does what it did, the hardware and its host what they do now."""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from simobjects.cext.arch.arch440 cimport VECTORS
from simobjects.cext.core.processor cimport Processor
from simobjects.cext.core.supervisor cimport Exit
from simobjects.cext.core.tlb_array cimport Context
from simobjects.cext.traces.recorded cimport RecordedStream
from simobjects.cext.traces.stream cimport Cursor

cdef enum Parting:               # why the guest would not have gone on as recorded
    TOGETHER = 0
    PART_PLACE = 1               # it goes on at another place
    PART_INTERRUPT = 2           # it takes an interrupt that it did not take
    PART_NO_FAULT = 3            # the exception that it had does not come
    PART_PRIVILEGE = 4           # it is in another mode
    PART_FAILED = 5              # the host refuses to go on

@cython.final
cdef class ReplayCore(Processor):
    cdef RecordedStream stream
    cdef Cursor *at
    cdef bint native
    cdef Context *code           # that fetches, and data, are looked up in
    cdef Context *data
    cdef int mode                # 1 user, 0 kernel: whose counters run
    cdef int stid                # of MMUCR, natively
    cdef int64_t watchdog
    cdef int64_t roi_begin, roi_end
    cdef int64_t row, row_mark
    cdef int64_t exits_here      # since the stream was gone on in
    cdef bint line_waits, line_level
    cdef int64_t line_after      # so many exits
    cdef int64_t slept_at
    cdef bint checks             # the next place is known
    cdef uint32_t place
    cdef Exit sleeper
    cdef int parting, failure
    cdef uint32_t parted_at, watchdog_ea, failed_insn
    cdef int mark, end_reason
    cdef int64_t accessing       # the record of the device access in progress, or -1
    cdef int fault_vector        # the exception that is to come, or V_NONE
    cdef bint faulted            # it has come
    cdef bint foreign            # recorded on the bare machine
    cdef uint32_t told           # the value of a mark, of the end by a reset its kind
    # statistics
    cdef int64_t insns[2]
    cdef int64_t loads[2]
    cdef int64_t stores[2]
    cdef int64_t more_lookups[2]
    cdef int64_t misses[2][3]
    cdef int64_t vectors[VECTORS]

    cdef int64_t _done(self) noexcept nogil
    cdef void _went_on(self) noexcept nogil
    cdef void _part(self, int why, uint32_t pc) noexcept nogil
    cdef void _exit(self, Exit *exit, int wanted) noexcept nogil
    cdef void _taken(self, Exit *exit, int wanted) noexcept nogil
    cdef void _sleep(self) noexcept nogil
    cdef int _awaited(self, int64_t record) noexcept nogil
    cdef void _arrived(self, int vector) noexcept nogil
    cdef void _tick(self, uint32_t pc, int wanted) noexcept nogil
    cdef bint _reach(self, Context *context, uint32_t ea, int reference, uint32_t pc, uint32_t insn, int wanted) noexcept nogil
    cdef void _complete(self) noexcept nogil
    cdef void _count(self, int kind, int64_t count) noexcept nogil
    cdef void _bulk(self, int64_t target) noexcept nogil
    cdef bint _resident(self, uint32_t page, int reference) noexcept nogil
    cdef void _one(self) noexcept nogil
    cdef void _privileged(self) noexcept nogil
    cdef void _execute(self, int op, uint32_t insn, uint32_t operand, uint32_t value) noexcept nogil
    cdef void _attempt(self) noexcept nogil
    cdef void _fault(self, int64_t record) noexcept nogil
    cdef void _device(self, int64_t record) noexcept nogil
    cdef void _interrupt(self, int64_t record) noexcept nogil
    cdef void _lines_of_access(self) noexcept nogil
    cdef void _context(self) noexcept nogil
    cdef bint _is_at(self, uint32_t place, uint32_t mask) noexcept nogil
    cdef void _mark(self) noexcept nogil
    cdef void _untimed(self, int kind) noexcept nogil
    cdef int _at_tick(self, int kind) noexcept nogil
    cdef void _loop(self, int64_t target) noexcept nogil
