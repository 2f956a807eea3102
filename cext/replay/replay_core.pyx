# SPDX-License-Identifier: BSD-3-Clause
"""The replay of a recording, instruction by instruction where something may miss, and record by record where nothing can.

The guest's doing comes from the recording, its supervisor's from whoever takes the exceptions, as with a core that
executes. An instruction whose look-ups lead to an exit is begun anew, with its fetch. Nothing is made to fit: where the
guest would not go on as it did, the replay ends and says so.
"""

from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport (
    decode_field10, ESR_PTR, ESR_ST, FOREVER, OP_CACHE, OP_ILLEGAL, OP_MFDCR, OP_MTDCR, OP_MTSPR, OP_RFCI, OP_RFI,
    OP_RFMCI, OP_TLBRE, OP_TLBSX, OP_TLBSYNC, OP_TLBWE, OP_TRAP, SPR_MMUCR, V_DECREMENTER, V_DSI, V_DTLB, V_ISI, V_ITLB,
    V_NONE, V_PROGRAM, V_SYSCALL, VECTORS, W2_SR, W2_SW, W2_SX, W2_USER_SHIFT,
)
from simobjects.cext.arch.opcodes440 cimport XO_dcbi
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.processor cimport (
    CYCLE_KINDS, CYCLE_LIMIT, CYCLES_IDLE, CYCLES_KERNEL, CYCLES_USER, END_OF_WORKLOAD, FAILED, MARKER, PAUSED,
    ROI_BEGIN, ROI_END, RUNNING, WATCHDOG,
)
from simobjects.cext.core.supervisor cimport FETCH, GuestSoftware, LOAD, STORE, Supervisor
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.core.tlb_array cimport lookup
from simobjects.cext.engine.endings import END_NAMES, SPINS
from simobjects.cext.kvm.failures import failure_sentence
from simobjects.cext.traces.recording cimport (
    AFTER_EXIT, AT_BOUNDARY, FIVE_BITS, IN_ATTEMPT, K_ALONG_READ, K_CONTEXT, K_DEVICE, K_END, K_FAULT, K_IDLE, K_INTERRUPT, K_LINE,
    K_LOAD, K_MARK, K_PRIVILEGED, K_READ, K_REGISTER, K_STORE, K_TRY, LINE_ASLEEP, LINE_AT_PLACE, LINE_IN_ACCESS,
    MARK_BEGIN, MARK_END, MARK_FINISH, OPERAND_MOST, OPERATION_SHIFT, REFERENCE_KINDS, REFERENCE_SHIFT, VECTOR_SHIFT,
)
from simobjects.cext.traces.stream cimport stream_state

cdef int64_t MC = 1000               # time units in a cycle
cdef int64_t LATEST = 1 << 60        # waits lead no further, in 1/1000 cycle: some days of guest time
cdef int AHEAD_MOST = 256            # records that are looked at for the interrupt that an exit leads to
cdef int TURNS_MOST = 1 << 18        # of the loop, until whoever runs the core has a look at its limits
cdef uint32_t WHOLE = 0xFFFFFFFF
cdef uint32_t PAGE = 0xFFFFF000

PARTINGS = {
    PART_PLACE: "it would go on at another place",
    PART_INTERRUPT: "it would take an interrupt here that it did not take",
    PART_NO_FAULT: "the exception that it had here would not come",
    PART_PRIVILEGE: "its privilege, address spaces or PID would be others",
}

cdef int END_SPINS = SPINS


cdef inline uint32_t permission(int reference, bint user) noexcept nogil:
    """The bit of an entry that allows a reference."""
    return (W2_SX if reference == FETCH else W2_SW if reference == STORE else W2_SR) << (W2_USER_SHIFT if user else 0)


