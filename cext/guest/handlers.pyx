# SPDX-License-Identifier: BSD-3-Clause
"""The guest's handlers at run time. What they do is data: lists of steps given by the description side.

A player has what the handlers need: the scripts, the page tables, the round robin, the next free frame.

Nobody overrides the methods that are `inline`, so they call each other directly.
"""

from libc.stdint cimport uint16_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport (
    KERNEL_BASE, MSR_WE, OP_MFMSR, OP_MFSPR, OP_MTMSR, OP_MTSPR, OP_RFI, OP_TLBSX, OP_TLBWE, OP_WRTEE, SPR_MMUCR,
    SPR_PID, SPR_SPRG0, SPR_SRR0, SPR_SRR1, V_DTLB, V_ITLB, W0_VALID,
)
from simobjects.cext.core.processor cimport CYCLES_KERNEL, WATCHDOG
from simobjects.cext.core.refilling cimport PINNED_FRAMES
from simobjects.cext.core.supervisor cimport FETCH, LOAD, STORE, Datum, Refills, Rewrite, Sums, Write
from simobjects.cext.core.tlb_array cimport size_code
from simobjects.cext.core.zeroed cimport give_back, zeroed


cdef enum:
    MOST_DATA = 16           # of a stretch that is passed over at once
    FRAMES_BYTES = 4 << 20   # a page table has 2^20 pages
    PINNED_MASK = 0xF0000000 # of the page that a guest's kernel pins: 256 MiB

cdef int[3] TLBWE_ORDER = [1, 0, 2]


cdef bint _only_counts(const Step *step) noexcept:
    """Whether a privileged step changes no translation, no timer and no priority of what is pending."""
    cdef uint32_t spr = step.b & 0xFFFF
    if step.kind != STEP_PRIVILEGED:
        return False
    if step.a == OP_MTSPR:
        return spr == 0 or spr == SPR_MMUCR or spr == SPR_SRR0 or spr == SPR_SRR1 or SPR_SPRG0 <= spr < SPR_SPRG0 + 8
    if step.a == OP_MTMSR:
        return not step.b & MSR_WE
    return step.a == OP_MFSPR or step.a == OP_MFMSR or step.a == OP_WRTEE


