# SPDX-License-Identifier: BSD-3-Clause
"""The interrupt controller's registers."""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.state cimport State, Stateful
from simobjects.cext.board.bus cimport Device

cdef class InterruptController(Device):
    cdef uint32_t inputs      # electrical levels: bit 31 - n is interrupt n
    cdef uint32_t status, enable, critical, polarity, trigger, vector_base
    cdef bint latched         # a level's status stays until it is written
    cdef int64_t raised       # interrupts that became pending

    cdef uint32_t _active(self) noexcept nogil
    cdef void _sample(self, uint32_t before) noexcept nogil
    cdef void _drive(self) noexcept nogil
    cdef uint32_t _vector(self) noexcept nogil
