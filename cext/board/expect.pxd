# SPDX-License-Identifier: BSD-3-Clause
"""A script of the person at a serial port: wait for a text, send one, and so on."""

cimport cython
from libc.stdint cimport int64_t, uint8_t

from simobjects.cext.arch.state cimport State
from simobjects.cext.board.text cimport Bytes

cdef enum:                   # where a script stands
    WAITS = 0                # for the text of the present step
    REACHED = 1              # it was seen, and nobody was told
    SENDS = 2                # somebody was told: what the step sends comes next
    ENDS = 3                 # the last step is reached, and the run ends with it
    DONE = 4                 # nothing follows
    PHASES = 5

cdef enum:                   # what `run` asks of the port
    NOTHING = 0
    ASK = 1                  # let the run come back, for `request`
    SENT = 2                 # there is more input

cdef struct Step:
    const uint8_t *expect
    int64_t expected         # bytes of it
    const uint8_t *send
    int64_t sent
    int64_t patience         # 1/1000 cycle, FOREVER: no end to it

@cython.final
cdef class ExpectScript:
    cdef list kept           # the steps' texts stay alive
    cdef Step *steps
    cdef int count
    cdef bint announced      # each step is told of, and the run ends with a last step that sends nothing
    cdef bint ends
    cdef bytes mark          # names the script: of another one the state means nothing
    cdef tuple names
    cdef object report
    # state
    cdef int at              # step
    cdef int phase
    cdef int64_t searched    # up to here the output is done with
    cdef int64_t since       # when the step began to wait, 1/1000 cycle
    cdef int64_t due
    cdef bint asked
    cdef bint foreign        # the state was another script's

    cdef int _begin(self, int at, Bytes *output, Bytes *input, int64_t now) noexcept nogil
    cdef int _found(self, int64_t end, Bytes *input, int64_t now) noexcept nogil
    cdef int start(self, Bytes *output, Bytes *input, int64_t now) noexcept nogil
    cdef int heard(self, Bytes *output, Bytes *input, int64_t now) noexcept nogil
    cdef int run(self, Bytes *output, Bytes *input, int64_t now, bint busy) noexcept nogil
    cdef bint resumed(self) noexcept nogil
    cdef int _state(self, State state, int64_t output) except -1
