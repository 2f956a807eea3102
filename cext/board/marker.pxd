# SPDX-License-Identifier: BSD-3-Clause
"""The page of MMIO through which a guest tells the simulator things."""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.state cimport State
from simobjects.cext.board.bus cimport Device

cdef enum Asked:
    NOTHING = 0
    WINDOW_BEGINS = 1
    WINDOW_ENDS = 2
    RUN_ENDS = 3
    REFUSED = 4

cdef struct Mark:
    uint32_t offset
    uint32_t value

cdef class Marker(Device):
    cdef bint open           # inside a window
    cdef int asked
    cdef uint32_t asked_value
    cdef Mark *marks
    cdef int64_t used, room
    cdef int64_t windows, values, refused

    cdef void _record(self, uint32_t offset, uint32_t value) noexcept nogil
    cdef void _refuse(self, uint32_t value) noexcept nogil
    cdef void _ask(self, int what, uint32_t value, int request) noexcept nogil
