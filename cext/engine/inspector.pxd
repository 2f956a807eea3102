# SPDX-License-Identifier: BSD-3-Clause
"""A core as a debugger sees it. Its owner is the core, which sees to it that `cpu` is there."""

cimport cython
from libc.stdint cimport int64_t, uint32_t, uint64_t

from simobjects.cext.board.memory cimport Memory
from simobjects.cext.engine.cpu440 cimport CPU440

@cython.final
cdef class Inspector:
    cdef CPU440 *cpu
    cdef Memory memory

    cdef read(self, str name, int64_t now)
    cdef write(self, str name, value, int64_t now)
    cdef uint64_t physical(self, uint32_t ea) except? -1
    cdef list _pieces(self, uint32_t ea, int64_t count)
    cdef bytes read_memory(self, uint32_t ea, int64_t count)
    cdef write_memory(self, uint32_t ea, data)
