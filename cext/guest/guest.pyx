# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest: processes in turn, and events every so many user instructions, each with a handler."""

from libc.stdint cimport uint32_t
from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport (
    FOREVER, KERNEL_BASE, V_DECREMENTER, V_SYSCALL, W0_VALID, W2_G, W2_SUPERVISOR,
)
from simobjects.cext.core.tlb_array cimport size_code
from simobjects.cext.core.core cimport Core
from simobjects.cext.guest.handlers cimport IO, SCRIPTS, SWITCH, TIMER, HandlerPlayer, Play
from simobjects.cext.core.processor cimport WATCHDOG
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.supervisor cimport Exit, GuestSoftware, Refills


cdef class Guest(GuestSoftware):
    def __cinit__(self):
        self.handlers = HandlerPlayer()

    def connect(self, Core core not None, TLB managed not None, scripts, layout, *, int processes, int64_t quantum, rates,
                int64_t idle_time, int page_shift, uint32_t last_frame, bint native):
        """What it runs on, and what it does.

        `scripts`: a list of (kind, a, b) steps for each event; `layout`: addresses and words; `rates`: user instructions
        between events from I/O on, 0 for none; `idle_time`: of a wait, 1/1000 cycle; `last_frame`: RAM / page.
        """
        cdef int i
        if not 1 <= processes <= 254:
            raise ValueError(f"a guest runs 1 to 254 processes, not {processes}")
        if managed.entries < 2:
            raise ValueError("the guest's TLB needs at least 2 entries: one is pinned")
        if page_shift not in (12, 14, 16):
            raise ValueError(f"pages of 2^{page_shift} bytes: a guest kernel has 4, 16 or 64 KiB pages")
        if len(scripts) != SCRIPTS or len(rates) != SCRIPTS - IO:
            raise ValueError(f"{len(scripts)} scripts and {len(rates)} rates; there are {SCRIPTS} and {SCRIPTS - IO}")
        self.core = core
        self.managed = managed
        self.handlers = HandlerPlayer()
        self.handlers.prepare(core, scripts, layout, processes, managed.entries, page_shift, last_frame, idle_time, native)
        self.alive = processes
        self.quantum = quantum if processes > 1 else 0
        self.next_switch = self.quantum if self.quantum else FOREVER
        for i in range(IO, SCRIPTS):
            self.every[i] = rates[i - IO]
            self.due[i] = self.every[i] if self.every[i] > 0 else FOREVER
        # The pinned kernel page is written before time starts.
        managed.write_entry(managed.entries - 1, KERNEL_BASE | W0_VALID | size_code(256 << 20), 0, W2_G | W2_SUPERVISOR, 0)
        managed.forget_counts()

    cdef void run(self, Exit *exit) noexcept nogil:
        self.handlers.handle(exit)

    cdef void plan(self) noexcept nogil:
        cdef int which
        self.core.user_event = self.next_switch
        for which in range(IO, SCRIPTS):
            if self.due[which] < self.core.user_event:
                self.core.user_event = self.due[which]

    cdef int following(self) noexcept nogil:
        """The next living process in turn (the current one when it is alone)."""
        cdef int process = self.handlers.current
        cdef int i
        for i in range(self.handlers.processes):
            process = process + 1 if process + 1 < self.handlers.processes else 0
            if not self.ended[process]:
                return process
        return self.handlers.current

    cdef void switch_to(self, int process) noexcept nogil:
        """A context switch: decrementer interrupt, scheduler, return to the other process."""
        cdef Play play
        memset(&play, 0, sizeof(Play))
        play.which = SWITCH
        play.table = &self.handlers.tables[self.handlers.current]
        play.to = process
        self._raise(V_DECREMENTER)
        self.handlers.play(&play)
        self.handlers.current = process
        self.core.cursor = self.core.cursors[process]

    cdef void _raise(self, int vector) noexcept nogil:
        """Raise the exception of an own event; the script is played by the caller."""
        cdef Exit event
        memset(&event, 0, sizeof(Exit))
        event.kind = vector
        self.core.raise_exit(&event)

    cdef void event(self, int which) noexcept nogil:
        """An event of the running process: a system call, or a tick. A page flush is of the page touched next."""
        cdef Play play
        memset(&play, 0, sizeof(Play))
        play.which = which
        play.table = &self.handlers.tables[self.handlers.current]
        play.to = self.handlers.current
        play.ea = self.core.cursor.data_page[self.core.cursor.record] << 12
        self._raise(V_DECREMENTER if which == TIMER else V_SYSCALL)
        self.handlers.play(&play)

    cdef void user_event(self) noexcept nogil:
        """Something is due: one of it, the process switch first, then in the order of the events' numbers."""
        cdef int64_t now = self.core.user_instructions
        cdef int which = IO
        if now >= self.next_switch:
            self.next_switch += self.quantum
            if self.alive > 1:
                self.switch_to(self.following())
        else:
            while which < SCRIPTS and now < self.due[which]:
                which += 1
            if which < SCRIPTS:
                self.due[which] += self.every[which]
                self.event(which)
        self.plan()

    cdef bint process_ended(self) noexcept nogil:
        if self.alive == 1:
            return False
        self.ended[self.handlers.current] = True
        self.alive -= 1
        self.switch_to(self.following())
        return self.core.stop != WATCHDOG

    cdef bint plain_refills(self, Refills *refills) noexcept nogil:
        return self.handlers.plain_refills(refills)

    cdef void refilled(self, const Refills *refills) noexcept nogil:
        self.handlers.refilled(refills)

    cpdef void begin(self):
        self.plan()

    cpdef int managed_entries(self):
        return self.managed.entries

    cdef int _state(self, State state) except -1:
        """The list of state: the handlers with their page tables and counters, the processes, what is due."""
        cdef int entries = self.managed.entries
        self.handlers._state(state)
        state.bytes_("ended", self.ended, sizeof(self.ended))
        state.small("alive", &self.alive, 1, self.handlers.processes)
        state.small("managed_entries", &entries, 2, self.managed.entries)
        state.small("index", &self.handlers.index, 0, entries - 2)
        state.moment("next_switch", &self.next_switch)
        state.bytes_("due", self.due, sizeof(self.due))
        self.pinned_before = entries - 1
        return 0

    cdef int _counts(self, State state) except -1:
        return self.handlers._counts(state)

    cdef int _check_due(self, str name, int64_t due, int64_t every) except -1:
        """An event that comes every so many instructions is never behind the guest; another never comes."""
        if due < self.core.user_instructions if every > 0 else due != FOREVER:
            raise ValueError(f"{name} is {due}, and the guest has executed {self.core.user_instructions} instructions")
        return 0

    def restored(self):
        """Everything is restored: the next events, and in a larger TLB the pinned kernel page at the new end only."""
        cdef int64_t writes = self.managed.tlbwe
        self._check_due("next_switch", self.next_switch, self.quantum)
        for which in range(IO, SCRIPTS):
            self._check_due("due", self.due[which], self.every[which])
        if self.pinned_before < self.managed.entries - 1:
            self.managed.invalidate(self.pinned_before)
            self.managed.tlbwe = writes
