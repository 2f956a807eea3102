# SPDX-License-Identifier: BSD-3-Clause
"""The guest's privileged instructions, done by KVM on the vcpu's registers and its TLB."""

cimport cython
from libc.stdint cimport int64_t, uint16_t, uint32_t

from simobjects.cext.arch.arch440 cimport OPERATIONS
from simobjects.cext.kvm.delivery cimport Delivery
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.registers cimport GuestRegisters
from simobjects.cext.kvm.schemes.base cimport Mapping, ShadowScheme
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.supervisor cimport COUNTED, Exit

cdef enum:                   # what an emulation comes to
    EMULATED = 0
    TO_USER_SPACE = 1        # a DCR of the VMM's
    WAITS = 2                # done, and the guest waits for an interrupt
    REFUSED = 3              # exit.failed says why

@cython.final
cdef class Emulation:
    cdef KvmState kvm
    cdef ShadowScheme scheme
    cdef Delivery delivery
    cdef GuestRegisters registers
    cdef int64_t emulated[OPERATIONS]
    cdef int64_t eager_maps, eager_other_tid

    cdef inline void passed(self, const int *before, const int *after) noexcept nogil:
        """Instructions that were emulated at once: the difference of two counts by operation."""
        cdef int op
        for op in range(COUNTED):
            self.emulated[op] += after[op] - before[op]

    cdef inline void more(self, int op, int count) noexcept nogil:
        """So many instructions of one operation were emulated."""
        self.emulated[op] += count

    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
    cdef int emulate(self, Exit *exit) noexcept nogil
    cdef int _done(self, Exit *exit) noexcept nogil
    cdef int _refuse(self, Exit *exit, int reason) noexcept nogil
    cdef int _imitated(self, Exit *exit) noexcept nogil
    cdef int _write_msr(self, Exit *exit, uint32_t msr) noexcept nogil
    cdef int _return(self, Exit *exit, uint32_t pc, uint32_t msr) noexcept nogil
    cdef int _mtspr(self, Exit *exit) noexcept nogil
    cdef int _mfspr(self, Exit *exit) noexcept nogil
    cdef int _dcr(self, Exit *exit) noexcept nogil
    cdef int _trap(self, Exit *exit) noexcept nogil
    cdef int _tlbsx(self, Exit *exit) noexcept nogil
    cdef int _tlbwe(self, Exit *exit) noexcept nogil
    cdef int go_back(self, bint to_user) noexcept nogil
    cdef void write(self, int slot, int word, uint32_t value, const uint16_t *until) noexcept nogil
    cdef void _map_first_page(self, int slot, const uint16_t *until) noexcept nogil

cdef bint decodes_device_access(uint32_t insn, int emulates) noexcept nogil
cdef bint loads(uint32_t insn) noexcept nogil
