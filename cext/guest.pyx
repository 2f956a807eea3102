# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest at run time. What its handlers do is data: lists of steps given by the description side."""

from libc.stdint cimport INT64_MAX as FOREVER
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from cext.processor cimport CYCLES_KERNEL, MSR_WE, WATCHDOG
from cext.spr cimport SPR_MMUCR, SPR_PID
from cext.supervisor cimport (
    LOAD, OP_MFSPR, OP_MTMSR, OP_MTSPR, OP_RFI, OP_TLBSX, OP_TLBWE, STORE, V_DECREMENTER, V_DTLB, V_ITLB, V_SYSCALL,
)

cdef uint32_t KERNEL_BASE = 0xC0000000u


cdef class Guest(GuestSoftware):
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
        managed.write_entry(managed.entries - 1, KERNEL_BASE | 0x200 | 0x90, 0, 0x107, 0)
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

    cdef uint32_t frame(self) noexcept nogil:
        """The next free frame. Memory was found sufficient before the run; a machine played by hand may share the last."""
        if self.next_frame >= self.last_frame:
            return self.last_frame - 1
        self.next_frame += 1
        self.frames_taken += 1
        return self.next_frame - 1

    cdef int following(self) noexcept nogil:
        """The next living process in turn (the current one when it is alone)."""
        cdef int process = self.current
        cdef int i
        for i in range(self.processes):
            process = process + 1 if process + 1 < self.processes else 0
            if not self.ended[process]:
                return process
        return self.current

    cdef void run(self, Exit *exit) noexcept nogil:
        """The handler of a delivered vector."""
        if exit.vector == V_DTLB:
            self.refill(DATA_KERNEL if exit.ea >= KERNEL_BASE else DATA_USER, exit.ea)
        elif exit.vector == V_ITLB:
            self.refill(INST_KERNEL if exit.ea >= KERNEL_BASE else INST_USER, exit.ea)

    cdef void refill(self, int which, uint32_t ea) noexcept nogil:
        cdef bint kernel = which == DATA_KERNEL or which == INST_KERNEL
        cdef PageTable *table = &self.tables[self.processes if kernel else self.current]
        cdef uint32_t page = ea >> self.page_shift
        cdef Play play
        memset(&play, 0, sizeof(Play))
        play.which = which
        play.ea = ea
        play.table = table
        play.to = self.current
        if table.tables[ea >> self.table_shift] == 0:
            table.tables[ea >> self.table_shift] = self.frame()
        if kernel and page == self.device_page >> self.page_shift:
            play.word1 = self.device_word1
            play.word2 = self.device_word2
        else:
            if table.frames[page] == 0:
                table.frames[page] = self.frame()
            play.word1 = table.frames[page] << self.page_shift
            play.word2 = self.kernel_word2 if kernel else self.user_word2
        self.play(&play)

    cdef void play(self, Play *play) noexcept nogil:
        """Execute a script, instruction by instruction, through the core."""
        cdef Script *script = &self.scripts[play.which]
        cdef int i = 0
        self.played[play.which] += 1
        self.depth += 1
        play.code = self.handler_code
        play.slot = self.index + 1
        play.wraps = play.slot > self.watermark
        if play.wraps:
            play.slot = 0
        while i < script.length and self.core.stop != WATCHDOG:
            if script.steps[i].kind == STEP_UNLESS_FOUND and not play.found:
                i += script.steps[i].a
            else:
                self._step(play, &script.steps[i])
            i += 1
        self.depth -= 1

    cdef void _step(self, Play *play, Step *step) noexcept nogil:
        if step.kind == STEP_CODE:
            play.code = step.b
        elif step.kind == STEP_RUN:
            self.core.kernel_run(play.code, step.a)
        elif step.kind == STEP_RUN_WRAP:
            self.core.kernel_run(play.code, step.a + play.wraps)
        elif step.kind == STEP_PRIVILEGED:
            self.core.kernel_run(play.code, 1)
            self._privileged(play, step.a, step.b)
        elif step.kind == STEP_SWEEP:
            self._sweep(play, step.a)
        elif step.kind == STEP_ISYNC:
            self.core.kernel_run(play.code, 1)
            if self.core.stop != WATCHDOG:
                self.core.spend(CYCLES_KERNEL, self.core.costs.isync_latency)
                self.core.synchronise()
        elif step.kind != STEP_UNLESS_FOUND:
            self._reference(play, step)

    cdef void _privileged(self, Play *play, int op, uint32_t operand) noexcept nogil:
        """A privileged instruction that was fetched."""
        cdef Exit instruction
        memset(&instruction, 0, sizeof(Exit))
        instruction.op = op
        if op == OP_TLBWE:
            self._tlbwe(&instruction, play, operand)
        elif op == OP_MFSPR:
            instruction.spr = operand & 0xFFFF
        elif op == OP_MTSPR:
            instruction.spr = operand & 0xFFFF
            if operand == SPR_PID:
                instruction.value = play.to + 1
            elif operand == SPR_MMUCR and play.which != DATA_KERNEL and play.which != INST_KERNEL:
                instruction.value = self.current + 1
        elif op == OP_RFI and operand == RFI_BACK:
            instruction.value = self.depth == 1
        elif op == OP_TLBSX:
            instruction.ea = play.ea
        else:
            instruction.value = operand
            if op == OP_MTMSR and operand & MSR_WE:
                self.core.wake = self.core.time + self.idle_time
        self.core.privileged(&instruction)
        if op == OP_TLBSX:
            play.found = instruction.found
            play.found_slot = instruction.result

    cdef void _tlbwe(self, Exit *instruction, Play *play, uint32_t word) noexcept nogil:
        """Fill in one word of the refill's entry, or the word 0 that makes the found entry invalid."""
        if word == WORD_INVALIDATE:
            instruction.slot = play.found_slot
            return
        instruction.word = word
        instruction.slot = play.slot
        if word == 0:
            instruction.value = play.ea >> self.page_shift << self.page_shift | 0x200 | self.size_code
        else:
            instruction.value = play.word1 if word == 1 else play.word2

    cdef void _sweep(self, Play *play, int after) noexcept nogil:
        """Linux's flush of everything: word 0 of each replaceable slot without V."""
        cdef Exit instruction
        cdef int slot
        for slot in range(self.watermark + 1):
            if self.core.stop == WATCHDOG:
                return
            self.core.kernel_run(play.code, 1)
            memset(&instruction, 0, sizeof(Exit))
            instruction.op = OP_TLBWE
            instruction.slot = slot
            self.core.privileged(&instruction)
            self.core.kernel_run(play.code, after)

    cdef uint32_t _datum(self, Play *play, Step *step) noexcept nogil:
        cdef uint32_t entries = 1u << (self.page_shift - 3)
        if step.a == AT_ADDRESS:
            return step.b
        if step.a == AT_THREAD:
            return self.tables[self.current].thread
        if step.a == AT_NEXT_THREAD:
            return self.tables[play.to].thread
        if step.a == AT_STACK:
            return self.tables[self.current].stack
        if step.a == AT_NEXT_STACK:
            return self.tables[play.to].stack
        if step.a == AT_PGD:
            return play.table.pgd + (play.ea >> self.table_shift) * 4
        if step.a == AT_PTE:
            return (KERNEL_BASE + (play.table.tables[play.ea >> self.table_shift] << self.page_shift)
                    + ((play.ea >> self.page_shift) & (entries - 1)) * 8 + step.b)
        return self.index_variable

    cdef void _reference(self, Play *play, Step *step) noexcept nogil:
        """A load or a store of the handler."""
        cdef uint32_t datum = self._datum(play, step)
        self.core.kernel_run(play.code, 1)
        self.core.access(datum, STORE if step.kind == STEP_STORE else LOAD, False)
        if self.core.stop == WATCHDOG:
            return
        if datum == self.device_page and self.native:
            self.core.spend(CYCLES_KERNEL, self.core.costs.device_latency)
        if step.a == AT_INDEX and step.kind == STEP_STORE:
            self.index = play.slot

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

    def save(self):
        """All that changes during a run."""
        cdef State state = State()
        self._state(state)
        return state.fields

    def restore(self, fields):
        """Put it back; ValueError when it is not of such a guest."""
        cdef State state = State(fields)
        self._state(state)
        state.finish()

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


cdef class NativeVectors(Supervisor):
    """The exception port connected to the guest itself: it runs on the bare machine."""

    def __init__(self, Core core not None):
        self.core = core

    cpdef void begin(self):
        self.core.enter_context(0, 1, 1)

    cdef void take(self, Exit *exit) noexcept nogil:
        self.core.spend(CYCLES_KERNEL, self.core.costs.interrupt_latency)
        self.core.enter_context(0, 0, self.core.context.pid)
        exit.vector = exit.kind
