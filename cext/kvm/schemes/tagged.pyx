# SPDX-License-Identifier: BSD-3-Clause
"""What if each context of the guest had a hardware PID of its own? Direct insertion with tags."""

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memset

from simobjects.cext.arch.state cimport State
from simobjects.cext.kvm.kinds cimport CAUSE_PID_CHANGE
from simobjects.cext.kvm.kvm_state cimport KvmState, shadow_word2
from simobjects.cext.kvm.schemes.base cimport Mapping, Shadow, ShadowScheme
from simobjects.cext.kvm.schemes.direct cimport DirectInsertion


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
            self.kvm.instructions += self.kvm.costs.of.scan_entry
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
            self._release(slot, CAUSE_PID_CHANGE)
        self.kvm.instructions += self.kvm.costs.of.scan_entry * self.kvm.tlb.entries
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

    cdef int64_t most_of_rewrite(self) noexcept nogil:
        """A new hardware PID may cost every shadow."""
        return -1

    cdef void set_pid(self) noexcept nogil:
        self.kvm.shadow_pid = self._id(self.kvm.pid, self.kvm.user)

    cdef void privilege(self) noexcept nogil:
        self.kvm.shadow_pid = self._id(self.kvm.pid, self.kvm.user)

    def hardware_pids(self):
        """{(guest PID, user): hardware PID} of the contexts that have one."""
        return {(pid, bool(user)): self.ids[user][pid] for user in range(2) for pid in range(256) if self.ids[user][pid]}
