# SPDX-License-Identifier: BSD-3-Clause
"""What each exception of a virtual machine comes to."""

cimport cython
from libc.stdint cimport int64_t

from simobjects.cext.arch.arch440 cimport OPERATIONS, V_DTLB, V_ITLB, V_PROGRAM
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.supervisor cimport Exit
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.kvm.delivery cimport Delivery
from simobjects.cext.kvm.emulation cimport Emulation
from simobjects.cext.kvm.exit_timing cimport ExitTiming
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.schemes.base cimport Mapping, ShadowScheme
from simobjects.cext.kvm.vcpu_thread cimport VcpuThread

cdef enum:                   # how the guest goes on after an exit
    LIGHT = 0
    LIGHT_NV = 1             # non-volatile registers reloaded
    HEAVY = 2
    HEAVY_NV = 3

cdef enum:                   # what the assembly of an exit reads on its way to C
    READS_NOTHING = 0
    READS_INSN = 1           # the instruction, by its effective address
    READS_DEAR = 2
    READS_ESR = 4
    READINGS = 8

@cython.final
cdef class ExitHandlers:
    cdef KvmState kvm
    cdef Costs costs
    cdef TLB guest_tlb
    cdef ShadowScheme scheme
    cdef VcpuThread thread
    cdef Delivery delivery
    cdef Emulation emulation
    cdef ExitTiming timing
    cdef int64_t to_c[READINGS]      # instructions of an exit until its own C code begins
    cdef int rows[OPERATIONS]        # of the exit timing table, by operation of an emulated instruction
    cdef int way                     # of the exit in progress

    cdef int _state(self, State state) except -1
    cdef int _miss(self, Exit *exit) noexcept nogil
    cdef int _real_miss(self, Exit *exit) noexcept nogil
    cdef int _outside_memory(self, Exit *exit, const Mapping *wanted) noexcept nogil
    cdef int _program(self, Exit *exit) noexcept nogil
    cdef int _other(self, Exit *exit) noexcept nogil

    cdef inline int handle(self, Exit *exit) noexcept nogil:
        """What KVM does about an exception, up to the way back, which it chooses; returns the kind of the exit."""
        if exit.kind == V_PROGRAM:
            return self._program(exit)
        if exit.kind == V_ITLB or exit.kind == V_DTLB:
            return self._miss(exit)
        return self._other(exit)

    cdef inline void begin(self, int reads) noexcept nogil:
        """Interrupt entry, the assembly up to C, and C's dispatch."""
        self.way = LIGHT
        self.kvm.extra += self.costs.of.interrupt_latency
        self.kvm.instructions += self.to_c[reads]
