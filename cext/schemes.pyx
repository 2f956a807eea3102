# SPDX-License-Identifier: BSD-3-Clause
"""What every shadow scheme has: the hardware image of a mapping, the put, the way a privilege change is seen."""

from cext.causes cimport PUT_SWEEP
from cext.kvm cimport shadow_word2
from cext.tlb cimport W0_VALID, size_code


cdef uint32_t FORCED_M = 0x200
cdef uint32_t STORAGE_ATTRIBUTES = 0xF80    # W I M G E


cdef class ShadowScheme:
    def __init__(self, KvmState kvm not None):
        self.kvm = kvm
        self.large_pages = True

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        """Make a translation available to the guest; takes one page reference."""
        pass

    cdef void invalidate(self, int guest_index) noexcept nogil:
        """A valid guest entry is about to be overwritten."""
        pass

    cdef void set_pid(self) noexcept nogil:
        """The guest's PID has changed."""
        pass

    cdef void privilege(self) noexcept nogil:
        """The guest's virtual MSR[PR] has changed: TID 1 is visible to its kernel only."""
        self.kvm.shadow_pid = 0 if self.kvm.user else 1

    cdef void enter(self) noexcept nogil:
        """The scheme's part of every guest entry, the fixed instructions included."""
        pass

    cdef void put(self) noexcept nogil:
        """The vcpu leaves the processor."""
        self.count_put()
        self.kvm.sweep(PUT_SWEEP)

    cdef void count_put(self) noexcept nogil:
        """Count a put, and the host's translations that are alive at it."""
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            if self.kvm.tlb.w0[slot] & 0x300 == W0_VALID:     # V, TS=0
                self.kvm.host_alive += 1
        self.kvm.puts += 1

    cdef void load(self) noexcept nogil:
        """The vcpu comes back to the processor."""
        pass

    cdef void destroy(self) noexcept nogil:
        """The VM ends: drop every page reference still held."""
        pass

    cdef void count_miss(self, const Mapping *wanted) noexcept nogil:
        """A virt miss, before anything is mapped for it: find its cause."""
        self.kvm.causes.miss(wanted.guest_index, wanted.ea & ~(self._page_bytes(wanted) - 1))

    cdef uint32_t _page_bytes(self, const Mapping *wanted) noexcept nogil:
        """Bytes of a shadow: the host's page size where the guest page is as large, else 4 KiB."""
        if self.large_pages and wanted.guest_bytes >= self.kvm.host_page_bytes:
            return self.kvm.host_page_bytes
        return 4096

    cdef Shadow _shadow(self, const Mapping *wanted) noexcept nogil:
        """The hardware image of a mapping."""
        cdef Shadow made
        cdef uint32_t bytes_ = self._page_bytes(wanted)
        cdef uint32_t gpa = wanted.gpa & ~(bytes_ - 1)
        made.word0 = (wanted.ea & ~(bytes_ - 1)) | 0x300 | size_code(bytes_)
        made.word1 = self.kvm.guest_base + gpa
        made.word2 = shadow_word2(wanted.word2, self.kvm.user)
        if self.keep_attributes:
            made.word2 = (made.word2 & ~FORCED_M) | (wanted.word2 & STORAGE_ATTRIBUTES)
        if self.guest_tids:
            made.tid = wanted.guest_tid
        else:
            made.tid = 1 if wanted.guest_tid == 0 else 0
        made.page = gpa >> self.kvm.host_page_shift
        return made

    def teardown(self):
        """End the VM. Afterwards every reference taken has been dropped once."""
        self.destroy()
