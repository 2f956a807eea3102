# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest: processes in turn, and events every so many user instructions, each with a handler."""

from libc.stdint cimport uint32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport (
    FOREVER, KERNEL_BASE, V_DECREMENTER, V_SYSCALL, W0_VALID, W2_G, W2_SUPERVISOR,
)
from simobjects.cext.core.tlb_array cimport size_code
from simobjects.cext.core.core cimport Core
from simobjects.cext.guest.handlers cimport (
    FLUSH, IDLE, IO, PAGE_FLUSH, REFILLS, SWITCH, SYSCALL, TIMER, Play, Step,
)
from simobjects.cext.core.processor cimport WATCHDOG
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.supervisor cimport Exit


cdef class Guest(HandlerPlayer):
    def connect(self, Core core not None, TLB managed not None, scripts, layout, *, int processes, int64_t quantum, rates,
                int64_t idle_time, int page_shift, uint32_t last_frame, bint native):
        """What it runs on, and what it does.

        `scripts`: a list of (kind, a, b) steps for each event; `layout`: addresses and words; `rates`: user instructions
        between events from I/O on, 0 for none; `idle_time`: of a wait, 1/1000 cycle; `last_frame`: RAM / page.
        """
        cdef int i, j
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
        for i in range(SCRIPTS):
            steps = scripts[i]
            self.scripts[i].steps = <Step *>calloc(len(steps) + 1, sizeof(Step))
            if self.scripts[i].steps == NULL:
                raise MemoryError("no memory for a handler script")
            self.scripts[i].length = len(steps)
            for j in range(len(steps)):
                self.scripts[i].steps[j].kind, self.scripts[i].steps[j].a, self.scripts[i].steps[j].b = steps[j]
        self.processes = processes
        self.alive = processes
        for i in range(processes + 1):
            self.tables[i].frames = <uint32_t *>calloc(1 << 20, 4)
            self.tables[i].tables = <uint32_t *>calloc(2048, 4)
            if self.tables[i].frames == NULL or self.tables[i].tables == NULL:
                raise MemoryError("no memory for a guest page table")
            self.tables[i].thread = layout["thread_base"] + i * 0x2000
            self.tables[i].stack = layout["stack_base"] + i * 0x2000
            self.tables[i].pgd = layout["pgd_base"] + i * 0x2000
        self.tables[processes].pgd = layout["kernel_pgd"]
        self.handler_code = layout["handler_code"]
        self.index_variable = layout["index_variable"]
        self.next_frame = layout["first_frame"]
        self.last_frame = last_frame
        self.device_page = layout["device_ea"]
        self.device_word1 = layout["device_word1"]
        self.device_word2 = layout["device_word2"]
        self.user_word2 = layout["user_word2"]
        self.kernel_word2 = layout["kernel_word2"]
        self.page_shift = page_shift
        self.table_shift = 2 * page_shift - 3      # a page of 8-byte entries
        self.size_code = (page_shift - 10) // 2 << 4
        self.watermark = managed.entries - 2
        self.native = native
        self.idle_time = idle_time
        self.quantum = quantum if processes > 1 else 0
        self.next_switch = self.quantum if self.quantum else FOREVER
        for i in range(IO, SCRIPTS):
            self.every[i] = rates[i - IO]
            self.due[i] = self.every[i] if self.every[i] > 0 else FOREVER
        # The pinned kernel page is written before time starts.
        managed.write_entry(managed.entries - 1, KERNEL_BASE | W0_VALID | size_code(256 << 20), 0, W2_G | W2_SUPERVISOR, 0)
        managed.forget_counts()

    def __dealloc__(self):
        cdef int i
        for i in range(SCRIPTS):
            free(self.scripts[i].steps)
        for i in range(256):
            free(self.tables[i].frames)
            free(self.tables[i].tables)

    cdef void plan(self) noexcept nogil:
        cdef int which
        self.core.user_event = self.next_switch
        for which in range(IO, SCRIPTS):
            if self.due[which] < self.core.user_event:
                self.core.user_event = self.due[which]

    cdef int following(self) noexcept nogil:
        """The next living process in turn (the current one when it is alone)."""
        cdef int process = self.current
        cdef int i
        for i in range(self.processes):
            process = process + 1 if process + 1 < self.processes else 0
            if not self.ended[process]:
                return process
        return self.current

    cdef void switch_to(self, int process) noexcept nogil:
        """A context switch: decrementer interrupt, scheduler, return to the other process."""
        cdef Play play
        memset(&play, 0, sizeof(Play))
        play.which = SWITCH
        play.table = &self.tables[self.current]
        play.to = process
        self._raise(V_DECREMENTER)
        self.play(&play)
        self.current = process
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
        play.table = &self.tables[self.current]
        play.to = self.current
        play.ea = self.core.cursor.data_page[self.core.cursor.record] << 12
        self._raise(V_DECREMENTER if which == TIMER else V_SYSCALL)
        self.play(&play)

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
        self.ended[self.current] = True
        self.alive -= 1
        self.switch_to(self.following())
        return self.core.stop != WATCHDOG

    cpdef void begin(self):
        self.plan()

    cpdef int managed_entries(self):
        return self.managed.entries

    cdef int _state(self, State state) except -1:
        """The list of state: page tables, the processes, the guest's own counters."""
        cdef int i
        cdef int entries = self.managed.entries
        for i in range(self.processes + 1):
            state.bytes_(f"table{i}.frames", self.tables[i].frames, 4 << 20)
            state.bytes_(f"table{i}.tables", self.tables[i].tables, 4 * 2048)
        state.small("current", &self.current, 0, self.processes - 1)
        state.bytes_("ended", self.ended, sizeof(self.ended))
        state.small("alive", &self.alive, 1, self.processes)
        state.small("managed_entries", &entries, 2, self.managed.entries)
        state.small("index", &self.index, 0, entries - 2)
        state.word("next_frame", &self.next_frame)
        state.number("next_switch", &self.next_switch)
        state.bytes_("due", self.due, sizeof(self.due))
        state.number("idle_time", &self.idle_time)
        state.bytes_("played", self.played, sizeof(self.played))
        state.number("frames_taken", &self.frames_taken)
        self.pinned_before = entries - 1
        return 0

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

    def read_stats(self):
        """Raw counters by statistic name."""
        cdef int i
        return {
            "refills": [self.played[i] for i in range(REFILLS)],
            "switches": self.played[SWITCH],
            "ios": self.played[IO],
            "syscalls": self.played[SYSCALL],
            "timers": self.played[TIMER],
            "flushes": self.played[FLUSH],
            "page_flushes": self.played[PAGE_FLUSH],
            "idles": self.played[IDLE],
            "frames": self.frames_taken,
        }
