# SPDX-License-Identifier: BSD-3-Clause
"""The core that takes references, as the peer of `Core440`.

Records of a stream that hit are passed over whole; the first reference that may not is taken alone. The guest's handlers
take their own references through the same core. Beside that: put together, run in slices, played by hand, saved.
"""

from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport (
    FOREVER, MSR_WE, OP_MTMSR, OP_MTSPR, OP_RFI, OP_TLBSX, OP_TLBWE, SPR_MMUCR, SPR_PID, V_DECREMENTER, V_DTLB, V_ITLB,
    V_NONE, V_PROGRAM, V_SYSCALL,
)
from simobjects.cext.arch.state cimport State
from simobjects.cext.core.costs cimport Costs
from simobjects.cext.core.micro_tlb cimport MicroTLB, micro_empty, micro_fill, micro_holds, micro_state
from simobjects.cext.core.passing cimport Passed, count_block, has_room, pass_on, pass_rest, pass_within
from simobjects.cext.core.processor cimport (
    CYCLE_KINDS, CYCLE_LIMIT, CYCLES_IDLE, CYCLES_KERNEL, CYCLES_TASKS, CYCLES_USER, END_OF_WORKLOAD, FAILED, PAUSED,
    ROI_BEGIN, ROI_END, RUNNING, WATCHDOG,
)
from simobjects.cext.core.refilling cimport pass_and_refill
from simobjects.cext.core.supervisor cimport (
    FETCH, LOAD, STORE, Datum, Exit, Refills, Rewrite, Sums, Write, on_magic_page,
)
from simobjects.cext.core.tlb cimport TLB
from simobjects.cext.core.tlb_array cimport lookup
from simobjects.cext.traces.blocks cimport ACCESSED, FETCHED, PAGE, Block, Place, Summary, first_place, next_place
from simobjects.cext.traces.stream cimport TraceStream, next_is_fetch, next_record, stream_state

cdef int64_t MC = 1000      # time units in a cycle
cdef int64_t AT_ONCE = <int64_t>1 << 31     # fetches; a block with more says 2^32 - 1 and is not passed over
cdef uint32_t NO_PAGE = 0xFFFFFFFFu
cdef int DEEPEST = 64       # handlers within handlers; two happen in a sound guest


