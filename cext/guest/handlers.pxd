# SPDX-License-Identifier: BSD-3-Clause
"""Handlers of the imitation Linux guest: their steps, the page tables that they read, and who plays them."""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.core.reference_loop cimport ReferenceLoop
from simobjects.cext.core.supervisor cimport Exit, GuestSoftware

cdef enum:
    KERNEL_BASE = 0xC0000000u

cdef enum:
    STEP_RUN = 0          # a: instructions
    STEP_LOAD = 1         # a: Datum
    STEP_STORE = 2
    STEP_PRIVILEGED = 3   # a: Op, b: Spr (mtspr), word (tlbwe), PR (rfi) or MSR (mtmsr)
    STEP_CODE = 4         # a: address of the code that follows; no instruction itself
    STEP_RUN_WRAP = 5     # a: instructions, one more when the index wraps
    STEP_SWEEP = 6        # each replaceable slot made invalid; a: instructions after each
    STEP_UNLESS_FOUND = 7 # a: steps to pass over when the last tlbsx found nothing; no instruction itself
    STEP_ISYNC = 8

cdef enum:
    AT_ADDRESS = 0        # b: the address itself
    AT_THREAD = 1         # of the running process
    AT_NEXT_THREAD = 2    # of the process switched to
    AT_PGD = 3
    AT_PTE = 4            # b: byte offset
    AT_INDEX = 5
    AT_STACK = 6          # the kernel stack of the running process
    AT_NEXT_STACK = 7

cdef enum:                # operands `b` of privileged steps
    PID_CLOSED = 0x10030  # mtspr: PID := 0
    RFI_BACK = 2          # rfi: to what was interrupted
    WORD_INVALIDATE = 3   # tlbwe: word 0 without V, to the entry that was found

cdef struct Step:
    int kind
    int a
    uint32_t b

cdef struct Script:
    Step *steps
    int length

cdef struct PageTable:
    uint32_t *frames      # by page: its frame, 0 = none yet
    uint32_t *tables      # by page of page table entries: its frame
    uint32_t thread
    uint32_t stack
    uint32_t pgd

cdef enum:                # events, each with a script
    DATA_USER = 0
    INST_USER = 1
    DATA_KERNEL = 2
    INST_KERNEL = 3
    SWITCH = 4
    IO = 5                # from here on: each so many user instructions
    SYSCALL = 6
    TIMER = 7
    FLUSH = 8
    PAGE_FLUSH = 9
    IDLE = 10
    SCRIPTS = 11
    REFILLS = 4

# What one play of a script is about.
cdef struct Play:
    int which
    uint32_t ea
    uint32_t word1, word2
    PageTable *table
    int to                # the process that runs afterwards
    int slot              # the next one of the round robin
    bint wraps
    bint found            # by the last tlbsx
    int found_slot
    uint32_t code

cdef class HandlerPlayer(GuestSoftware):
    cdef ReferenceLoop core
    cdef Script scripts[SCRIPTS]
    cdef PageTable tables[256]    # processes, then the kernel's
    cdef int processes, current
    cdef int index, watermark     # of the round robin over the guest's TLB
    cdef int depth                # of handlers within handlers
    cdef int page_shift, table_shift
    cdef uint32_t size_code
    cdef uint32_t next_frame, last_frame
    cdef uint32_t handler_code, index_variable, device_page, device_word1, device_word2, user_word2, kernel_word2
    cdef int64_t idle_time        # 1/1000 cycle
    cdef bint native
    # statistics
    cdef int64_t played[SCRIPTS]
    cdef int64_t frames_taken

    cdef void refill(self, int which, uint32_t ea) noexcept nogil
    cdef void play(self, Play *play) noexcept nogil
    cdef void _step(self, Play *play, Step *step) noexcept nogil
    cdef void _privileged(self, Play *play, int op, uint32_t operand) noexcept nogil
    cdef void _tlbwe(self, Exit *instruction, Play *play, uint32_t word) noexcept nogil
    cdef void _sweep(self, Play *play, int after) noexcept nogil
    cdef void _reference(self, Play *play, Step *step) noexcept nogil
    cdef uint32_t _datum(self, Play *play, Step *step) noexcept nogil
    cdef uint32_t frame(self) noexcept nogil
