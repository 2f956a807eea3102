# SPDX-License-Identifier: BSD-3-Clause
"""Handlers of the imitation Linux guest: their steps, the page tables that they read, and who plays them."""

cimport cython
from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.state cimport State
from simobjects.cext.core.core cimport Core
from simobjects.cext.core.supervisor cimport Exit, Refills
from simobjects.cext.guest.stretches cimport Stretches

cdef extern from "steps.h" nogil:
    enum:                 # what a step does, which datum it names, operands of privileged steps: steps.def
        STEP_RUN, STEP_LOAD, STEP_STORE, STEP_PRIVILEGED, STEP_CODE, STEP_RUN_WRAP, STEP_SWEEP, STEP_UNLESS_FOUND
        STEP_ISYNC
        AT_ADDRESS, AT_THREAD, AT_NEXT_THREAD, AT_PGD, AT_PTE, AT_INDEX, AT_STACK, AT_NEXT_STACK
        PID_CLOSED, RFI_BACK, WORD_INVALIDATE
    enum:                 # events, each with a script
        DATA_USER "EVENT_DATA_USER"
        INST_USER "EVENT_INST_USER"
        DATA_KERNEL "EVENT_DATA_KERNEL"
        INST_KERNEL "EVENT_INST_KERNEL"
        SWITCH "EVENT_SWITCH"
        IO "EVENT_IO"     # from here on: each so many user instructions
        SYSCALL "EVENT_SYSCALL"
        TIMER "EVENT_TIMER"
        FLUSH "EVENT_FLUSH"
        PAGE_FLUSH "EVENT_PAGE_FLUSH"
        IDLE "EVENT_IDLE"
        SCRIPTS, REFILLS

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

@cython.final
cdef class HandlerPlayer:
    cdef Core core
    cdef Script scripts[SCRIPTS]
    cdef Stretches stretches[SCRIPTS]
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

    cdef int prepare(self, Core core, scripts, layout, int processes, int entries, int page_shift, uint32_t last_frame,
                     int64_t idle_time, bint native) except -1
    cdef int _state(self, State state) except -1
    cdef int _counts(self, State state) except -1
    cdef void handle(self, const Exit *exit) noexcept nogil
    cdef void refill(self, int which, uint32_t ea) noexcept nogil
    cdef int _stretch(self, int which) except -1
    cdef void _find_entry(self, int which) noexcept
    cdef bint _is_whole(self, int which) noexcept
    cdef bint _refill_whole(self, Play *play) noexcept nogil
    cdef bint _is_pinned(self, int which) noexcept nogil
    cdef bint plain_refills(self, Refills *refills) noexcept nogil
    cdef void refilled(self, const Refills *refills) noexcept nogil
    cdef int _rewrite(self, Play *play, int first) noexcept nogil
    cdef int _pass(self, Play *play, int first) noexcept nogil
    cdef void play(self, Play *play) noexcept nogil
    cdef void _step(self, Play *play, Step *step) noexcept nogil
    cdef void _privileged(self, Play *play, int op, uint32_t operand) noexcept nogil
    cdef bint _returns_to_user(self, uint32_t operand) noexcept nogil
    cdef void _tlbwe(self, Exit *instruction, Play *play, uint32_t word) noexcept nogil
    cdef uint32_t _word(self, const Play *play, int word) noexcept nogil
    cdef void _sweep(self, Play *play, int after) noexcept nogil
    cdef void _reference(self, Play *play, Step *step) noexcept nogil
    cdef uint32_t _datum(self, Play *play, Step *step) noexcept nogil
    cdef uint32_t frame(self) noexcept nogil
