# SPDX-License-Identifier: BSD-3-Clause
"""A peer's declared list of state, walked in two directions: out into a dict, and back from one."""

from libc.stdint cimport int64_t, uint8_t, uint32_t

cdef extern from *:
    """
    #define STATE_FARTHEST ((int64_t)1 << 60)
    """
    # Counts and times are not beyond it: the sum of six, and a run that goes on for years, do not leave 64 bits.
    const int64_t FARTHEST "STATE_FARTHEST"

cdef class State:
    cdef dict fields
    cdef bint restoring
    cdef bint counting

    cdef int number(self, str name, int64_t *where) except -1
    cdef int moment(self, str name, int64_t *where) except -1
    cdef int small(self, str name, int *where, int64_t first, int64_t last) except -1
    cdef int word(self, str name, uint32_t *where) except -1
    cdef int flag(self, str name, bint *where) except -1
    cdef int bytes_(self, str name, void *where, Py_ssize_t size, bint shorter=*) except -1
    cdef bytes blob(self, str name, bytes value)
    cdef int byte(self, str name, uint8_t *where) except -1
    cdef int counter(self, str name, int64_t *where, str stat=*) except -1
    cdef int counters(self, str name, int64_t *where, int count, str stat=*) except -1
    cdef int follows(self, str stat, object value) except -1
    cdef int finish(self) except -1
    cdef object _value(self, str name, int64_t first, int64_t last)

cdef class Stateful:
    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
