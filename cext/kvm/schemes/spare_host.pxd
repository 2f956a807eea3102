# SPDX-License-Identifier: BSD-3-Clause
"""What if a map spared the host's translations? Direct insertion with another choice of slots."""

from simobjects.cext.kvm.schemes.direct cimport DirectInsertion

cdef class SpareHost(DirectInsertion):
    cdef int position            # KVM's own FIFO
    cdef int patience            # the host's slots passed over in a row
