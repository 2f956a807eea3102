# SPDX-License-Identifier: BSD-3-Clause
"""What if KVM had ... : direct insertion with one thing changed."""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memset

from simobjects.cext.kvm.causes cimport PID_CHANGE
from simobjects.cext.kvm.kvm_state cimport KvmState, shadow_word2
from simobjects.cext.kvm.schemes.base cimport Mapping, Shadow, ShadowScheme
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.tlb_array cimport W0_VALID

cdef uint32_t MAGIC_EA = 0xFFFFF000      # the last page, as in the interface of KVM


cdef class FlushOnce(DirectInsertion):
    """An instruction that flushes all replaceable slots, as tlbivax could: a sweep costs the same for any TLB."""

    def __init__(self, KvmState kvm not None):
        super().__init__(kvm)
        kvm.flush_in_one = True


cdef class SpareHost(DirectInsertion):
    """A map passes over slots with a live translation of the host, and a stale reference never costs the host one."""

    cdef int _state(self, State state) except -1:
        DirectInsertion._state(self, state)
        return state.small("scheme.position", &self.position, 0, self.kvm.hwater)

    cdef int _choose(self) noexcept nogil:
        """KVM's own round robin, to the next slot that is not the host's; if all are, the next one."""
        cdef int slot = self.position
        cdef int looked
        for looked in range(self.kvm.hwater + 1):
            slot = slot + 1 if slot < self.kvm.hwater else 0
            self.kvm.instructions += self.kvm.costs.e6_visit
            if self.kvm.tlb.w0[slot] & 0x300 != W0_VALID:
                break
        else:
            slot = slot + 1 if slot < self.kvm.hwater else 0
        self.position = slot
        return slot

    cdef void _release(self, int slot, int cause) noexcept nogil:
        if self.refs[slot].page < 0:
            return
        self.kvm.instructions += self.kvm.costs.e6_visit
        if self.kvm.tlb.w0[slot] & 0x300 != W0_VALID:
            DirectInsertion._release(self, slot, cause)
            return
        self._forget(slot)


cdef class LargePages(DirectInsertion):
    """A shadow as large as the guest's page, where host memory behind it is aligned and all there."""

    cdef uint32_t _page_bytes(self, const Mapping *wanted) noexcept nogil:
        cdef uint32_t bytes_ = wanted.guest_bytes
        while bytes_ > self.kvm.host_page_bytes:
            if (self.kvm.guest_base & (bytes_ - 1) == 0
                    and <uint64_t>(wanted.gpa & ~(bytes_ - 1)) + bytes_ <= self.kvm.guest_memory):
                return bytes_
            bytes_ >>= 2 if bytes_ <= 1 << 20 else 4      # there are no pages of 4 and of 64 MiB
        return ShadowScheme._page_bytes(self, wanted)


cdef class Tagged(DirectInsertion):
    """Each (PR, PID) of the guest has a hardware PID of its own, so that changing either drops nothing.

    The 440 has one PID register, so a page that several contexts use has a shadow for each. An eager map is for who
    will want it: the process of the entry's TID, or the guest's kernel. When the hardware PIDs are used up, every
    shadow goes and numbering begins again.
    """

    def __init__(self, KvmState kvm not None, int most_ids=255):
        """`most_ids`: hardware PIDs that KVM may use, 2 to 255."""
        super().__init__(kvm)
        self.last_id = 1
        self.ids[kvm.user][kvm.pid] = 1
        self.limit_ids(most_ids)

    def limit_ids(self, int most_ids):
        """Use so many hardware PIDs, 2 to 255."""
        if not 2 <= most_ids <= 255:
            raise ValueError(f"{most_ids} hardware PIDs: 2 to 255 can be used")
        self.most_ids = most_ids

    cdef int _state(self, State state) except -1:
        DirectInsertion._state(self, state)
        state.bytes_("scheme.ids", self.ids, sizeof(self.ids))
        return state.small("scheme.last_id", &self.last_id, 1, self.most_ids)

    cdef int _id(self, int pid, bint user) noexcept nogil:
        """The hardware PID of a context of the guest, a new one if it has none."""
        if self.ids[user][pid] == 0:
            self.kvm.instructions += self.kvm.costs.scan_entry
            if self.last_id == self.most_ids:
                self._forget_all()
            if self.ids[user][pid] == 0:
                self.last_id += 1
                self.ids[user][pid] = <uint8_t>self.last_id
        return self.ids[user][pid]

    cdef void _forget_all(self) noexcept nogil:
        """All shadows go; the running context gets the first number."""
        cdef int slot
        for slot in range(self.kvm.tlb.entries):
            self._release(slot, PID_CHANGE)
        self.kvm.instructions += self.kvm.costs.scan_entry * self.kvm.tlb.entries
        memset(self.ids, 0, sizeof(self.ids))
        self.last_id = 1
        self.ids[self.kvm.user][self.kvm.pid] = 1
        self.kvm.shadow_pid = 1

    cdef Shadow _shadow(self, const Mapping *wanted) noexcept nogil:
        cdef Shadow made = ShadowScheme._shadow(self, wanted)
        cdef bint user = self.kvm.user
        cdef int pid = self.kvm.pid
        if self.eager:
            user = wanted.guest_tid != 0
            if user:
                pid = wanted.guest_tid
        made.word2 = shadow_word2(wanted.word2, user)
        made.tid = self._id(pid, user)
        return made

    cdef void map_eagerly(self, const Mapping *wanted) noexcept nogil:
        self.eager = True
        self.map(wanted)
        self.eager = False

    cdef void set_pid(self) noexcept nogil:
        self.kvm.shadow_pid = self._id(self.kvm.pid, self.kvm.user)

    cdef void privilege(self) noexcept nogil:
        self.kvm.shadow_pid = self._id(self.kvm.pid, self.kvm.user)

    def hardware_pids(self):
        """{(guest PID, user): hardware PID} of the contexts that have one."""
        return {(pid, bool(user)): self.ids[user][pid] for user in range(2) for pid in range(256) if self.ids[user][pid]}


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
