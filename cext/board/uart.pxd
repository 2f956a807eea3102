# SPDX-License-Identifier: BSD-3-Clause
"""A 16550: registers, FIFOs of the guest's side, and what stands for the line."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

from simobjects.cext.arch.state cimport State
from simobjects.cext.board.bus cimport Device
from simobjects.cext.board.expect cimport ExpectScript
from simobjects.cext.board.text cimport Bytes

cdef class Uart16550(Device):
    cdef int irq
    cdef int64_t interval    # 1/1000 cycle between received characters
    cdef uint8_t ier, fcr, lcr, mcr, scr, dll, dlm
    cdef bint transmitter_empty    # the interrupt condition, not the line status
    cdef bint level          # of the interrupt line
    cdef uint8_t fifo[16]
    cdef int waiting         # characters in the FIFO
    cdef Bytes output        # all that was sent
    cdef int64_t taken       # of it, by `take`
    cdef Bytes input         # what is still to come in
    cdef int64_t arrives     # when the next character comes in, 1/1000 cycle; FOREVER: none does
    cdef ExpectScript script # which brings input when its time has come
    cdef bint listening      # somebody outside may type
    cdef int64_t sent, received, interrupts, lost

    cdef int _register_read(self, uint32_t offset) noexcept nogil
    cdef void _register_write(self, uint32_t offset, uint8_t value) noexcept nogil
    cdef uint8_t _cause(self) noexcept nogil
    cdef void _update(self) noexcept nogil
    cdef void _send(self, uint8_t value) noexcept nogil
    cdef void _arrive(self, uint8_t value) noexcept nogil
    cdef uint8_t _receive(self) noexcept nogil
    cdef void _next(self) noexcept nogil
    cdef void _plan(self) noexcept nogil
    cdef void _played(self, int done) noexcept nogil
    cdef bytes _tail(self)
