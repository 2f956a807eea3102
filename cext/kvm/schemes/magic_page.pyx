# SPDX-License-Identifier: BSD-3-Clause
"""What if the guest had its privileged registers in memory? Direct insertion beside one pinned page."""

from simobjects.cext.arch.arch440 cimport GUEST_SPACE, MAGIC_BASE, W2_M, W2_SUPERVISOR, W2_USER
from simobjects.cext.core.tlb_array cimport size_code
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.schemes.direct cimport DirectInsertion


cdef class MagicPage(DirectInsertion):
    """Privileged registers of the guest as words of a page that one pinned shadow maps: reading or writing them traps not.

    KVM has it on other cores since 2.6.37. For guests that know of it, which means those of reference streams: a program
    that executes would have to be patched.
    """

    def __init__(self, KvmState kvm not None):
        """The slot above the high-water mark is the page's."""
        super().__init__(kvm)
        kvm.tlb.write_all(kvm.hwater + 1, MAGIC_BASE | GUEST_SPACE | size_code(4096), kvm.guest_base - 4096,
                          W2_M | W2_USER | W2_SUPERVISOR, 0)
        kvm.tlb.forget_counts()
        kvm.core.magic_page = MAGIC_BASE
