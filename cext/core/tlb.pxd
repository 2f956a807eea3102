# SPDX-License-Identifier: BSD-3-Clause
"""The peer of HardwareTLB and GuestTLB."""

cimport cython

from simobjects.cext.core.tlb_array cimport TranslationArray

@cython.final
cdef class TLB(TranslationArray):
    cdef int _checked(self, int slot) except -1
