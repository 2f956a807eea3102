# SPDX-License-Identifier: BSD-3-Clause
"""The one entry through which a core hands over its exceptions, whoever feeds the core."""

from libc.stdint cimport int8_t, int64_t, uint16_t, uint32_t, uint64_t

from simobjects.cext.arch.arch440 cimport (
    OP_MFMSR, OP_MFSPR, OP_MTSPR, SPR_DEAR, SPR_ESR, SPR_SPRG0, SPR_SRR0, SPR_SRR1,
)
from simobjects.cext.arch.state cimport Stateful

cdef enum:
    LOAD = 0
    STORE = 1
    FETCH = 2

# One exception. A reference stream fills what its events have; an executing core everything from the instruction.
# Its flags and small numbers are bytes: up to 80 bytes the compiler clears in place, not by an instruction that loops.
cdef struct Exit:
    int kind                 # an IVOR number
    uint32_t pc              # of the instruction (sc: of the one after it)
    uint32_t ea              # of a data or fetch exception; tlbsx: the address searched for
    uint32_t esr             # syndrome as the core would set it
    uint32_t insn            # the instruction word, 0 when there is none
    int op                   # of a privileged instruction, decoded
    int spr                  # SPR or DCR number
    int word                 # tlbwe, tlbre: word select
    int slot                 # tlbwe, tlbre: index
    uint32_t value           # what is written; rfi of a reference stream: the PR to return to
    int8_t reference         # LOAD, STORE, FETCH
    int8_t record            # tlbsx.: CR0 is wanted
    int8_t host_timer        # decrementer: the host's tick, not the guest's timer
    # out
    int8_t completed         # user space does the access (at `gpa`, or to DCR `spr`); do not look it up again.
                             # An executing core does it and then calls `resume`, which may change next_pc
    int8_t returned_to       # a GPR that `value` is put into after the access to a DCR, or -1
    int8_t has_result        # mfspr, mfmsr, tlbsx, mfdcr: `result` goes to the target register
    int8_t found             # tlbsx.: CR0[EQ]
    int8_t failed            # emulation failure: a FAILED_ number of the host kernel, 0 for none
    int vector               # the guest vector that was delivered, or V_NONE
    uint32_t next_pc         # where an executing guest goes on
    uint32_t result
    uint64_t gpa             # guest physical address of that access

cdef enum:
    COUNTED = 8              # operations of a handler are below this number

cdef struct Write:           # of a register by a privileged instruction
    int op                   # OP_MTSPR, OP_MTMSR or OP_WRTEE
    int spr
    uint32_t value           # but of MMUCR, to which the running process's ID is written

# Sums over the steps of a handler before one of them, so that the difference of two is what lies between.
cdef struct Sums:
    int instructions         # privileged ones included
    int wraps                # further instructions when the index wraps
    int data                 # loads and stores
    int index_stores
    int privileged
    int handed_on            # of those, neither mtspr nor mfspr
    int by_operation[COUNTED]
    int last                 # operation of the last privileged one
    bint ends_privileged     # the last step before is privileged
    const Write *write       # of the next one

cdef struct Datum:           # that a step loads or stores
    uint32_t address
    int privileged           # steps before it, as its Sums have them

cdef struct Rewrite:         # of one entry by three tlbwe of a handler
    int slot
    int word[3]              # the first one's word select, the second's, the third's
    uint32_t value[3]
    int instructions[3]      # of the handler, up to and with each
    const uint16_t *code     # cell of the handler's page in the map of its context

# Refills of user pages of the running process, each of which does nothing but write one entry and cost its instructions.
cdef struct Refills:
    const Sums *sums[2]      # of the handlers of data and of code, before the first tlbwe and behind it
    uint32_t code            # where they lie
    uint32_t end             # page: from here on others refill
    uint32_t *frames         # by page; 0: it has none yet
    uint32_t *tables         # by page >> table_shift: the frame of its part of the page table; 0: there is none yet
    int table_shift
    uint32_t next_frame, last_frame
    uint32_t word0, word2    # of each entry: word 0 without the address, word 2
    int last                 # of the slots in turn
    int slot                 # that was written last
    int64_t missed[3]        # by reference
    int64_t wrapped[2]       # of those, of data and of code: the slot after the last is the first
    int64_t trailing         # the last record with a refill at its last fetch or behind it

cdef inline bint on_magic_page(const Exit *exit) noexcept nogil:
    """Whether a magic page has it as memory: SPRG0 to 3, SRR0 and 1, DEAR, ESR, and MSR to be read."""
    if exit.op == OP_MFMSR:
        return True
    if exit.op != OP_MTSPR and exit.op != OP_MFSPR:
        return False
    return (SPR_SPRG0 <= exit.spr < SPR_SPRG0 + 4 or exit.spr == SPR_SRR0 or exit.spr == SPR_SRR1
            or exit.spr == SPR_DEAR or exit.spr == SPR_ESR)


cdef class Supervisor(Stateful):
    cpdef void begin(self)
    cdef void take(self, Exit *exit) noexcept nogil
    cdef bint take_many(self, const Sums *since, const Sums *until, int64_t own, uint32_t mmucr) noexcept nogil
    cdef int rewrite(self, const Rewrite *entry, int64_t own) noexcept nogil
    cdef bint go_back(self, bint to_user) noexcept nogil
    cdef void resume(self, Exit *exit) noexcept nogil
    cdef void external(self, bint level) noexcept nogil
    cdef void window(self, bint opens, uint32_t number) noexcept nogil
    cdef uint32_t guest_context(self) noexcept nogil
    cdef void expects(self, int vector) noexcept nogil
    cdef bint hands_on(self) noexcept nogil
    cdef bint sleeps_for_ever(self) noexcept nogil
    cdef bint sleeping(self) noexcept nogil
    cdef void sleep_on(self, Exit *exit) noexcept nogil

cdef class GuestSoftware(Stateful):
    cpdef void begin(self)
    cdef void run(self, Exit *exit) noexcept nogil
    cdef void user_event(self) noexcept nogil
    cpdef int managed_entries(self)
    cdef bint process_ended(self) noexcept nogil
    cdef bint plain_refills(self, Refills *refills) noexcept nogil
    cdef void refilled(self, const Refills *refills) noexcept nogil

cdef class PythonGuest(GuestSoftware):
    cdef object _handler
    cdef int _entries
    cdef object _raised
    cdef void _call(self, int vector, uint32_t ea) noexcept