cdef class Core(Processor):
    def connect(self, TLB tlb not None, Costs costs not None, list streams, *, int micro_data=0, int micro_inst=0,
                int watchdog=10000, int64_t roi_begin=-1, int64_t roi_end=-1, bint fast=True):
        """The TLB it looks up, and what feeds it.

        `streams`: one TraceStream per guest process; micro-TLB sizes 0 to 64 (0: off); `watchdog`: misses in a row on
        one reference that end the run; `fast`: pass over what cannot miss, else take each reference alone (the plain
        path, which gives the same).
        """
        if not streams or not all(isinstance(s, TraceStream) for s in streams):
            raise ValueError("a core needs at least one reference stream")
        if not (0 <= micro_data <= 64 and 0 <= micro_inst <= 64):
            raise ValueError("a micro-TLB has 0 to 64 entries")
        self.tlb = tlb
        self.costs = costs
        self.streams = list(streams)
        self.micro[0].size = micro_data
        self.micro[1].size = micro_inst
        self.micro_on = micro_data > 0 or micro_inst > 0
        self.watchdog = watchdog
        self.fast = fast
        self.roi_begin = roi_begin if roi_begin >= 0 else FOREVER
        self.roi_end = roi_end if roi_end >= 0 else FOREVER
        self.user_event = FOREVER
        if len(streams) > 254:
            raise ValueError(f"{len(streams)} processes: a guest runs at most 254")
        cdef int i
        for i in range(len(streams)):
            if fast:
                (<TraceStream>self.streams[i]).summarise()
            self.cursors[i] = &(<TraceStream>self.streams[i]).cursor
        self.cursor = self.cursors[0]
        self.enter_context(0, 0, 0)

    # Running: what happens at each reference. The methods that are `inline` call each other directly.

    cdef void synchronise(self) noexcept nogil:
        """Context synchronisation empties both micro-TLBs."""
        micro_empty(&self.micro[0])
        micro_empty(&self.micro[1])

    cdef inline void raise_exit(self, Exit *exit) noexcept nogil:
        """Any exception: micro-TLBs empty, the supervisor acts, a delivered vector runs in the guest."""
        self.synchronise()
        exit.vector = V_NONE
        exit.completed = 0
        exit.pc = self.pc
        self.supervisor.take(exit)
        if exit.vector == V_NONE:
            return
        if self.nested == DEEPEST:      # a handler whose own references miss again and again
            self.watchdog_ea = exit.ea
            self.stop = WATCHDOG
            return
        self.nested += 1
        self.guest.run(exit)
        self.nested -= 1

    cdef inline void boundary(self) noexcept nogil:
        """Before an instruction: every host timer tick that is due."""
        cdef Exit tick
        while self.time >= self.deadline and self.stop != WATCHDOG:
            memset(&tick, 0, sizeof(Exit))
            tick.kind = V_DECREMENTER
            tick.host_timer = 1
            self.raise_exit(&tick)

    cdef inline void access(self, uint32_t ea, int reference, bint user) noexcept nogil:
        """One reference, looked up until it hits (or user space has done it, or the watchdog ends the run)."""
        cdef int which = reference == FETCH
        cdef int tries = 0
        cdef int slot
        cdef Exit miss
        if which:
            self.pc = ea
        while self.stop != WATCHDOG:
            if self.micro_on and self._micro_has(which, ea):
                return
            self.tlb.lookups += 1
            if not user:
                self.kernel_lookups += 1
            slot = lookup(self.tlb, self.context, ea)
            if slot >= 0:
                if self.micro_on:
                    self._micro_takes(which, slot, user)
                return
            self.tlb.misses += 1
            if user:
                self.missed[reference] += 1
            else:
                self.kernel_misses += 1
            tries += 1
            if tries > self.watchdog:
                self.watchdog_ea = ea
                self.stop = WATCHDOG
                return
            memset(&miss, 0, sizeof(Exit))
            miss.kind = V_ITLB if which else V_DTLB
            miss.ea = ea
            miss.reference = reference
            self.raise_exit(&miss)
            if miss.completed:
                return

    cdef bint _micro_has(self, int which, uint32_t ea) noexcept nogil:
        """Apart from `access`, which would else make ready for it where micro-TLBs are off."""
        return micro_holds(&self.micro[which], ea)

    cdef void _micro_takes(self, int which, int slot, bint user) noexcept nogil:
        """What the TLB has found, in the time of a micro-TLB's miss, if there is one."""
        if self.micro[which].size:
            micro_fill(&self.micro[which], self.tlb.key[slot], self.tlb.mask[slot])
            self.micro_misses[which] += 1
            self.spend(CYCLES_USER if user else CYCLES_KERNEL, self.costs.of.micro_miss)

    cdef inline void _kernel_one(self, uint32_t code) noexcept nogil:
        """One instruction of guest kernel code, with everything that is due before it."""
        self.boundary()
        self.access(code, FETCH, False)
        if self.stop == WATCHDOG:
            return
        self.kernel_instructions += 1
        self.spend(CYCLES_KERNEL, self.costs.of.guest_cpi)

    cdef bint pass_steps(self, uint32_t code, const Sums *since, const Sums *until, bint wraps, int stid,
                         const Datum *data) noexcept nogil:
        """Steps of a handler that change no translation and whose pages the TLB holds, at once.

        `code`: where they lie; `data`: what they load and store. False: nothing is done, because something may be due.
        """
        cdef int64_t instructions = until.instructions - since.instructions
        cdef int64_t privileged = until.privileged - since.privileged
        cdef int64_t references = until.data - since.data
        cdef int64_t own, most
        if wraps:
            instructions += until.wraps - since.wraps
        own = instructions * self.costs.of.guest_cpi
        # With micro-TLBs each fetch behind an exit and each datum may miss in them.
        most = own + (privileged + 1 + references) * self.costs.of.micro_miss if self.micro_on else own
        if self.context.pr and privileged:
            if self.magic_page or not self.supervisor.take_many(since, until, most, stid):
                return False
        else:
            own += privileged * self.costs.of.spr_latency
            if self.time + most + privileged * self.costs.of.spr_latency >= self.deadline:
                return False
            if privileged and until.write > since.write:
                self._write_many(since.write, until.write, stid)
        if self.micro_on:
            own += self._micro_steps(code, since, until, instructions, data)
        else:
            self.tlb.lookups += instructions + references
            self.kernel_lookups += instructions + references
        self.kernel_instructions += instructions
        self.pc = code
        self.spend(CYCLES_KERNEL, own)
        return True

    cdef int64_t _micro_steps(self, uint32_t code, const Sums *since, const Sums *until, int64_t instructions,
                              const Datum *data) noexcept nogil:
        """What passed steps do to the micro-TLBs and look up; returns the time of their misses. Exits empty both."""
        cdef int64_t references = until.data - since.data
        cdef int64_t exits = until.privileged - since.privileged if self.context.pr else 0
        cdef int64_t found[2]
        cdef int before = since.privileged
        cdef int64_t i
        found[0] = 0
        found[1] = 0
        if self.micro[1].size and instructions:
            if not self._quick(1, code >> 12):
                self._micro_missed(1, code >> 12)
                found[1] += 1
            if exits:
                micro_empty(&self.micro[1])
                i = exits - until.ends_privileged      # of them are followed by another fetch
                if i:
                    self._micro_missed(1, code >> 12)
                    self.tlb.lookups += i - 1
                    self.micro_misses[1] += i - 1
                    found[1] += i
                if until.ends_privileged:
                    micro_empty(&self.micro[1])
        elif not self.micro[1].size:
            self.tlb.lookups += instructions
            self.kernel_lookups += instructions
        if self.micro[0].size:
            for i in range(references):
                if exits and data[i].privileged > before:
                    micro_empty(&self.micro[0])
                before = data[i].privileged
                if not self._quick(0, data[i].address >> 12):
                    self._micro_missed(0, data[i].address >> 12)
                    found[0] += 1
            if exits and until.privileged > before:
                micro_empty(&self.micro[0])
        else:
            self.tlb.lookups += references
            self.kernel_lookups += references
        self.kernel_lookups += found[0] + found[1]
        return (found[0] + found[1]) * self.costs.of.micro_miss

    cdef bint refill_whole(self, uint32_t code, const Sums *sums, bint wraps, int stid, int slot, uint32_t word0,
                           uint32_t word1, uint32_t word2, bint to_user) noexcept nogil:
        """A refill's handler of the bare machine, whose pages are held: its steps (`sums`), three tlbwe and the rfi.

        False: nothing is done, because something may be due within.
        """
        cdef int64_t overlapping = self.tlb.overlapping_writes
        if self.time + self._refills_take(sums, 1, wraps) >= self.deadline:
            return False
        self.mmucr_stid = stid & 255
        self.tlb.write_entry(slot, word0, word1, word2, self.mmucr_stid)
        if self.tlb.overlapping_writes != overlapping:
            self.tlb.overlapping_write()   # word 2 comes after word 0, and is a write of its own
        self._count_refills(code, sums, 1, wraps)
        self.enter_context(0, to_user, self.context.pid)
        return True

    cdef inline int64_t _refills_take(self, const Sums *sums, int64_t count, int64_t wraps) noexcept nogil:
        """Time of so many whole refills, in so many of which the index wraps."""
        return ((count * (sums.instructions + 4) + wraps * sums.wraps) * self.costs.of.guest_cpi
                + count * (sums.privileged * self.costs.of.spr_latency + 3 * self.costs.of.tlbwe_latency
                           + self.costs.of.rfi_latency))

    cdef inline void _count_refills(self, uint32_t code, const Sums *sums, int64_t count, int64_t wraps) noexcept nogil:
        cdef int64_t instructions = count * (sums.instructions + 4) + wraps * sums.wraps
        self.tlb.lookups += instructions + count * sums.data
        self.kernel_lookups += instructions + count * sums.data
        self.kernel_instructions += instructions
        self.pc = code
        self.spend(CYCLES_KERNEL, self._refills_take(sums, count, wraps))

    cdef int rewrite(self, uint32_t code, const Rewrite *entry) noexcept nogil:
        """Three tlbwe of a supervised guest's handler and the instructions between them; returns how many are done."""
        cdef int64_t instructions
        cdef int done
        if self.micro_on or self.magic_page or self.stop == WATCHDOG:
            return 0
        done = self.supervisor.rewrite(entry, entry.instructions[2] * self.costs.of.guest_cpi)
        if done == 0:
            return 0
        instructions = entry.instructions[done - 1]
        self.tlb.lookups += instructions
        self.kernel_lookups += instructions
        self.kernel_instructions += instructions
        self.pc = code
        self.spend(CYCLES_KERNEL, instructions * self.costs.of.guest_cpi)
        return done

    cdef void _write_many(self, const Write *write, const Write *end, int stid) noexcept nogil:
        """What of a handler's registers the bare machine keeps."""
        while write < end:
            if write.op == OP_MTSPR and write.spr == SPR_MMUCR:
                self.mmucr_stid = stid & 255
            write += 1

    cdef inline void privileged(self, Exit *exit) noexcept nogil:
        """A privileged instruction, fetched already: executed in supervisor mode, a program exception in user mode."""
        if self.stop == WATCHDOG:
            return
        if self.context.pr and self.magic_page and on_magic_page(exit):
            self.magic_accesses += 1
            self.access(self.magic_page, STORE if exit.op == OP_MTSPR else LOAD, False)
        elif self.context.pr:
            exit.kind = V_PROGRAM
            self.raise_exit(exit)
        else:
            self._execute(exit)

    cdef inline void _execute(self, Exit *exit) noexcept nogil:
        cdef int slot
        if exit.op == OP_TLBWE:
            self.tlb.write_word(exit.slot, exit.word, exit.value, self.mmucr_stid)
            self.spend(CYCLES_KERNEL, self.costs.of.tlbwe_latency)
        elif exit.op == OP_RFI:
            self.spend(CYCLES_KERNEL, self.costs.of.rfi_latency)
            self.synchronise()
            self.enter_context(0, exit.value, self.context.pid)
        elif exit.op == OP_TLBSX:
            self.spend(CYCLES_KERNEL, self.costs.of.tlbsx_latency)
            slot = self.tlb.search(0, self.mmucr_stid, exit.ea)
            exit.found = slot >= 0
            exit.result = slot
        else:
            self.spend(CYCLES_KERNEL, self.costs.of.spr_latency)
            if exit.op == OP_MTSPR and exit.spr == SPR_PID:
                self.enter_context(0, self.context.pr, exit.value & 255)
            elif exit.op == OP_MTSPR and exit.spr == SPR_MMUCR:
                self.mmucr_stid = exit.value & 255
            elif exit.op == OP_MTMSR and exit.value & MSR_WE and self.time < self.wake:
                self.spend(CYCLES_IDLE, self.wake - self.time)

    cdef inline int64_t _fetches_before_next_event(self) noexcept nogil:
        """How many fetches of the user, all of them hits, come before something is due; of very many, AT_ONCE."""
        cdef int64_t horizon = self.deadline if self.deadline < self.limit else self.limit
        cdef int64_t room = self.user_event - self.user_instructions
        cdef int64_t cpi = self.costs.of.guest_cpi
        if self.time >= horizon or room < 0:
            return 0
        if room > AT_ONCE:
            room = AT_ONCE
        # The last of them begins before the horizon.
        if cpi > 0 and horizon - self.time <= (room - 1) * cpi:
            room = (horizon - self.time - 1) // cpi + 1
        return room

    cdef inline void _bulk(self, int64_t target) noexcept nogil:
        """Pass over the rest of this record and over what follows, as long as all hit and nothing is due."""
        cdef Cursor *at = self.cursor
        cdef const uint16_t *cells = self.context.cells
        cdef Passed passed
        cdef Passed handed        # to what is not compiled in here, so that the other one need not be in memory
        cdef int64_t began = at.record
        cdef int64_t penalties = 0
        cdef int64_t trailing = -1
        cdef int64_t i, within
        passed = Passed(began, 0, 0, 0, self._fetches_before_next_event(), target - self.done, self._still_held())
        if self.micro_on:
            handed = passed
            penalties = self._bulk_micro(&handed)
            passed = handed
        elif not (at.accesses_done or at.fetches_done) or pass_rest(at, cells, &passed):
            if self.refills:
                handed = passed
                trailing = self._refilling(&handed)
                passed = handed
            else:
                pass_on(at, cells, &passed)
        if passed.record != began:
            at.record = passed.record
            at.accesses_done = 0
            at.fetches_done = 0
        within = at.fetches_done
        if at.record < at.records and self.micro_on:
            pass_within(at, self._quick(1, at.fetch_page[at.record]), self._quick(0, at.data_page[at.record]), &passed)
        elif at.record < at.records:
            pass_within(at, cells[at.fetch_page[at.record]] != 0, cells[at.data_page[at.record]] != 0, &passed)
        if passed.held > at.record:
            self.held = passed.held
            self.held_of = at
            self.held_in = self.context
            self.held_since = self.tlb.changes
        if passed.fetches:
            # The program counter is that of the last fetch, whoever passed over it, or of a refill behind that.
            i = at.record
            if at.fetches_done == within:
                i -= 1
                while i > began and i > trailing and at.fetches[i] == 0:     # a forged summary may count what is not there
                    i -= 1
            if i > trailing:
                self.pc = at.fetch_page[i] << 12
        self.spend(CYCLES_USER, passed.fetches * self.costs.of.guest_cpi + penalties)
        self.user_instructions += passed.fetches
        self.done += passed.accesses + passed.fetches
        self.stores += passed.stores
        self.loads += passed.accesses - passed.stores
        if not self.micro[0].size:
            self.tlb.lookups += passed.accesses
        if not self.micro[1].size:
            self.tlb.lookups += passed.fetches

    cdef inline int64_t _refilling(self, Passed *passed) noexcept nogil:
        """From the beginning of a record on, with plain refills where nothing can become due by their time.

        Returns the last record with a refill at its last fetch or behind it, or -1.
        """
        cdef Refills refills
        cdef int64_t count
        cdef int which
        if (self.deadline != FOREVER or self.limit != FOREVER or self.watchdog < 1
                or not self.guest.plain_refills(&refills) or self.tlb.take_stays() == NULL):
            pass_on(self.cursor, self.context.cells, passed)
            return -1
        pass_and_refill(self.cursor, self.tlb, self.context, &refills, passed)
        count = refills.missed[LOAD] + refills.missed[STORE] + refills.missed[FETCH]
        if count == 0:
            return -1
        for which in range(3):
            self.missed[which] += refills.missed[which]
        self.tlb.misses += count
        self.tlb.lookups += count             # those that missed; the user's next ones are passed over
        self.tlb.tlbwe += 3 * count
        self.mmucr_stid = self.context.pid
        self.spend(CYCLES_KERNEL, count * self.costs.of.interrupt_latency)
        self._count_refills(refills.code, refills.sums[0], count - refills.missed[FETCH], refills.wrapped[0])
        self._count_refills(refills.code, refills.sums[1], refills.missed[FETCH], refills.wrapped[1])
        self.guest.refilled(&refills)
        return refills.trailing

    cdef inline int64_t _bulk_micro(self, Passed *passed) noexcept nogil:
        """Record by record, as long as the TLB holds what the micro-TLBs do not; returns the time of their misses.

        A record is one page of code and one of data, so each micro-TLB misses once in it at most.
        """
        cdef Cursor *at = self.cursor
        cdef const uint16_t *cells = self.context.cells
        cdef int64_t horizon = (self.deadline if self.deadline < self.limit else self.limit) - self.time
        cdef int64_t cpi = self.costs.of.guest_cpi
        cdef int64_t penalty = self.costs.of.micro_miss
        cdef int64_t penalties = 0
        cdef int64_t fetches = 0
        cdef int64_t accesses = 0
        cdef int64_t stores = 0
        cdef int64_t i = at.record
        cdef int64_t n = at.accesses[i] - at.accesses_done
        cdef int64_t m = at.fetches[i] - at.fetches_done
        cdef uint32_t code = NO_PAGE          # used last, so it is held
        cdef uint32_t data = NO_PAGE
        cdef bint code_misses, data_misses
        cdef bint calm = False                # nothing missed since the last block began: the next is worth a look
        cdef int64_t mask = (<int64_t>1 << at.summary.shift) - 1 if at.summary.levels else -1
        while True:
            if i & mask == 0 and not calm:
                calm = True
            elif i & mask == 0 and m == at.fetches[i] and n == at.accesses[i]:
                passed.record = i
                passed.fetches = fetches
                passed.accesses = accesses
                passed.stores = stores
                self._quick_blocks(passed, self._before(horizon - penalties, passed.fetch_room))
                if passed.record != i:
                    i = passed.record
                    fetches = passed.fetches
                    accesses = passed.accesses
                    stores = passed.stores
                    code = NO_PAGE
                    data = NO_PAGE
                    if i == at.records:
                        break
                    n = at.accesses[i]
                    m = at.fetches[i]
            code_misses = (m != 0 and at.fetch_page[i] != code and not self._hinted(1, at.fetch_page[i])
                           and not self._quick(1, at.fetch_page[i]))
            data_misses = (n != 0 and at.data_page[i] != data and not self._hinted(0, at.data_page[i])
                           and not self._quick(0, at.data_page[i]))
            if fetches + m > passed.fetch_room or fetches + accesses + n + m > passed.room:
                break
            if code_misses or data_misses:
                calm = False
                if (code_misses and cells[at.fetch_page[i]] == 0) or (data_misses and cells[at.data_page[i]] == 0):
                    break
                # The record's last fetch begins before anything is due, whenever the penalties come.
                if (fetches + m - 1) * cpi + penalties + 2 * penalty >= horizon:
                    break
                if code_misses:
                    self._micro_missed(1, at.fetch_page[i])
                    penalties += penalty
                if data_misses:
                    self._micro_missed(0, at.data_page[i])
                    penalties += penalty
            elif penalties and (fetches + m - 1) * cpi + penalties >= horizon:
                break
            if m:
                code = at.fetch_page[i]
            if n:
                data = at.data_page[i]
            fetches += m
            accesses += n
            stores += n * at.kind[i]
            i += 1
            if i == at.records:
                break
            n = at.accesses[i]
            m = at.fetches[i]
        passed.record = i
        passed.fetches = fetches
        passed.accesses = accesses
        passed.stores = stores
        passed.fetch_room = self._before(horizon - penalties, passed.fetch_room)
        return penalties

    cdef inline int64_t _before(self, int64_t time, int64_t most) noexcept nogil:
        """How many fetches in a row begin before so much time is over, of at most so many."""
        cdef int64_t cpi = self.costs.of.guest_cpi
        if time <= 0:
            return 0
        return min(most, (time - 1) // cpi + 1) if cpi else most

    cdef inline bint _quick_block(self, const Level *level, int64_t b, Passed *passed, int64_t most) noexcept nogil:
        """Whether a block changes nothing in the micro-TLBs, and what is not looked up there the TLB holds."""
        cdef const Block *block = &level.block[b]
        cdef uint32_t k, page
        if passed.fetches + block.fetches > most or not has_room(passed, block.fetches, block.accesses):
            return False
        for k in range(block[0].first, block[1].first):
            page = level.pages[k]
            if (page & FETCHED and not self._hinted(1, page & PAGE) and not self._quick(1, page & PAGE)) or (
                    page & ACCESSED and not self._hinted(0, page & PAGE) and not self._quick(0, page & PAGE)):
                return False
        count_block(passed, block)
        return True

    cdef void _quick_blocks(self, Passed *passed, int64_t most) noexcept nogil:
        """As `pass_blocks`, with micro-TLBs; `most`: so many fetches at most."""
        cdef const Summary *summary = &self.cursor.summary
        cdef Place place = first_place(summary, passed.record)
        while next_place(summary, &place, place.block < summary.level[place.level].blocks and self._quick_block(
                &summary.level[place.level], place.block, passed, most)):
            pass
        passed.record = place.block << summary.shift

    cdef inline bint _hinted(self, int which, uint32_t page) noexcept nogil:
        """Whether the micro-TLB holds a page where it was found last."""
        cdef int i = self.hints[which][page & 255]
        return i < self.micro[which].used and page << 12 & self.micro[which].mask[i] == self.micro[which].key[i]

    cdef bint _quick(self, int which, uint32_t page) noexcept nogil:
        """Whether a look-up on a page changes nothing: the micro-TLB holds it, or there is none and the TLB does."""
        cdef MicroTLB *micro = &self.micro[which]
        cdef uint32_t ea = page << 12
        cdef int i
        if micro.size == 0:
            return self.context.cells[page] != 0
        for i in range(micro.used):
            if (ea & micro.mask[i]) == micro.key[i]:
                self.hints[which][page & 255] = <uint8_t>i
                return True
        return False

    cdef inline void _micro_missed(self, int which, uint32_t page) noexcept nogil:
        """A micro-TLB takes the translation from the TLB, which holds it."""
        cdef int slot = self.context.cells[page] - 1
        self.hints[which][page & 255] = <uint8_t>self.micro[which].next
        self.tlb.lookups += 1
        self.micro_misses[which] += 1
        micro_fill(&self.micro[which], self.tlb.key[slot], self.tlb.mask[slot])

    cdef inline void _one(self) noexcept nogil:
        """The next reference alone, with everything that is due before it."""
        cdef Cursor *at = self.cursor
        cdef int kind
        if next_is_fetch(at):
            if self.time >= self.limit:
                self.stop = CYCLE_LIMIT
                return
            if self.time >= self.deadline:
                self.boundary()
                return                  # the handlers took time: see again what is due
            if self.user_instructions >= self.user_event:
                self.guest.user_event()
                return                  # another process may be running now
            self.access(at.fetch_page[at.record] << 12, FETCH, True)
            if self.stop == WATCHDOG:
                return
            at.fetches_done += 1
            self.user_instructions += 1
            self.spend(CYCLES_USER, self.costs.of.guest_cpi)
        else:
            kind = at.kind[at.record]
            self.access(at.data_page[at.record] << 12, kind, True)
            if self.stop == WATCHDOG:
                return
            at.accesses_done += 1
            if kind == STORE:
                self.stores += 1
            else:
                self.loads += 1
        self.done += 1
        if at.accesses_done == at.accesses[at.record] and at.fetches_done == at.fetches[at.record]:
            next_record(at)

    cdef void _loop(self, int64_t target) noexcept nogil:
        while self.stop == RUNNING:
            if self.done >= target:
                self.stop = PAUSED
            elif self.cursor.record >= self.cursor.records:
                if not self.guest.process_ended():
                    self.stop = END_OF_WORKLOAD
            else:
                if self.fast:
                    self._bulk(target)
                if self.cursor.record < self.cursor.records and self.done < target:
                    self._one()

    # One event at a time, for experiments and tests that play the machine by hand.

    def touch(self, uint32_t ea, int reference=0, bint user=True):
        """One reference (0 load, 1 store, 2 fetch), retried until it hits; False when the watchdog ended it."""
        if self.guest is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")
        if not 0 <= reference <= 2:
            raise ValueError(f"reference {reference}: 0 load, 1 store, 2 fetch")
        self.access(ea, reference, user)
        return self.stop != WATCHDOG

    def privileged_instruction(self, int op, *, int spr=0, int word=0, int slot=0, uint32_t value=0):
        """One privileged instruction of the guest: op 0 mtspr, 1 mfspr, 2 tlbwe, 3 rfi (value: new PR), 4 mtmsr."""
        cdef Exit instruction
        if self.guest is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")
        if not 0 <= op <= 4 or not 0 <= word <= 2:
            raise ValueError(f"operation {op}, word {word}: operations are 0 to 4, words 0 to 2")
        if op == OP_TLBWE and not 0 <= slot < self.guest.managed_entries():
            raise IndexError(f"tlbwe to entry {slot} of {self.guest.managed_entries()}")
        memset(&instruction, 0, sizeof(Exit))
        instruction.op = op
        instruction.spr = spr
        instruction.word = word
        instruction.slot = slot
        instruction.value = value
        self.privileged(&instruction)

    def system_call(self):
        """The guest executes `sc`."""
        cdef Exit call
        if self.guest is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")
        memset(&call, 0, sizeof(Exit))
        call.kind = V_SYSCALL
        self.raise_exit(&call)

    def micro_entries(self):
        """Translations held now by the (instruction, data) micro-TLB."""
        return (self.micro[1].used, self.micro[0].used)

    cdef int _state(self, State state) except -1:
        """The list of state; the streams' positions are part of it."""
        cdef int i
        cdef int current = 0
        self.held_of = NULL       # the streams may be elsewhere soon
        self._clock_state(state)
        for i in range(len(self.streams)):
            stream_state(state, f"stream{i}", self.cursors[i])
            if self.cursor == self.cursors[i]:
                current = i
        state.small("current_stream", &current, 0, len(self.streams) - 1)
        self.cursor = self.cursors[current]
        for i in range(2):
            micro_state(state, f"micro{i}", &self.micro[i])
        state.moment("user_event", &self.user_event)
        state.word("watchdog_ea", &self.watchdog_ea)
        state.small("mmucr_stid", &self.mmucr_stid, 0, 255)
        state.moment("roi_begin", &self.roi_begin)
        state.moment("roi_end", &self.roi_end)
        self._counts(state)
        state.counters("missed", self.missed, 3)
        state.counters("micro_misses", self.micro_misses, 2)
        return 0

    cdef int _counts(self, State state) except -1:
        """The list of statistics, times in 1/1000 cycle."""
        cdef int i
        state.counter("done", &self.done, stat="references")
        state.counter("user_instructions", &self.user_instructions, stat="instructions")
        state.counter("kernel_instructions", &self.kernel_instructions)
        state.counter("loads", &self.loads)
        state.counter("stores", &self.stores)
        state.counter("kernel_lookups", &self.kernel_lookups)
        state.counter("kernel_misses", &self.kernel_misses)
        state.follows("fetches", self.user_instructions)
        state.follows("misses", [self.missed[FETCH], self.missed[LOAD], self.missed[STORE]])
        state.follows("micro_misses", [self.micro_misses[1], self.micro_misses[0]])
        state.follows("cycles", [self.cycles[i] for i in range(CYCLE_KINDS)])
        state.follows("time", self.time)
        return state.follows("vcpu_time", self.time - self.cycles[CYCLES_TASKS] - self.cycles[CYCLES_IDLE])

    # The engine's interface: what a Simulation calls.

    def advance(self, int64_t references, int64_t cycle_limit):
        """Consume up to `references` (-1: no bound) until cycle `cycle_limit` (-1: none). Returns (reason, payload)."""
        if self.guest is None:
            raise RuntimeError("the core is not connected: build it through a Simulation")
        cdef int64_t wanted = self.done + references if references >= 0 else FOREVER
        cdef int64_t target = wanted
        cdef int reason
        if self.stop == WATCHDOG or self.stop == FAILED:
            return self._ended()
        if self.done >= self.roi_begin:
            self.roi_begin = FOREVER
            return ROI_BEGIN, {}
        if self.done >= self.roi_end:
            self.roi_end = FOREVER
            return ROI_END, {}
        target = min(target, self.roi_begin, self.roi_end)
        self.limit = cycle_limit * MC if cycle_limit >= 0 else FOREVER
        self.stop = RUNNING
        self.refills = self.supervisor.hands_on()
        with nogil:
            self._loop(target)
        self.tlb.leave_stays()
        reason = self.stop
        if reason == WATCHDOG or reason == FAILED:
            return self._ended()
        self.stop = RUNNING
        if reason == PAUSED and self.done >= self.roi_begin:
            self.roi_begin = FOREVER
            reason = ROI_BEGIN
        elif reason == PAUSED and self.done >= self.roi_end:
            self.roi_end = FOREVER
            reason = ROI_END
        return reason, {}

    def _ended(self):
        """The (reason, payload) of a run that cannot go on."""
        cdef dict payload
        if self.stop == FAILED:
            return FAILED, {"pc": self.pc, "message": self.supervisor.failure()}
        payload = {"ea": self.watchdog_ea, "pc": self.pc, "misses": self.watchdog}
        message = self.supervisor.loop(self.watchdog_ea)
        return WATCHDOG, {**payload, "message": message} if message else payload

    def path(self):
        """How references and the handlers' steps are taken: {"references": ..., "handlers": ...}, as words."""
        if not self.fast:
            return dict.fromkeys(("references", "handlers"), "one by one: the fast path is switched off")
        watcher = self.supervisor.looks_at_each()
        return {"references": "passed over by blocks",
                "handlers": f"step by step: {watcher}" if watcher else "passed over by stretches"}

    def now(self):
        """Cycles since the start, rounded down."""
        return self.time // MC

    def references(self):
        """References of the workload completed."""
        return self.done

    def instructions(self):
        """Instructions of the workload completed."""
        return self.user_instructions

    def total_references(self):
        """References of all streams."""
        return sum(stream.references for stream in self.streams)