cdef class HandlerPlayer:
    cdef int prepare(self, Core core, scripts, layout, int processes, int entries, int page_shift, uint32_t last_frame,
                     int64_t idle_time, bint native) except -1:
        """Scripts, page tables and places as `Guest.connect` got them; `entries`: of the TLB that the guest manages."""
        cdef int i, j
        self.core = core
        for i in range(SCRIPTS):
            steps = scripts[i]
            self.scripts[i].steps = <Step *>calloc(len(steps) + 1, sizeof(Step))
            if self.scripts[i].steps == NULL:
                raise MemoryError("no memory for a handler script")
            self.scripts[i].length = len(steps)
            for j in range(len(steps)):
                self.scripts[i].steps[j].kind, self.scripts[i].steps[j].a, self.scripts[i].steps[j].b = steps[j]
            self._stretch(i)
        self.processes = processes
        for i in range(processes + 1):
            self.tables[i].frames = <uint32_t *>zeroed(FRAMES_BYTES)
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
        self.size_code = size_code(1 << page_shift)
        self.watermark = entries - 2
        self.native = native
        self.idle_time = idle_time
        return 0

    cdef int _stretch(self, int which) except -1:
        """Find the stretches of a script, and their sums."""
        cdef const Script *script = &self.scripts[which]
        cdef Stretches *made = &self.stretches[which]
        cdef const Step *step
        cdef Sums *sums
        cdef int i
        made.sums = <Sums *>calloc(script.length + 1, sizeof(Sums))
        made.writes = <Write *>calloc(script.length + 1, sizeof(Write))
        made.end = <int *>calloc(script.length + 1, sizeof(int))
        made.data = <int *>calloc(script.length + 1, sizeof(int))
        if made.sums == NULL or made.writes == NULL or made.end == NULL or made.data == NULL:
            raise MemoryError("no memory for the stretches of a script")
        made.sums[0].write = made.writes
        for i in range(script.length):
            step = &script.steps[i]
            made.sums[i + 1] = made.sums[i]
            sums = &made.sums[i + 1]
            sums.ends_privileged = step.kind == STEP_PRIVILEGED
            if (step.kind == STEP_RUN or step.kind == STEP_RUN_WRAP) and step.a > 0:
                sums.instructions += step.a
                sums.wraps += step.kind == STEP_RUN_WRAP
            elif step.kind == STEP_LOAD or step.kind == STEP_STORE:
                sums.instructions += 1
                made.data[sums.data] = i
                sums.data += 1
                sums.index_stores += step.kind == STEP_STORE and step.a == AT_INDEX
            elif _only_counts(step):
                sums.instructions += 1
                sums.privileged += 1
                sums.by_operation[step.a] += 1
                sums.handed_on += step.a != OP_MTSPR and step.a != OP_MFSPR
                sums.last = step.a
                if step.a == OP_MTSPR or step.a == OP_WRTEE or (step.a == OP_MTMSR and step.b):
                    made.writes[sums.write - made.writes] = Write(step.a, step.b & 0xFFFF,
                                                                  0 if step.a == OP_MTSPR else step.b)
                    sums.write += 1
            else:
                made.end[i] = -1
        for i in reversed(range(script.length)):
            if made.end[i] < 0:
                made.end[i] = i
            else:
                made.end[i] = made.end[i + 1] if i + 1 < script.length and made.end[i + 1] > i + 1 else i + 1
        self._find_entry(which)
        made.whole = self._is_whole(which)
        return 0

    cdef void _find_entry(self, int which) noexcept:
        """The three tlbwe of a refill."""
        cdef const Script *script = &self.scripts[which]
        cdef Stretches *made = &self.stretches[which]
        cdef const Step *step
        cdef int i
        cdef int found = 0
        made.tlbwe[0] = -1
        if which >= REFILLS:
            return
        for i in range(script.length):
            step = &script.steps[i]
            if step.kind == STEP_PRIVILEGED and step.a == OP_TLBWE and <int>step.b == TLBWE_ORDER[found]:
                made.tlbwe[found] = i
                found += 1
                if found == 3:
                    return
            elif found and step.kind != STEP_RUN:
                break
        made.tlbwe[0] = -1

    cdef bint _is_whole(self, int which) noexcept:
        """Whether a script is a refill as Linux has it: its data first, then words 1, 0, 2 of one entry, then back."""
        cdef const Script *script = &self.scripts[which]
        cdef const Stretches *made = &self.stretches[which]
        cdef const Step *step
        cdef const Write *write = made.writes
        cdef int i
        cdef int found = 0
        cdef bint knows_id = False
        if which >= REFILLS:
            return False
        for i in range(script.length):
            step = &script.steps[i]
            if made.end[i] > i:
                if found and (step.kind == STEP_LOAD or step.kind == STEP_STORE):
                    return False
            elif (step.kind == STEP_PRIVILEGED and step.a == OP_TLBWE and found < 3
                  and <int>step.b == TLBWE_ORDER[found]):
                found += 1
            elif not (step.kind == STEP_PRIVILEGED and found == 3 and step.a == OP_RFI and step.b == RFI_BACK
                      and i == script.length - 1):
                return False
        while write < made.sums[script.length].write:
            knows_id |= write.op == OP_MTSPR and write.spr == SPR_MMUCR
            write += 1
        return found == 3 and knows_id and made.end[script.length - 1] == script.length - 1 and (
            made.sums[script.length].index_stores == 1)

    def __dealloc__(self):
        cdef int i
        for i in range(SCRIPTS):
            free(self.scripts[i].steps)
            free(self.stretches[i].sums)
            free(self.stretches[i].writes)
            free(self.stretches[i].end)
            free(self.stretches[i].data)
        for i in range(256):
            give_back(self.tables[i].frames, FRAMES_BYTES)
            free(self.tables[i].tables)

    cdef int _state(self, State state) except -1:
        """Its part of the guest's list of state."""
        cdef int i
        for i in range(self.processes + 1):
            state.bytes_(f"table{i}.frames", self.tables[i].frames, FRAMES_BYTES)
            state.bytes_(f"table{i}.tables", self.tables[i].tables, 4 * 2048)
        state.small("current", &self.current, 0, self.processes - 1)
        state.word("next_frame", &self.next_frame)
        state.number("idle_time", &self.idle_time)
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """Its part of the list of statistics."""
        state.counters("played.refills", self.played, REFILLS)
        state.counter("played.switches", &self.played[SWITCH])
        state.counter("played.ios", &self.played[IO])
        state.counter("played.syscalls", &self.played[SYSCALL])
        state.counter("played.timers", &self.played[TIMER])
        state.counter("played.flushes", &self.played[FLUSH])
        state.counter("played.page_flushes", &self.played[PAGE_FLUSH])
        state.counter("played.idles", &self.played[IDLE])
        return state.counter("frames_taken", &self.frames_taken, stat="frames")

    cdef void handle(self, const Exit *exit) noexcept nogil:
        """The handler of a delivered vector."""
        if exit.vector == V_DTLB:
            self.refill(DATA_KERNEL if exit.ea >= KERNEL_BASE else DATA_USER, exit.ea)
        elif exit.vector == V_ITLB:
            self.refill(INST_KERNEL if exit.ea >= KERNEL_BASE else INST_USER, exit.ea)

    cdef inline void refill(self, int which, uint32_t ea) noexcept nogil:
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
        cdef const int *end = self.stretches[play.which].end
        cdef int entry = self.stretches[play.which].tlbwe[0]
        cdef int i = 0
        cdef int begun
        cdef int hold = 0 if self.core.fast else script.length
        self.played[play.which] += 1
        self.depth += 1
        play.code = self.handler_code
        play.slot = self.index + 1
        play.wraps = play.slot > self.watermark
        if play.wraps:
            play.slot = 0
        if (hold == 0 and self.native and not self.core.micro_on and self.stretches[play.which].whole
                and self._refill_whole(play)):
            self.depth -= 1
            return
        while i < script.length and self.core.stop != WATCHDOG:
            if i >= hold and i == entry:
                begun = i
                i = self._rewrite(play, begun)
                if i > begun:
                    continue
            elif i >= hold and end[i] > i:
                begun = i
                i = self._pass(play, begun)
                if i > begun:
                    continue
                if i < 0:                 # something is due within: as far as that goes step by step
                    hold = -i
                    i = begun
            if script.steps[i].kind == STEP_UNLESS_FOUND and not play.found:
                i += script.steps[i].a
            else:
                self._step(play, &script.steps[i])
            i += 1
        self.depth -= 1

    cdef bint _refill_whole(self, Play *play) noexcept nogil:
        """A refill of the bare machine from its first instruction to its rfi; False: nothing is done, it goes by steps.

        All its pages have to be held, by entries that it does not replace; a TLB in which entries overlap is judged at
        each word.
        """
        cdef const Script *script = &self.scripts[play.which]
        cdef const Stretches *stretches = &self.stretches[play.which]
        cdef const Sums *sums = &stretches.sums[script.length]
        cdef const uint16_t *cells = self.core.context.cells
        cdef bint kernel = play.which == DATA_KERNEL or play.which == INST_KERNEL
        cdef uint16_t cell = cells[play.code >> 12]
        cdef uint32_t datum
        cdef int i
        if (cell == 0 or cell == play.slot + 1 or self.core.tlb.overlapped or self.core.stop == WATCHDOG
                or self.core.context.pr or play.ea >> self.page_shift == play.code >> self.page_shift):
            return False
        for i in range(sums.data):
            datum = self._datum(play, &script.steps[stretches.data[i]])
            cell = cells[datum >> 12]
            if cell == 0 or cell == play.slot + 1 or datum == self.device_page:
                return False
        if not self.core.refill_whole(play.code, sums, play.wraps, 0 if kernel else self.current + 1, play.slot,
                                      self._word(play, 0), play.word1, play.word2, self.depth == 1):
            return False
        self.index = play.slot
        return True

    cdef bint _is_pinned(self, int which) noexcept nogil:
        """Whether a refill is done in one go, and all its data lie in the kernel's pinned page if page tables do."""
        cdef const Script *script = &self.scripts[which]
        cdef const Stretches *stretches = &self.stretches[which]
        cdef Step *step
        cdef Play play
        cdef int i, j
        memset(&play, 0, sizeof(Play))
        play.table = &self.tables[self.current]
        play.to = self.current
        for i in range(stretches.sums[script.length].data):
            step = &script.steps[stretches.data[i]]
            if step.a == AT_PTE:
                if step.b >= 8:
                    return False
                continue
            for j in range(2):                # the first address that a user has, the one behind the last
                play.ea = KERNEL_BASE if j else 0
                if self._datum(&play, step) & PINNED_MASK != KERNEL_BASE:
                    return False
        return stretches.whole

    cdef bint plain_refills(self, Refills *refills) noexcept nogil:
        """As `GuestSoftware` has it: of the bare machine, with pages of 4 KiB, while none overlaps the pinned one."""
        cdef PageTable *table = &self.tables[self.current]
        if (not self.native or self.page_shift != 12 or self.watermark < 2
                or not self.core.within(0, 1, self.current + 1)
                or not self.core.tlb.apart(self.watermark + 1, KERNEL_BASE, PINNED_MASK)
                or self.device_page & PINNED_MASK == KERNEL_BASE or self.handler_code & PINNED_MASK != KERNEL_BASE
                or not self._is_pinned(DATA_USER) or not self._is_pinned(INST_USER)):
            return False
        memset(refills, 0, sizeof(Refills))
        refills.sums[0] = &self.stretches[DATA_USER].sums[self.scripts[DATA_USER].length]
        refills.sums[1] = &self.stretches[INST_USER].sums[self.scripts[INST_USER].length]
        refills.code = self.handler_code
        refills.end = KERNEL_BASE >> 12
        refills.frames = table.frames
        refills.tables = table.tables
        refills.table_shift = self.table_shift - 12
        refills.next_frame = self.next_frame
        refills.last_frame = min(self.last_frame, <uint32_t>PINNED_FRAMES)
        refills.word0 = W0_VALID | self.size_code
        refills.word2 = self.user_word2
        refills.last = self.watermark
        refills.slot = self.index
        refills.trailing = -1
        return True

    cdef void refilled(self, const Refills *refills) noexcept nogil:
        self.played[DATA_USER] += refills.missed[LOAD] + refills.missed[STORE]
        self.played[INST_USER] += refills.missed[FETCH]
        self.index = refills.slot
        self.frames_taken += refills.next_frame - self.next_frame
        self.next_frame = refills.next_frame

    cdef inline int _rewrite(self, Play *play, int first) noexcept nogil:
        """The three tlbwe of a supervised guest's refill: the step behind the last that is done."""
        cdef const Stretches *stretches = &self.stretches[play.which]
        cdef const Sums *sums = stretches.sums
        cdef Rewrite entry
        cdef int done, i
        if self.native or self.core.context.cells[play.code >> 12] == 0:
            return first
        entry.slot = play.slot
        for i in range(3):
            entry.word[i] = TLBWE_ORDER[i]
            entry.value[i] = self._word(play, TLBWE_ORDER[i])
            entry.instructions[i] = i + 1 + sums[stretches.tlbwe[i]].instructions - sums[first].instructions
        entry.code = &self.core.context.cells[play.code >> 12]
        done = self.core.rewrite(play.code, &entry)
        return stretches.tlbwe[done - 1] + 1 if done else first

    cdef inline int _pass(self, Play *play, int first) noexcept nogil:
        """The steps of a stretch from one on, up to the first datum that is not held: the step behind them, negative
        when they cannot be passed over at once."""
        cdef const Stretches *stretches = &self.stretches[play.which]
        cdef const uint16_t *cells = self.core.context.cells
        cdef const Sums *since = &stretches.sums[first]
        cdef Step *steps = self.scripts[play.which].steps
        cdef int end = stretches.end[first]
        cdef int i, step
        cdef int stid = 0 if play.which == DATA_KERNEL or play.which == INST_KERNEL else self.current + 1
        cdef Datum data[MOST_DATA]
        cdef int found = 0
        cdef uint32_t datum
        if cells[play.code >> 12] == 0:
            return first
        for i in range(since.data, stretches.sums[end].data):
            step = stretches.data[i]
            datum = self._datum(play, &steps[step])
            if cells[datum >> 12] == 0 or (datum == self.device_page and self.native) or found == MOST_DATA:
                end = step
                break
            data[found] = Datum(datum, stretches.sums[step].privileged)
            found += 1
        if end == first:
            return first
        if not self.core.pass_steps(play.code, since, &stretches.sums[end], play.wraps, stid, data):
            return -end
        if stretches.sums[end].index_stores > since.index_stores:
            self.index = play.slot
        return end

    cdef inline void _step(self, Play *play, Step *step) noexcept nogil:
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
                self.core.spend(CYCLES_KERNEL, self.core.costs.of.isync_latency)
                self.core.synchronise()
        elif step.kind != STEP_UNLESS_FOUND:
            self._reference(play, step)

    cdef inline void _privileged(self, Play *play, int op, uint32_t operand) noexcept nogil:
        """A privileged instruction that was fetched."""
        cdef Exit instruction
        if op == OP_RFI and self.core.go_back(self._returns_to_user(operand)):
            return
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
        elif op == OP_RFI:
            instruction.value = self._returns_to_user(operand)
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

    cdef inline bint _returns_to_user(self, uint32_t operand) noexcept nogil:
        """The PR that an rfi returns to."""
        return self.depth == 1 if operand == RFI_BACK else operand

    cdef inline void _tlbwe(self, Exit *instruction, Play *play, uint32_t word) noexcept nogil:
        """Fill in one word of the refill's entry, or the word 0 that makes the found entry invalid."""
        if word == WORD_INVALIDATE:
            instruction.slot = play.found_slot
            return
        instruction.word = word
        instruction.slot = play.slot
        instruction.value = self._word(play, word)

    cdef inline uint32_t _word(self, const Play *play, int word) noexcept nogil:
        """Of the entry that a refill writes."""
        if word == 0:
            return play.ea >> self.page_shift << self.page_shift | W0_VALID | self.size_code
        return play.word1 if word == 1 else play.word2

    cdef inline void _sweep(self, Play *play, int after) noexcept nogil:
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

    cdef inline uint32_t _datum(self, Play *play, Step *step) noexcept nogil:
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

    cdef inline void _reference(self, Play *play, Step *step) noexcept nogil:
        """A load or a store of the handler."""
        cdef uint32_t datum = self._datum(play, step)
        self.core.kernel_run(play.code, 1)
        self.core.access(datum, STORE if step.kind == STEP_STORE else LOAD, False)
        if self.core.stop == WATCHDOG:
            return
        if datum == self.device_page and self.native:
            self.core.spend(CYCLES_KERNEL, self.core.costs.of.device_latency)
        if step.a == AT_INDEX and step.kind == STEP_STORE:
            self.index = play.slot

    cdef inline uint32_t frame(self) noexcept nogil:
        """The next free frame. Memory was found sufficient before the run; a machine played by hand may share the last."""
        if self.next_frame >= self.last_frame:
            return self.last_frame - 1
        self.next_frame += 1
        self.frames_taken += 1
        return self.next_frame - 1
