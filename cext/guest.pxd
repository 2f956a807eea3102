# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest: its page tables and the scripts of its handlers."""

from libc.stdint cimport int64_t, uint32_t

from cext.core cimport Core
from cext.supervisor cimport Exit, GuestSoftware, Supervisor
from cext.tlb cimport TLB

cdef enum:
    STEP_RUN = 0          # a: instructions
    STEP_LOAD = 1         # a: Datum
    STEP_STORE = 2
    STEP_PRIVILEGED = 3   # a: Op, b: Spr (mtspr), word (tlbwe) or PR (rfi)
    STEP_CODE = 4         # a: address of the code that follows; no instruction itself
    STEP_RUN_WRAP = 5     # a: instructions, one more when the index wraps

cdef enum:
    AT_ADDRESS = 0        # b: the address itself
    AT_THREAD = 1         # of the running process
    AT_NEXT_THREAD = 2    # of the process switched to
    AT_PGD = 3
    AT_PTE = 4            # b: byte offset
    AT_INDEX = 5

cdef struct Step:
    int kind
    int a
    uint32_t b

cdef struct Script:
    Step *steps
    int length

cdef struct PageTable:
    uint32_t *frames      # 2^20: frame of a page, 0 = none yet
    uint32_t *tables      # 2048: frame of a PTE page
    uint32_t thread
    uint32_t pgd

cdef enum:
    DATA_USER = 0
    INST_USER = 1
    DATA_KERNEL = 2
    SWITCH = 3
    IO = 4
    SCRIPTS = 5

cdef class Guest(GuestSoftware):
    cdef Core core
    cdef TLB managed              # the TLB that the guest manages: hardware natively, its own under KVM
    cdef Script scripts[SCRIPTS]
    cdef PageTable tables[256]    # processes, then the kernel's
    cdef int processes, current
    cdef bint ended[256]
    cdef int alive
    cdef int index, watermark
    cdef uint32_t next_frame, last_frame
    cdef uint32_t handler_code, index_variable, device_page, device_word1, device_word2, user_word2
    cdef int64_t quantum, io_every, next_switch, next_io
    cdef int64_t refills[3]
    cdef int64_t switches, ios, frames_taken
    cdef bint native
    cdef object _kept

    cdef void refill(self, int which, uint32_t ea) noexcept nogil
    cdef void play(self, int which, uint32_t ea, uint32_t word1, uint32_t word2, PageTable *table,
                   int to) noexcept nogil
    cdef void switch_to(self, int process) noexcept nogil
    cdef void plan(self) noexcept nogil
    cdef uint32_t frame(self) noexcept nogil
    cdef int following(self) noexcept nogil
    cdef void _timer(self, int vector) noexcept nogil

cdef class NativeVectors(Supervisor):
    cdef Core core
