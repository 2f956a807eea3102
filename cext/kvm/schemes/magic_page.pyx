# SPDX-License-Identifier: BSD-3-Clause
"""What if the guest had its privileged registers in memory? Direct insertion beside one pinned page."""

from libc.stdint cimport uint32_t

from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.schemes.direct cimport DirectInsertion

cdef uint32_t MAGIC_EA = 0xFFFFF000      # the last page, as in the interface of KVM


cdef class MagicPage(DirectInsertion):
    """Privileged registers of the guest as words of a page that one pinned shadow maps: reading or writing them traps not.

    KVM has it on other cores since 2.6.37. For guests that know of it, which means those of reference streams: a program
    that executes would have to be patched.
    """

    def __init__(self, KvmState kvm not None):
        """The slot above the high-water mark is the page's."""
        super().__init__(kvm)
        kvm.tlb.write_all(kvm.hwater + 1, MAGIC_EA | 0x310, kvm.guest_base - 4096, 0x23F, 0)
        kvm.tlb.forget_counts()
        kvm.core.magic_page = MAGIC_EA

    def read_stats(self):
        return {**super().read_stats(), "magic_accesses": self.kvm.core.magic_accesses}
