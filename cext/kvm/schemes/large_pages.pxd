# SPDX-License-Identifier: BSD-3-Clause
"""What if shadows were as large as the guest's pages? Direct insertion with other pages."""

from libc.stdint cimport uint32_t

from simobjects.cext.kvm.schemes.direct cimport DirectInsertion

cdef class LargePages(DirectInsertion):
    cdef uint32_t largest        # bytes of a shadow, at most
