# SPDX-License-Identifier: BSD-3-Clause
"""The exception port of the bare machine."""

cimport cython

from simobjects.cext.core.processor cimport Processor
from simobjects.cext.core.supervisor cimport Supervisor

@cython.final
cdef class NativeVectors(Supervisor):
    cdef Processor core
