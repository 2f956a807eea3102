# SPDX-License-Identifier: BSD-3-Clause
"""The exception port of the bare machine."""

cimport cython

from cext.processor cimport Processor
from cext.supervisor cimport Supervisor

@cython.final
cdef class NativeVectors(Supervisor):
    cdef Processor core