cdef class ReplayCore(Processor):
    def connect(self, TLB tlb not None, Costs costs not None, RecordedStream stream not None, *, int64_t watchdog=10000,
                int64_t roi_begin=-1, int64_t roi_end=-1, bint foreign=False):
        """The TLB it looks up, and the recording; `watchdog`: exits in a row without an instruction that end the run.

        `foreign`: it was recorded on the bare machine, where interrupts come between instructions, not at exits.
        """
        self.tlb = tlb
        self.costs = costs
        self.stream = stream
        self.at = &stream.cursor
        self.native = True
        self.foreign = foreign
        self.watchdog = watchdog
        self.roi_begin = roi_begin if roi_begin >= 0 else FOREVER
        self.roi_end = roi_end if roi_end >= 0 else FOREVER
        self.slept_at = -1
        self.accessing = -1
        self.fault_vector = V_NONE
        Processor.enter_context(self, 0, 0, 0)
        self.code = self.data = self.context

    def attach(self, Supervisor supervisor not None, GuestSoftware guest=None):
        """Give the exceptions to a supervisor; without this call the guest is on the bare machine."""
        self.supervisor = supervisor
        self.guest = guest
        self.native = False

    def begin(self):
        """Time zero: whoever supervises puts the guest on the processor."""
        if self.supervisor is not None:
            self.supervisor.begin()

    cdef void enter_context(self, int as_, int pr, int pid) noexcept nogil:
        Processor.enter_context(self, as_, pr, pid)
        self.code = self.data = self.context
        self.mode = self.guest_user

    cdef int64_t next_event(self) noexcept nogil:
        """Of the guest's devices: when, in the wait that is recorded, the interrupt controller's output changed next."""
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        if self.slept_at < 0 or i >= at.records or at.kind[i] != K_LINE or at.fetch_page[i] >> 1 != LINE_ASLEEP:
            return FOREVER
        return self.slept_at + (at.data_page[i] | <int64_t>(at.fetches[i] & 0x0FFFFFFF) << 32)

    cdef void run_events(self) noexcept nogil:
        cdef bint level
        while self.next_event() <= self.time:
            level = self.at.fetch_page[self.at.record] & 1
            self.at.record += 1
            self.supervisor.external(level)

    # ---- where the replay is

    cdef inline int64_t _done(self) noexcept nogil:
        return self.insns[0] + self.insns[1] + self.loads[0] + self.loads[1] + self.stores[0] + self.stores[1]

    cdef inline void _went_on(self) noexcept nogil:
        """Something of the recording is done: a change of the line that waited for exits waits no longer."""
        self.exits_here = 0
        self.line_after = 0

    cdef void _part(self, int why, uint32_t pc) noexcept nogil:
        """The guest and its recording go different ways from here."""
        if self.stop == FAILED:
            return
        self.parting = why
        self.parted_at = pc
        self.stop = FAILED

    cdef inline bint _is_at(self, uint32_t place, uint32_t mask) noexcept nogil:
        """Whether the guest goes on where the recording does, if that is known."""
        if self.checks and (self.place ^ place) & mask:
            self._part(PART_PLACE, self.place)
            return False
        self.checks = False
        return True

    # ---- exits

    cdef void _exit(self, Exit *exit, int wanted) noexcept nogil:
        """An exception. `wanted`: what the guest took from outside at the end of this exit, or V_NONE."""
        cdef int64_t done = self.insns[0] + self.insns[1]
        if self.native:
            self._part(PART_INTERRUPT, exit.pc)
            return
        self.row = self.row + 1 if done == self.row_mark else 1
        self.row_mark = done
        if self.row > self.watchdog:
            self.watchdog_ea = exit.ea
            self.stop = WATCHDOG
            return
        self.pc = exit.pc
        exit.next_pc = exit.pc
        exit.vector = V_NONE
        self.exits_here += 1
        self.supervisor.expects(wanted)
        self.supervisor.take(exit)
        self._taken(exit, wanted)

    cdef void _taken(self, Exit *exit, int wanted) noexcept nogil:
        if self.supervisor.sleeping():
            if exit != &self.sleeper:
                self.sleeper = exit[0]
                self.slept_at = self.time
            return
        if exit.failed:
            self.failure = exit.failed
            self.failed_insn = exit.insn
            self._part(PART_FAILED, exit.pc)
            return
        if exit.completed:
            if exit.kind != V_PROGRAM:
                if self.accessing < 0:
                    self._part(PART_PLACE, exit.pc)
                    return
                self.at.record = self.accessing + 1
                self._complete()
                self._count(K_STORE if exit.reference == STORE else K_LOAD, 1)
                self.tlb.lookups -= 1           # the look-up that missed was its only one
                self.more_lookups[self.mode] -= 1
                self.exits_here = 0
            self._lines_of_access()
            self.supervisor.resume(exit)
        if exit.vector != V_NONE:
            if exit.vector == wanted:
                self._arrived(exit.vector)
            elif exit.vector == self.fault_vector:
                self.faulted = True
            else:
                self._part(PART_INTERRUPT, exit.pc)
        if exit.next_pc != exit.pc:
            self.checks = True
            self.place = exit.next_pc

    cdef void _lines_of_access(self) noexcept nogil:
        """What the access did to the interrupt controller's output."""
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        if i < at.records and at.kind[i] == K_LINE and at.fetch_page[i] >> 1 == LINE_IN_ACCESS:
            at.record += 1
            self.supervisor.external(at.fetch_page[i] & 1)

    cdef int _awaited(self, int64_t record) noexcept nogil:
        """The interrupt that ends the exit before this record, V_NONE when none does."""
        cdef Cursor *at = self.at
        cdef int64_t i
        cdef int how, kind
        for i in range(record, min(record + AHEAD_MOST, at.records)):
            kind = at.kind[i]
            if kind == K_INTERRUPT:
                how = at.accesses[i] >> VECTOR_SHIFT & FIVE_BITS
                if how == AFTER_EXIT or (how == AT_BOUNDARY and self.foreign):
                    return at.accesses[i] & FIVE_BITS
                return V_NONE
            if kind == K_LINE and at.fetch_page[i] >> 1 == LINE_AT_PLACE:
                return V_NONE
            if kind != K_LINE and kind != K_IDLE and not (kind == K_CONTEXT and self.foreign):
                return V_NONE
        return V_NONE

    cdef void _arrived(self, int vector) noexcept nogil:
        """The interrupt that was recorded here has been taken: go on after it."""
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        while i < at.records and at.kind[i] != K_INTERRUPT:
            if at.kind[i] == K_LINE:
                self.supervisor.external(at.fetch_page[i] & 1)
            i += 1
        at.record = i + 1
        self._went_on()

    cdef void _tick(self, uint32_t pc, int wanted) noexcept nogil:
        """The host's timer interrupt, or an exit that stands for one."""
        cdef Exit exit
        memset(&exit, 0, sizeof(Exit))
        exit.kind = V_DECREMENTER
        exit.host_timer = 1
        exit.pc = pc
        self._exit(&exit, wanted)

    cdef void _sleep(self) noexcept nogil:
        """A guest that waits, an event further."""
        cdef int wanted = self._awaited(self.at.record)
        self.supervisor.expects(wanted)
        self.supervisor.sleep_on(&self.sleeper)
        self._taken(&self.sleeper, wanted)
        if not self.supervisor.sleeping():
            self.slept_at = -1
            self.exits_here = 0

    # ---- look-ups

    cdef inline bint _resident(self, uint32_t page, int reference) noexcept nogil:
        """Whether references to a page can be passed over: they hit, are allowed and change nothing."""
        cdef uint16_t cell
        if reference == FETCH:
            cell = self.code.cells[page]
            return cell != 0 and self.tlb.w2[cell - 1] & permission(reference, self.code.pr)
        cell = self.data.cells[page]
        return cell != 0 and self.tlb.w2[cell - 1] & permission(reference, self.data.pr)

    cdef inline bint _reach(self, Context *context, uint32_t ea, int reference, uint32_t pc, uint32_t insn, int wanted) noexcept nogil:
        """One look-up; False when it led to an exit, and the instruction is to be begun anew."""
        cdef int slot = lookup(self.tlb, context, ea)
        cdef Exit exit
        if slot >= 0:
            if self.tlb.w2[slot] & permission(reference, context.pr):
                return True
        else:
            self.tlb.misses += 1
            self.misses[self.mode][reference] += 1
        self.tlb.lookups += 1
        self.more_lookups[self.mode] += 1
        memset(&exit, 0, sizeof(Exit))
        if reference == FETCH:
            exit.kind = V_ITLB if slot < 0 else V_ISI
        else:
            exit.kind = V_DTLB if slot < 0 else V_DSI
            exit.esr = ESR_ST if reference == STORE else 0
        exit.ea = ea
        exit.reference = reference
        exit.insn = insn
        exit.pc = pc
        if self.native and exit.kind == self.fault_vector:
            self.faulted = True
        else:
            self._exit(&exit, wanted)
        return False

    cdef inline void _complete(self) noexcept nogil:
        """An instruction is done."""
        self.insns[self.mode] += 1
        self.tlb.lookups += 1
        self.spend(CYCLES_USER if self.mode else CYCLES_KERNEL, self.costs.of.guest_cpi)

    cdef inline void _count(self, int kind, int64_t count) noexcept nogil:
        """Look-ups of a kind that hit."""
        if kind >= K_ALONG_READ:
            return
        self.tlb.lookups += count
        if kind == K_LOAD:
            self.loads[self.mode] += count
        elif kind == K_STORE:
            self.stores[self.mode] += count
        else:
            self.more_lookups[self.mode] += count

    # ---- references

    cdef inline void _bulk(self, int64_t target) noexcept nogil:
        """Pass over whole instructions, records at a time, as long as all hit and nothing is due."""
        cdef Cursor *at = self.at
        cdef int64_t horizon = self.deadline if self.deadline < self.limit else self.limit
        cdef int64_t cpi = self.costs.of.guest_cpi
        cdef int64_t fetch_room = FOREVER
        cdef int64_t room = target - self._done()
        cdef int64_t i = at.record
        cdef int64_t n_done = at.accesses_done
        cdef int64_t m_done = at.fetches_done
        cdef int64_t fetches = 0
        cdef int64_t taken = 0
        cdef int64_t j, m, part, all_refs
        cdef int64_t counted[REFERENCE_KINDS]
        cdef int64_t group[REFERENCE_KINDS]
        memset(counted, 0, sizeof(counted))
        if self.time >= horizon:
            return
        if cpi > 0 and horizon != FOREVER:
            fetch_room = (horizon - self.time - 1) // cpi + 1      # the last of them begins before the horizon
        while i < at.records and at.kind[i] < REFERENCE_KINDS:
            m = at.fetches[i] - m_done
            if not self._resident(at.fetch_page[i], FETCH):
                break
            memset(group, 0, sizeof(group))
            group[at.kind[i]] = at.accesses[i] - n_done
            if group[at.kind[i]] and not self._resident(at.data_page[i], at.kind[i] & 1):
                break
            j = i + 1
            while j < at.records and at.kind[j] < REFERENCE_KINDS and at.fetches[j] == 0:
                if not self._resident(at.data_page[j], at.kind[j] & 1):
                    break
                group[at.kind[j]] += at.accesses[j]
                j += 1
            if j < at.records and at.kind[j] < REFERENCE_KINDS and at.fetches[j] == 0:
                break
            all_refs = taken + m + group[<int>K_LOAD] + group[<int>K_STORE]
            if fetches + m > fetch_room or all_refs > room:
                part = min(m, fetch_room - fetches, room - taken)
                if at.accesses[i] == 0 and part > 0:
                    m_done += part
                    fetches += part
                break
            taken = all_refs
            fetches += m
            for part in range(REFERENCE_KINDS):
                counted[part] += group[part]
            n_done = m_done = 0
            i = j
        if fetches == 0:
            return
        at.record = i
        at.accesses_done = n_done
        at.fetches_done = m_done
        if i < at.records and at.accesses[i] == n_done and at.fetches[i] == m_done and at.kind[i] < REFERENCE_KINDS:
            at.record += 1
            at.accesses_done = at.fetches_done = 0
        self.insns[self.mode] += fetches
        self.tlb.lookups += fetches
        self.spend(CYCLES_USER if self.mode else CYCLES_KERNEL, fetches * cpi)
        for part in range(REFERENCE_KINDS):
            self._count(<int>part, counted[part])
        self._went_on()

    cdef inline void _one(self) noexcept nogil:
        """The next instruction: its fetch, and all that it looks up; or what one that began with a device still does."""
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        cdef int64_t a = at.accesses_done
        cdef int64_t f = at.fetches_done + 1
        cdef int64_t n = at.accesses[i]
        cdef int64_t m = at.fetches[i]
        cdef uint32_t pc = at.fetch_page[i] << 12
        cdef bint begun = m == 0       # fetched and counted with the record before
        cdef int64_t counted[REFERENCE_KINDS]
        memset(counted, 0, sizeof(counted))
        if not begun and not self._reach(self.code, pc, FETCH, pc, 0, V_NONE):
            return
        while True:
            while a < n and f >= (a + 1) * m // n:
                if not self._reach(self.data, at.data_page[i] << 12, at.kind[i] & 1, pc, 0, V_NONE):
                    return
                counted[at.kind[i]] += 1
                a += 1
            if a < n or f < m:
                break
            i += 1
            a = f = 0
            if i == at.records or at.kind[i] >= REFERENCE_KINDS or at.fetches[i]:
                break
            n = at.accesses[i]
            m = 0
        at.record = i
        at.accesses_done = a
        at.fetches_done = f
        if not begun:
            self._complete()
        for i in range(REFERENCE_KINDS):
            self._count(<int>i, counted[i])
        self._went_on()

    # ---- everything else that a recording has

    cdef void _privileged(self) noexcept nogil:
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        cdef uint32_t pc = at.fetch_page[i]
        cdef uint32_t insn = at.data_page[i]
        cdef uint32_t operand = at.accesses[i] & OPERAND_MOST
        cdef int op = at.accesses[i] >> OPERATION_SHIFT
        cdef Exit exit
        if not self._reach(self.code, pc, FETCH, pc, 0, V_NONE):
            return
        self._complete()
        at.record += 1
        self._went_on()
        if self.native:
            self._execute(op, insn, operand, at.fetches[i])
            return
        memset(&exit, 0, sizeof(Exit))
        exit.kind = V_PROGRAM
        exit.pc = pc
        exit.insn = insn
        exit.op = op
        exit.spr = decode_field10(insn)
        if op == OP_MTDCR or op == OP_MFDCR:
            exit.spr = <int>operand
        exit.word = insn >> 11 & 31
        exit.slot = <int>operand
        exit.record = insn & 1
        exit.value = at.fetches[i]
        if op == OP_TLBSX:
            exit.ea = at.fetches[i]
        self._exit(&exit, self._awaited(at.record))
        self.exits_here = 0

    cdef void _execute(self, int op, uint32_t insn, uint32_t operand, uint32_t value) noexcept nogil:
        """A privileged instruction on the bare machine: what it does to the TLB, and what it costs."""
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        cdef int word = insn >> 11 & 31
        cdef int slot = <int>(operand % <uint32_t>self.tlb.entries)
        cdef int64_t cost = self.costs.of.spr_latency
        cdef int mode = self.mode
        if op == OP_TLBWE:
            cost = self.costs.of.tlbwe_latency
            if word <= 2:
                self.tlb.write_word(slot, word, value, self.stid)
        elif op == OP_TLBRE:
            if word == 0:
                self.stid = self.tlb.tid[slot]
        elif op == OP_MTSPR:
            if decode_field10(insn) == SPR_MMUCR:
                self.stid = value & 255
        elif op == OP_RFI or op == OP_RFCI or op == OP_RFMCI:
            cost = self.costs.of.rfi_latency
            if i < at.records and at.kind[i] == K_CONTEXT:     # it is the time of where it returns to
                mode = at.data_page[i] & 1
                i += 1
            if i < at.records and at.kind[i] == K_INTERRUPT:
                mode = 0
        elif op == OP_TLBSYNC or op == OP_CACHE:
            cost = 0
            if insn >> 1 & 1023 == XO_dcbi:
                self._count(K_READ, 1)
        self.spend(CYCLES_USER if mode else CYCLES_KERNEL, cost)

    cdef void _attempt(self) noexcept nogil:
        """What ends in something else than a completed instruction, or is the access of a device: its look-ups first."""
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        cdef int64_t tried = i
        cdef uint32_t pc
        cdef int kind, raised, reference
        cdef bint fetches
        while i < at.records and at.kind[i] == K_TRY and i - at.record < AHEAD_MOST:
            i += 1
        if i == at.records or at.kind[i] == K_TRY:
            self._part(PART_PLACE, at.fetch_page[at.record] << 12)
            return
        kind = at.kind[i]
        pc = at.fetch_page[i]
        raised = at.accesses[i] & FIVE_BITS
        reference = at.accesses[i] >> REFERENCE_SHIFT
        if kind == K_INTERRUPT:
            fetches = tried < i or ((at.accesses[i] >> VECTOR_SHIFT & FIVE_BITS) == IN_ATTEMPT and reference != FETCH)
        else:
            fetches = not (kind == K_FAULT and (raised == V_ITLB or raised == V_ISI or raised == V_SYSCALL))
        if fetches and not (self.native and kind == K_INTERRUPT):
            if not self._reach(self.code, pc, FETCH, pc, 0, V_NONE):
                return
        while tried < i and not (self.native and kind == K_INTERRUPT):
            if at.accesses[tried] != FETCH:
                if not self._reach(self.data, at.data_page[tried] << 12, at.accesses[tried], pc, 0, V_NONE):
                    return
            tried += 1
        if kind == K_FAULT:
            self._fault(i)
        elif kind == K_DEVICE:
            self._device(i)
        elif kind == K_INTERRUPT:
            self._interrupt(i)
        else:
            self._part(PART_PLACE, pc)

    cdef void _fault(self, int64_t i) noexcept nogil:
        """The exception that the guest's own handler took; all before it has been looked up."""
        cdef Cursor *at = self.at
        cdef uint32_t pc = at.fetch_page[i]
        cdef int raised = at.accesses[i] & FIVE_BITS
        cdef int vector = at.accesses[i] >> VECTOR_SHIFT & FIVE_BITS
        cdef int reference = at.accesses[i] >> REFERENCE_SHIFT
        cdef bint reached = False
        cdef Exit exit
        self.fault_vector = vector
        self.faulted = False
        if raised == V_ITLB or raised == V_ISI:
            reached = self._reach(self.code, at.data_page[i], FETCH, pc, 0, V_NONE)
        elif raised == V_DTLB or raised == V_DSI:
            reached = self._reach(self.data, at.data_page[i], reference, pc, at.fetches[i], V_NONE)
        elif self.native:
            self.faulted = True
        else:
            memset(&exit, 0, sizeof(Exit))
            exit.kind = raised
            exit.pc = pc
            exit.insn = at.fetches[i]
            exit.ea = at.data_page[i]
            exit.esr = at.data_page[i]
            exit.reference = reference
            exit.op = OP_TRAP if exit.esr & ESR_PTR else OP_ILLEGAL
            self._exit(&exit, V_NONE)
        self.fault_vector = V_NONE
        if reached:
            self._part(PART_NO_FAULT, pc)
        if not self.faulted:
            return
        at.record = i + 1
        self._went_on()
        if self.native:
            self.vectors[vector] += 1
            self.spend(CYCLES_KERNEL, self.costs.of.interrupt_latency)

    cdef void _device(self, int64_t i) noexcept nogil:
        """An access of a device: user space's under a host."""
        cdef Cursor *at = self.at
        cdef int reference = at.accesses[i] & 1
        if self.native:
            if not self._reach(self.data, at.data_page[i], reference, at.fetch_page[i], at.fetches[i], V_NONE):
                return
            if at.accesses[i] & 4:
                self._complete()
            self._count(reference, 1)
            self.spend(CYCLES_USER if self.mode else CYCLES_KERNEL, self.costs.of.device_latency)
            at.record = i + 1
            self._went_on()
            return
        self.accessing = i
        if self._reach(self.data, at.data_page[i], reference, at.fetch_page[i], at.fetches[i], self._awaited(i + 1)):
            self._part(PART_NO_FAULT, at.fetch_page[i])
        self.accessing = -1

    cdef void _interrupt(self, int64_t i) noexcept nogil:
        """An interrupt from outside, at its place."""
        cdef Cursor *at = self.at
        cdef uint32_t pc = at.fetch_page[i]
        cdef uint32_t ea = at.data_page[i]
        cdef int vector = at.accesses[i] & FIVE_BITS
        cdef int how = at.accesses[i] >> VECTOR_SHIFT & FIVE_BITS
        cdef int reference = at.accesses[i] >> REFERENCE_SHIFT
        cdef bint fetch = reference == FETCH
        if self.native:
            at.record = i + 1
            self._went_on()
            self.vectors[vector] += 1
            self.spend(CYCLES_KERNEL, self.costs.of.interrupt_latency)
            return
        if how == IN_ATTEMPT and not self._reach(self.code if fetch else self.data, ea, reference, pc, 0,
                                                 vector if self.exits_here >= at.fetches[i] else V_NONE):
            return
        self._tick(pc, vector)       # no exit has come by itself

    cdef void _context(self) noexcept nogil:
        """Privilege, spaces and PID from here on."""
        cdef uint32_t word = self.at.data_page[self.at.record]
        cdef int pr = word & 1
        cdef int pid = word >> 8 & 255
        self.at.record += 1
        if not self.native:
            if self.supervisor.guest_context() != word:
                self._part(PART_PRIVILEGE, self.place)
            return
        self.mode = pr
        Processor.enter_context(self, word >> 1 & 1, pr, pid)
        self.code = self.context
        self.data = self.tlb.context(word >> 2 & 1, pr, pid)
        if self.data == NULL:
            self.data = self.code

    cdef void _mark(self) noexcept nogil:
        """The guest told the simulator something."""
        cdef Cursor *at = self.at
        self.mark = at.accesses[at.record]
        self.told = at.data_page[at.record]
        at.record += 1
        self.stop = END_OF_WORKLOAD if self.mark == MARK_FINISH else MARKER
        self.end_reason = 2

    cdef void _untimed(self, int kind) noexcept nogil:
        """What takes no time of its own."""
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        cdef bint level = at.fetch_page[i] & 1
        cdef int64_t wait
        if kind == K_CONTEXT:
            self._context()
        elif kind == K_MARK:
            self._mark()
        elif kind == K_IDLE:
            at.record += 1
            if self.native:
                wait = at.data_page[i] | <int64_t>(at.fetches[i] & 0x0FFFFF) << 32
                self.spend(CYCLES_IDLE, min(wait, max(0, LATEST - self.time)))
        else:
            at.record += 1
            if self.native:
                return
            if self.line_waits:
                self.supervisor.external(self.line_level)
                self.line_waits = False
            if at.fetch_page[i] >> 1 == LINE_AT_PLACE:
                self.line_waits = True
                self.line_level = level
                self.line_after = at.accesses[i]
            else:
                self.supervisor.external(level)

    cdef void _loop(self, int64_t target) noexcept nogil:
        """Replay to `target` references, to the cycle limit, or till other limits want a look."""
        cdef Cursor *at = self.at
        cdef int64_t turns = TURNS_MOST
        cdef int64_t before
        cdef uint32_t pc
        cdef int kind
        while self.stop == RUNNING:
            turns -= 1
            if self.line_waits and self.exits_here >= self.line_after:
                self.line_waits = False
                self.supervisor.external(self.line_level)
            asleep = not self.native and self.supervisor.sleeping()
            kind = at.kind[at.record] if at.record < at.records else -1
            if not asleep and (kind == K_CONTEXT or kind == K_MARK or kind == K_LINE
                               or kind == K_IDLE and self.time < self.limit):
                self._untimed(kind)
                continue
            if self.time >= self.limit:
                self.stop = CYCLE_LIMIT
                return
            if self._done() >= target or turns < 0:
                self.stop = PAUSED
                return
            if asleep:
                self._sleep()
                continue
            if kind == K_END and at.accesses[at.record] == END_SPINS and self.time >= self.deadline and not self.native:
                self._tick(self.place, V_NONE)     # before the branch to itself that nothing would end
                continue
            if kind < 0 or kind == K_END:
                self.end_reason = at.accesses[at.record] if kind == K_END else 0
                self.told = at.data_page[at.record] if kind == K_END else 0
                self.stop = END_OF_WORKLOAD
                return
            pc = at.fetch_page[at.record] << 12 if kind < REFERENCE_KINDS or kind == K_TRY else at.fetch_page[at.record]
            if not self._is_at(pc, PAGE if kind < REFERENCE_KINDS or kind == K_TRY else WHOLE):
                return
            if self.time >= self.deadline and not (kind == K_FAULT and (at.accesses[at.record] & FIVE_BITS) == V_SYSCALL):
                self._tick(pc, self._at_tick(kind))
            elif kind < REFERENCE_KINDS:
                before = at.record
                if not self.line_waits:
                    self._bulk(target)
                if self.stop == RUNNING and at.record == before and self._done() < target:
                    self._one()
            elif kind == K_PRIVILEGED:
                self._privileged()
            elif kind == K_REGISTER:
                if self._reach(self.code, pc, FETCH, pc, 0, V_NONE):
                    self._complete()
                    self.spend(CYCLES_USER if self.mode else CYCLES_KERNEL, self.costs.of.spr_latency)
                    at.record += 1
                    self._went_on()
            else:
                self._attempt()

    cdef int _at_tick(self, int kind) noexcept nogil:
        """The interrupt that the guest took at a tick of the host that is due, V_NONE when it took none."""
        cdef Cursor *at = self.at
        cdef int64_t i = at.record
        while kind == K_TRY and i + 1 < at.records and i - at.record < AHEAD_MOST:
            i += 1
            kind = at.kind[i]
        if kind != K_INTERRUPT or (at.accesses[i] >> VECTOR_SHIFT & FIVE_BITS) == IN_ATTEMPT:
            return V_NONE
        return at.accesses[i] & FIVE_BITS if self.exits_here >= at.fetches[i] else V_NONE

    # The engine's interface: what a Simulation calls.

    def advance(self, int64_t references, int64_t cycle_limit):
        """Replay up to `references` fetches, loads and stores (-1: no bound) until cycle `cycle_limit` (-1: none)."""
        self._connected()
        cdef int64_t done = self._done()
        cdef int64_t target
        if done >= self.roi_begin:
            self.roi_begin = FOREVER
            return ROI_BEGIN, {}
        if done >= self.roi_end:
            self.roi_end = FOREVER
            return ROI_END, {}
        target = min(done + references if references >= 0 else FOREVER, self.roi_begin, self.roi_end)
        self.limit = cycle_limit * MC if cycle_limit >= 0 else FOREVER
        if self.stop != FAILED and self.stop != WATCHDOG:
            self.stop = RUNNING
        with nogil:
            self._loop(target)
        return self._reason()

    def _reason(self):
        cdef int reason = self.stop
        if reason == FAILED:
            return FAILED, {"pc": self.parted_at, "message": self._why()}
        if reason == WATCHDOG:
            payload = {"ea": self.watchdog_ea, "pc": self.pc, "misses": self.row}
            message = self.supervisor.loop(self.watchdog_ea)
            return WATCHDOG, {**payload, "message": message} if message else payload
        self.stop = RUNNING
        if reason == PAUSED and self._done() >= self.roi_begin:
            self.roi_begin = FOREVER
            return ROI_BEGIN, {}
        if reason == PAUSED and self._done() >= self.roi_end:
            self.roi_end = FOREVER
            return ROI_END, {}
        if reason == MARKER:
            if self.mark == MARK_BEGIN or self.mark == MARK_END:
                return MARKER, {"window": "begin" if self.mark == MARK_BEGIN else "end", "value": self.told}
            return MARKER, {"refused": "windows do not nest, and a marker is one aligned word"}
        if reason == END_OF_WORKLOAD:
            if self.end_reason not in END_NAMES:
                return reason, {"reason": "end of the recording"}
            return reason, {"reason": END_NAMES[self.end_reason], "value" if self.end_reason == 2 else "kind": self.told}
        return reason, {}

    def _why(self):
        """Why the replay cannot go on, as sentences."""
        if self.parting == TOGETHER:
            return self.supervisor.failure()
        if self.parting == PART_FAILED:
            return failure_sentence(self.failure, self.failed_insn)
        return (f"the guest and its recording go different ways at 0x{self.parted_at:08x}: {PARTINGS[self.parting]}. "
                "What this machine does the guest can see, so it has to be executed")

    def _connected(self):
        if self.stream is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")

    def now(self):
        """Cycles since the start, rounded down."""
        return self.time // MC

    def references(self):
        """Fetches, loads and stores of completed instructions."""
        return self._done()

    def instructions(self):
        """Instructions completed."""
        return self.insns[0] + self.insns[1]

    def total_references(self):
        """References of the whole recording."""
        return self.stream.references

    cdef int _counts(self, State state) except -1:
        """The list of statistics, times in 1/1000 cycle: what is counted by mode, and what follows from it."""
        cdef int i
        state.follows("references", self._done())
        state.follows("fetches", self.insns[0] + self.insns[1])
        state.follows("loads", self.loads[0] + self.loads[1])
        state.follows("stores", self.stores[0] + self.stores[1])
        state.follows("instructions", self.insns[0] + self.insns[1])
        state.follows("kernel_instructions", self.insns[0])
        state.follows("misses", [self.misses[0][i] + self.misses[1][i] for i in (FETCH, LOAD, STORE)])
        state.follows("kernel_lookups", self.more_lookups[0] + self.insns[0] + self.loads[0] + self.stores[0])
        state.follows("kernel_misses", self.misses[0][0] + self.misses[0][1] + self.misses[0][2])
        state.follows("micro_misses", [0, 0])
        state.follows("cycles", [self.cycles[i] for i in range(CYCLE_KINDS)])
        state.follows("time", self.time)
        state.follows("vcpu_time", self.time)
        return state.counters("vectors", self.vectors, VECTORS, stat="interrupts")

    cdef int _state(self, State state) except -1:
        """The list of state; what the exit in which a guest waits still needs is part of it."""
        self._clock_state(state)
        stream_state(state, "recording", self.at)
        state.small("mode", &self.mode, 0, 1)
        state.small("stid", &self.stid, 0, 255)
        state.moment("roi_begin", &self.roi_begin)
        state.moment("roi_end", &self.roi_end)
        state.number("row", &self.row)
        state.number("row_mark", &self.row_mark)
        state.number("exits_here", &self.exits_here)
        state.flag("line_waits", &self.line_waits)
        state.flag("line_level", &self.line_level)
        state.number("line_after", &self.line_after)
        state.number("slept_at", &self.slept_at)
        state.flag("checks", &self.checks)
        state.word("place", &self.place)
        state.word("sleeper.pc", &self.sleeper.pc)
        state.word("sleeper.next_pc", &self.sleeper.next_pc)
        state.word("sleeper.insn", &self.sleeper.insn)
        state.word("sleeper.ea", &self.sleeper.ea)
        state.small("parting", &self.parting, 0, PART_FAILED)
        state.word("parted_at", &self.parted_at)
        state.counters("insns", self.insns, 2)
        state.counters("loads", self.loads, 2)
        state.counters("stores", self.stores, 2)
        state.counters("more_lookups", self.more_lookups, 2)
        state.counters("misses", &self.misses[0][0], 6)
        self._counts(state)
        if self.native and self.line_waits:
            raise ValueError("line_waits: a bare machine has no host that an interrupt's line could wait for")
        if state.restoring:
            self.sleeper.kind = V_PROGRAM
            self.sleeper.vector = V_NONE
            self.code = self.data = self.context
        return 0
