# SPDX-License-Identifier: BSD-3-Clause
"""The one entry through which a core hands over its exceptions, whoever feeds the core."""

from libc.stdint cimport int64_t, uint32_t

cdef enum:            # IVOR numbers
    V_NONE = -1
    V_MACHINE_CHECK = 1
    V_PROGRAM = 6
    V_SYSCALL = 8
    V_DECREMENTER = 10
    V_DTLB = 13
    V_ITLB = 14

cdef enum:                # privileged operations, as exits report them
    OP_MTSPR = 0
    OP_MFSPR = 1
    OP_TLBWE = 2
    OP_RFI = 3
    OP_MTMSR = 4
    OP_COUNT = 5

cdef enum:
    SPR_OTHER = 0
    SPR_PID = 0x30
    SPR_MMUCR = 0x3B2

cdef enum:
    LOAD = 0
    STORE = 1
    FETCH = 2

cdef struct Exit:
    int kind                 # an IVOR number
    uint32_t pc
    uint32_t ea              # of the miss
    int reference            # LOAD, STORE, FETCH
    int op                   # of a privileged instruction, decoded
    int spr
    int word                 # tlbwe: word select
    int slot                 # tlbwe: index
    uint32_t value           # what is written; rfi: the PR to return to
    int host_timer           # decrementer: the host's tick, not the guest's timer
    int vector               # out: the guest vector that was delivered, or V_NONE
    int completed            # out: user space did the access; do not look it up again

cdef class Supervisor:
    cpdef void begin(self)
    cdef void take(self, Exit *exit) noexcept nogil

cdef class GuestSoftware:
    cpdef void begin(self)
    cdef void run(self, Exit *exit) noexcept nogil
    cdef void user_event(self) noexcept nogil
    cpdef int managed_entries(self)
    cdef bint process_ended(self) noexcept nogil

cdef class PythonGuest(GuestSoftware):
    cdef object _handler
    cdef int _entries
    cdef object _raised
    cdef void _call(self, int vector, uint32_t ea) noexcept
