# SPDX-License-Identifier: BSD-3-Clause
"""The reference loop: records that hit are passed over whole; the first reference that may not is taken alone.

Nobody overrides the methods that are `inline`, so they call each other directly: some twenty times for each TLB miss.
"""

from libc.stdint cimport uint16_t
from libc.string cimport memset

from simobjects.cext.arch.arch440 cimport (
    MSR_WE, OP_MTMSR, OP_MTSPR, OP_RFI, OP_TLBSX, OP_TLBWE, SPR_MMUCR, SPR_PID, V_DECREMENTER, V_DTLB, V_ITLB,
    V_NONE, V_PROGRAM,
)
from simobjects.cext.core.processor cimport (
    CYCLE_LIMIT, CYCLES_IDLE, CYCLES_KERNEL, CYCLES_USER, END_OF_WORKLOAD, PAUSED, RUNNING, WATCHDOG,
)
from simobjects.cext.traces.stream cimport next_is_fetch, next_record
from simobjects.cext.core.supervisor cimport FETCH, LOAD, STORE, on_magic_page
from simobjects.cext.core.tlb_array cimport lookup

cdef int DEEPEST = 64       # handlers within handlers; two happen in a sound guest


cdef class ReferenceLoop(Processor):
    cdef void synchronise(self) noexcept nogil:
        """Context synchronisation empties both micro-TLBs."""
        self.micro[0].used = 0
        self.micro[0].next = 0
        self.micro[1].used = 0
        self.micro[1].next = 0

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

    cdef inline int _micro_find(self, int which, uint32_t ea) noexcept nogil:
        cdef Micro *micro = &self.micro[which]
        cdef int i
        for i in range(micro.used):
            if (ea & micro.mask[i]) == micro.key[i]:
                return 1
        return 0

    cdef inline void _micro_fill(self, int which, int slot) noexcept nogil:
        cdef Micro *micro = &self.micro[which]
        if micro.size == 0:
            return
        micro.key[micro.next] = self.tlb.key[slot]
        micro.mask[micro.next] = self.tlb.mask[slot]
        micro.next = micro.next + 1 if micro.next + 1 < micro.size else 0
        if micro.used < micro.size:
            micro.used += 1

    cdef inline void access(self, uint32_t ea, int reference, bint user) noexcept nogil:
        """One reference, looked up until it hits (or user space has done it, or the watchdog ends the run)."""
        cdef int which = reference == FETCH
        cdef int tries = 0
        cdef int slot
        cdef int64_t penalty
        cdef Exit miss
        if which:
            self.pc = ea
        while self.stop != WATCHDOG:
            if self.micro[which].size and self._micro_find(which, ea):
                return
            self.tlb.lookups += 1
            if not user:
                self.kernel_lookups += 1
            slot = lookup(self.tlb, self.context, ea)
            if slot >= 0:
                if self.micro[which].size:
                    self._micro_fill(which, slot)
                    self.micro_misses[which] += 1
                    penalty = self.costs.of.micro_miss
                    self.spend(CYCLES_USER if user else CYCLES_KERNEL, penalty)
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

    cdef inline void _kernel_one(self, uint32_t code) noexcept nogil:
        """One instruction of guest kernel code, with everything that is due before it."""
        self.boundary()
        self.access(code, FETCH, False)
        if self.stop == WATCHDOG:
            return
        self.kernel_instructions += 1
        self.spend(CYCLES_KERNEL, self.costs.of.guest_cpi)

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
        """How many fetches of the user, all of them hits, come before something is due."""
        cdef int64_t horizon = self.deadline if self.deadline < self.limit else self.limit
        cdef int64_t room = self.user_event - self.user_instructions
        cdef int64_t cpi = self.costs.of.guest_cpi
        if self.time >= horizon or room < 0:
            return 0
        # The last of them begins before the horizon.
        if cpi > 0 and (horizon - self.time - 1) // cpi + 1 < room:
            room = (horizon - self.time - 1) // cpi + 1
        return room

    cdef inline void _bulk(self, int64_t target) noexcept nogil:
        """Pass over the rest of this record and over whole records, as long as all hit and nothing is due."""
        cdef Cursor *at = self.cursor
        cdef const uint16_t *cells = self.context.cells
        cdef int64_t room = target - self.done
        cdef int64_t fetch_room = self._fetches_before_next_event()
        cdef int64_t accesses = 0
        cdef int64_t fetches = 0
        cdef int64_t stores = 0
        cdef int64_t i = at.record
        cdef int64_t n, m
        cdef int64_t n_done = at.accesses_done
        cdef int64_t m_done = at.fetches_done
        cdef bint micro = self.micro_on
        while i < at.records:
            n = at.accesses[i] - n_done
            m = at.fetches[i] - m_done
            if micro:
                if (m and not self._held(at.fetch_page[i], 1)) or (n and not self._held(at.data_page[i], 0)):
                    break
            elif (m and cells[at.fetch_page[i]] == 0) or (n and cells[at.data_page[i]] == 0):
                break
            if fetches + m > fetch_room or accesses + fetches + n + m > room:
                break
            accesses += n
            fetches += m
            stores += n * at.kind[i]      # kind: 0 load, 1 store
            n_done = 0
            m_done = 0
            i += 1
        if i != at.record:
            at.accesses_done = 0
            at.fetches_done = 0
            at.record = i
        self.spend(CYCLES_USER, fetches * self.costs.of.guest_cpi)
        self.user_instructions += fetches
        self.done += accesses + fetches
        self.stores += stores
        self.loads += accesses - stores
        if not self.micro[0].size:
            self.tlb.lookups += accesses
        if not self.micro[1].size:
            self.tlb.lookups += fetches

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
                self._bulk(target)
                if self.cursor.record < self.cursor.records and self.done < target:
                    self._one()
