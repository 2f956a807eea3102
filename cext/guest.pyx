# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest at run time. What its handlers do is data: lists of steps given by the description side."""

from libc.stdlib cimport calloc, free
from libc.string cimport memset

from cext.supervisor cimport (
    LOAD, OP_MTSPR, OP_TLBWE, SPR_MMUCR, SPR_PID, STORE, V_DECREMENTER, V_DTLB, V_ITLB, V_SYSCALL,
)
from cext.processor cimport CYCLES_KERNEL, WATCHDOG

cdef int64_t FOREVER = 0x7FFFFFFFFFFFFFFF
cdef uint32_t KERNEL_BASE = 0xC0000000u
cdef uint32_t PAGE_BITS = 0xFFFFF000u


cdef class Guest(GuestSoftware):
    def connect(self, Core core not None, TLB managed not None, scripts, layout, *, int processes, int64_t quantum,
                int64_t io_every, uint32_t last_frame, bint native):
        """`scripts`: five lists of (kind, a, b) steps; `layout`: addresses and words; `last_frame`: RAM / 4 KiB."""
        cdef int i, j
        if not 1 <= processes <= 254:
            raise ValueError(f"a guest runs 1 to 254 processes, not {processes}")
        if managed.entries < 2:
            raise ValueError("the guest's TLB needs at least 2 entries: one is pinned")
        self.core = core
        self.managed = managed
        for i in range(SCRIPTS):
            steps = scripts[i]
            self.scripts[i].length = len(steps)
            self.scripts[i].steps = <Step *>calloc(len(steps), sizeof(Step))
            if self.scripts[i].steps == NULL:
                raise MemoryError("no memory for a handler script")
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
        self.watermark = managed.entries - 2
        self.native = native
        self.quantum = quantum if processes > 1 else 0
        self.io_every = io_every
        self.next_switch = self.quantum if self.quantum else FOREVER
        self.next_io = io_every if io_every else FOREVER
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
        self.core.user_event = self.next_switch if self.next_switch < self.next_io else self.next_io

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
            self.refill(INST_USER, exit.ea)

    cdef void refill(self, int which, uint32_t ea) noexcept nogil:
        cdef PageTable *table = &self.tables[self.processes if which == DATA_KERNEL else self.current]
        cdef uint32_t page = ea >> 12
        cdef uint32_t word1 = self.device_word1
        cdef uint32_t word2 = self.device_word2
        if table.tables[ea >> 21] == 0:
            table.tables[ea >> 21] = self.frame()
        if which != DATA_KERNEL:
            if table.frames[page] == 0:
                table.frames[page] = self.frame()
            word1 = table.frames[page] << 12
            word2 = self.user_word2
        self.refills[which] += 1
        self.play(which, ea, word1, word2, table, self.current)

    cdef void play(self, int which, uint32_t ea, uint32_t word1, uint32_t word2, PageTable *table,
                   int to) noexcept nogil:
        """Execute a script, instruction by instruction, through the self.core."""
        cdef Script *script = &self.scripts[which]
        cdef Step *step
        cdef uint32_t code = self.handler_code
        cdef uint32_t datum = 0
        cdef int slot = self.index + 1
        cdef bint wraps = slot > self.watermark
        cdef Exit instruction
        cdef int i
        if wraps:
            slot = 0
        for i in range(script.length):
            if self.core.stop == WATCHDOG:
                return
            step = &script.steps[i]
            if step.kind == STEP_CODE:
                code = step.b
            elif step.kind == STEP_RUN:
                self.core.kernel_run(code, step.a)
            elif step.kind == STEP_RUN_WRAP:
                self.core.kernel_run(code, step.a + wraps)
            elif step.kind == STEP_PRIVILEGED:
                self.core.kernel_run(code, 1)
                memset(&instruction, 0, sizeof(Exit))
                instruction.op = step.a
                if step.a == OP_TLBWE:
                    instruction.word = step.b
                    instruction.slot = slot
                    if step.b == 0:
                        instruction.value = (ea & PAGE_BITS) | 0x210
                    else:
                        instruction.value = word1 if step.b == 1 else word2
                elif step.a == OP_MTSPR:
                    instruction.spr = step.b
                    if step.b == SPR_PID:
                        instruction.value = to + 1
                    elif step.b == SPR_MMUCR:
                        instruction.value = 0 if which == DATA_KERNEL else self.current + 1
                else:
                    instruction.value = step.b
                self.core.privileged(&instruction)
            else:
                if step.a == AT_ADDRESS:
                    datum = step.b
                elif step.a == AT_THREAD:
                    datum = self.tables[self.current].thread
                elif step.a == AT_NEXT_THREAD:
                    datum = self.tables[to].thread
                elif step.a == AT_PGD:
                    datum = table.pgd + (ea >> 21) * 4
                elif step.a == AT_PTE:
                    datum = KERNEL_BASE + (table.tables[ea >> 21] << 12) + ((ea >> 12) & 511) * 8 + step.b
                else:
                    datum = self.index_variable
                self.core.kernel_run(code, 1)
                self.core.access(datum, STORE if step.kind == STEP_STORE else LOAD, False)
                if datum == self.device_page and self.native:
                    self.core.spend(CYCLES_KERNEL, self.core.costs.device_latency)
                if step.a == AT_INDEX and step.kind == STEP_STORE:
                    self.index = slot

    cdef void switch_to(self, int process) noexcept nogil:
        """A context switch: decrementer interrupt, scheduler, return to the other process."""
        self.switches += 1
        self._timer(V_DECREMENTER)
        self.play(SWITCH, 0, 0, 0, &self.tables[self.current], process)
        self.current = process
        self.core.cursor = self.core.cursors[process]

    cdef void _timer(self, int vector) noexcept nogil:
        """Raise the exception of an own event; the script is played by the caller."""
        cdef Exit event
        memset(&event, 0, sizeof(Exit))
        event.kind = vector
        self.core.raise_exit(&event)

    cdef void user_event(self) noexcept nogil:
        """A process switch or an I/O is due: one of them, the switch first."""
        cdef int64_t now = self.core.user_instructions
        if now >= self.next_switch:
            self.next_switch += self.quantum
            if self.alive > 1:
                self.switch_to(self.following())
        elif now >= self.next_io:
            self.next_io += self.io_every
            self.ios += 1
            self._timer(V_SYSCALL)
            self.play(IO, 0, 0, 0, &self.tables[self.current], self.current)
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

    def read_stats(self):
        """Raw counters by statistic name."""
        return {
            "refills": [self.refills[0], self.refills[1], self.refills[2]],
            "switches": self.switches,
            "ios": self.ios,
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
