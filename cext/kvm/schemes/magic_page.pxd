# SPDX-License-Identifier: BSD-3-Clause
"""What if the guest had its privileged registers in memory? Direct insertion beside one pinned page."""

from simobjects.cext.kvm.schemes.direct cimport DirectInsertion

cdef class MagicPage(DirectInsertion):
    pass
