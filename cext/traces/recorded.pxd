# SPDX-License-Identifier: BSD-3-Clause
"""A full-system stream: the columns of a recording and a position in them."""

from libc.stdint cimport int64_t

from simobjects.cext.traces.stream cimport Cursor

cdef class RecordedStream:
    cdef Cursor cursor
    cdef object _columns   # keeps the memory alive
    cdef readonly int64_t references
    cdef readonly int64_t instructions
