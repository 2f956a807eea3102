# SPDX-License-Identifier: BSD-3-Clause
"""What if shadows were as large as the guest's pages? Direct insertion with other pages."""

from libc.stdint cimport uint32_t, uint64_t

from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.schemes.base cimport Mapping, ShadowScheme
from simobjects.cext.kvm.schemes.direct cimport DirectInsertion


cdef class LargePages(DirectInsertion):
    """A shadow as large as the guest's page, where host memory behind it is aligned and all there."""

    def __init__(self, KvmState kvm not None, uint32_t largest=256 << 20):
        """`largest`: bytes of a shadow, at most."""
        super().__init__(kvm)
        self.largest = largest

    cdef uint32_t _page_bytes(self, const Mapping *wanted) noexcept nogil:
        cdef uint32_t bytes_ = wanted.guest_bytes
        while bytes_ > self.kvm.host_page_bytes:
            if (bytes_ <= self.largest and self.kvm.guest_base & (bytes_ - 1) == 0
                    and <uint64_t>(wanted.gpa & ~(bytes_ - 1)) + bytes_ <= self.kvm.guest_memory):
                return bytes_
            bytes_ >>= 2 if bytes_ <= 1 << 20 else 4      # there are no pages of 4 and of 64 MiB
        return ShadowScheme._page_bytes(self, wanted)
