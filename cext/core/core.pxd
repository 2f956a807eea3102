# SPDX-License-Identifier: BSD-3-Clause
"""The core as the peer of `Core440`."""

cimport cython
from libc.stdint cimport int64_t

from simobjects.cext.core.reference_loop cimport ReferenceLoop

@cython.final
cdef class Core(ReferenceLoop):
    cdef list streams
    cdef int64_t roi_begin, roi_end
