# SPDX-License-Identifier: BSD-3-Clause
"""What if a map spared the host's translations? Direct insertion with another choice of slots."""

from libc.stdint cimport int64_t

from simobjects.cext.arch.arch440 cimport GUEST_SPACE, W0_VALID
from simobjects.cext.arch.state cimport State
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.schemes.direct cimport DirectInsertion


cdef class SpareHost(DirectInsertion):
    """A map passes over slots with a live translation of the host, and a stale reference never costs the host one."""

    def __init__(self, KvmState kvm not None, int patience=4096):
        """`patience`: the host's slots that are passed over in a row."""
        super().__init__(kvm)
        self.patience = min(patience, kvm.hwater + 1)

    cdef int _state(self, State state) except -1:
        DirectInsertion._state(self, state)
        return state.small("scheme.position", &self.position, 0, self.kvm.hwater)

    cdef int64_t most_of_rewrite(self) noexcept nogil:
        """A choice may look at many slots, and each release costs one more look."""
        return -1

    cdef int _choose(self) noexcept nogil:
        """KVM's own round robin, to the next slot that is not the host's; when patience is over, the one after."""
        cdef int slot = self.position
        cdef int looked
        for looked in range(self.patience):
            slot = slot + 1 if slot < self.kvm.hwater else 0
            self.kvm.instructions += self.kvm.costs.of.e6_visit
            if self.kvm.tlb.w0[slot] & GUEST_SPACE != W0_VALID:
                break
        else:
            slot = slot + 1 if slot < self.kvm.hwater else 0
        self.position = slot
        return slot

    cdef void _release(self, int slot, int cause) noexcept nogil:
        if self.refs[slot].page < 0:
            return
        self.kvm.instructions += self.kvm.costs.of.e6_visit
        if self.kvm.tlb.w0[slot] & GUEST_SPACE != W0_VALID:
            DirectInsertion._release(self, slot, cause)
            return
        self._forget(slot)
