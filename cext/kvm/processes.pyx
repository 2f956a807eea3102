# SPDX-License-Identifier: BSD-3-Clause
"""What runs on the host beside the guest: the VMM and other processes, in address space 0 of the shared TLB."""

from libc.stdlib cimport calloc, free

from simobjects.cext.arch.arch440 cimport FOREVER, GUEST_SPACE, W0_VALID, W2_SUPERVISOR, W2_USER
from simobjects.cext.core.passing cimport Passed, pass_on, pass_rest
from simobjects.cext.kvm.kinds cimport CAUSE_BY_HOST, CAUSE_HOST_FLUSH, NOTE_HOST_MISS
from simobjects.cext.traces.stream cimport TraceStream, next_is_fetch, next_record, stream_state
from simobjects.cext.core.tlb_array cimport lookup


cdef class HostProcesses:
    def __init__(self, KvmState kvm not None, vmm, tasks):
        """`vmm`, each of `tasks`: (stream, every, instructions, flush_every, page_flush_every,
        fault_every), as HostTask names them."""
        cdef int i
        self.kvm = kvm
        self.n_tasks = len(tasks)
        self.tasks = <Task *>calloc(self.n_tasks + 1, sizeof(Task))
        if self.tasks == NULL:
            raise MemoryError("no memory for host tasks")
        self._streams = []
        self._make_task(&self.tasks[0], vmm)
        for i in range(self.n_tasks):
            self._make_task(&self.tasks[i + 1], tasks[i])
        # Every context number that there can be a process for: none is made while the machine runs.
        for i in range(1, min(self.n_tasks + 1, LAST_CONTEXT) + 1):
            self.known[i] = self.context(0, 1, i)
        self.path_instructions[PATH_DATA] = kvm.costs.of.host_miss_data
        self.path_instructions[PATH_INST] = kvm.costs.of.host_miss_inst
        self.path_instructions[PATH_KERNEL] = kvm.costs.of.host_miss_kernel
        self.path_instructions[PATH_KERNEL | PATH_INST] = kvm.costs.of.host_miss_kernel_inst
        self.next_context = 1
        self.kernel_context = self.context(0, 0, 0)
        self.activate(0)

    def __dealloc__(self):
        free(self.tasks)

    def set_mark(self, TraceStream stream not None, int64_t instructions):
        """What the VMM does at a mark: references, instructions."""
        if stream.instructions == 0:
            raise ValueError("a stream of the VMM's must fetch instructions: its turn is measured in them")
        self._streams.append(stream)
        self.mark = &stream.cursor
        self.mark_instructions = instructions

    cdef Context *context(self, int as_, int pr, int pid) except NULL:
        cdef Context *made = self.kvm.tlb.context(as_, pr, pid)
        if made == NULL:
            raise MemoryError("no memory for a translation context")
        return made

    cdef int _make_task(self, Task *task, description) except -1:
        cdef TraceStream stream = description[0]
        if stream.instructions == 0:
            raise ValueError("a host task's stream must fetch instructions: its turn is measured in them")
        self._streams.append(stream)
        stream.summarise()
        task.cursor = &stream.cursor
        task.every = description[1]
        task.instructions = description[2]
        task.flush_every = description[3]
        task.page_flush_every = description[4]
        task.fault_every = description[5]
        return 0

    cdef void activate(self, int number) noexcept nogil:
        """Switch to a process's address space. When no context number is free, the next in turn is taken from its owner."""
        cdef Task *task = &self.tasks[number]
        cdef int pid = self.next_context if self.next_context <= LAST_CONTEXT else 1
        cdef int tried
        if task.pid:
            return
        for tried in range(LAST_CONTEXT):
            if self.owner[pid] == 0:
                break
            pid = pid + 1 if pid < LAST_CONTEXT else 1
        if self.owner[pid]:
            self.context_steals += 1
            self.tasks[self.owner[pid] - 1].pid = 0
            self.kvm.sweep(CAUSE_HOST_FLUSH)
        self.owner[pid] = number + 1
        self.next_context = pid + 1
        task.pid = pid
        task.context = self.known[pid]

    cdef void reference(self, Context *context, uint32_t ea, int path, int by, Task *task) noexcept nogil:
        """One reference of the host's own, until it hits; `task`: whose pages may be absent, NULL: nobody's."""
        if not self._misses(context, ea, by):
            return
        if task != NULL and task.fault_every:
            task.refills += 1
            if task.refills % task.fault_every == 0:
                self._page_fault(ea, by)
                self._misses(context, ea, by)     # the page is there now, its translation not yet
        self._refill(context, ea, path, by)
        self.kvm.tlb.lookups += 1                 # the same reference again, which hits
        self.host_lookups[by] += 1

    cdef bint _misses(self, Context *context, uint32_t ea, int by) noexcept nogil:
        self.kvm.tlb.lookups += 1
        self.host_lookups[by] += 1
        if lookup(self.kvm.tlb, context, ea) >= 0:
            return False
        self.kvm.tlb.misses += 1
        self.host_misses[by] += 1
        self.kvm.extra += self.kvm.costs.of.interrupt_latency + self.kvm.costs.of.rfi_latency
        return True

    cdef void _page_fault(self, uint32_t ea, int by) noexcept nogil:
        """The miss handler finds no page before it takes a slot, and goes on to the kernel's page-fault handler."""
        self.host_faults[by] += 1
        self.kvm.instructions += self.kvm.costs.of.host_fault + self.kvm.costs.of.c_page_fault
        self.kvm.note(NOTE_HOST_MISS, by, ea, NO_SLOT)

    cdef void _refill(self, Context *context, uint32_t ea, int path, int by) noexcept nogil:
        """Linux's miss handler writes the next slot, whatever is there."""
        cdef uint32_t page = ea & ~(self.kvm.host_page_bytes - 1)
        cdef bint kernel = path & PATH_KERNEL
        cdef int slot = self.kvm.next_host_slot()
        if self.kvm.tlb.w0[slot] & GUEST_SPACE == GUEST_SPACE:
            self.kvm.guest_clobbered += 1
            self.kvm.causes.hide(slot, CAUSE_BY_HOST)
        self.kvm.instructions += self.path_instructions[path]
        if slot == 0:
            self.kvm.instructions += 1        # the counter has wrapped
        self.kvm.tlb_writes += 3
        self.kvm.tlb.write_entry(slot, page | W0_VALID | self.kvm.host_size_code, page,
                            W2_SUPERVISOR if kernel else W2_SUPERVISOR | W2_USER, 0 if kernel else context.pid)
        self.kvm.note(NOTE_HOST_MISS, by, ea, slot)

    cdef void turn(self, int number, int by) noexcept nogil:
        """A task's turn."""
        self._work(&self.tasks[number], self.tasks[number].cursor, self.tasks[number].instructions, by)

    cdef void turn_at_mark(self) noexcept nogil:
        """The VMM's turn at a mark of the guest's."""
        if self.mark == NULL:
            self.turn(0, BY_VMM)
        else:
            self._work(&self.tasks[0], self.mark, self.mark_instructions, BY_VMM)

    cdef void _work(self, Task *task, Cursor *at, int64_t instructions, int by) noexcept nogil:
        """The next instructions of a stream and their accesses, from where it was, wrapping at its end."""
        cdef int64_t done = 0
        cdef int64_t began
        cdef Passed passed
        while True:
            began = at.record
            passed = Passed(began, 0, 0, 0, instructions - done, FOREVER, 0)
            if not (at.accesses_done or at.fetches_done) or pass_rest(at, task.context.cells, &passed):
                pass_on(at, task.context.cells, &passed)
            if passed.record != began:
                self.kvm.tlb.lookups += passed.fetches + passed.accesses
                self.host_lookups[by] += passed.fetches + passed.accesses
                done += passed.fetches
                at.record = passed.record
                at.accesses_done = 0
                at.fetches_done = 0
            elif next_is_fetch(at):
                if done == instructions:
                    break
                self.reference(task.context, at.fetch_page[at.record] << 12, PATH_INST, by, task)
                done += 1
                at.fetches_done += 1
            else:
                self.reference(task.context, at.data_page[at.record] << 12, PATH_DATA, by, task)
                at.accesses_done += 1
            if (at.record < at.records and at.accesses_done == at.accesses[at.record]
                    and at.fetches_done == at.fetches[at.record]):
                next_record(at)
            if at.record == at.records:
                at.record = 0
        self.kvm.instructions += done
        task.turns += 1
        if task.page_flush_every and task.turns % task.page_flush_every == 0:
            self.flush_page(task.pid, at.data_page[at.record] << 12)
        if task.flush_every and task.turns % task.flush_every == 0:
            self.kvm.sweep(CAUSE_HOST_FLUSH)

    cdef void flush_page(self, int pid, uint32_t ea) noexcept nogil:
        """Flush one page of a process: tlbsx in AS 0, and a write when it hits. It cannot reach a guest's entry."""
        cdef int slot = self.kvm.tlb.search(0, pid, ea)
        if slot < 0:
            self.kvm.instructions += self.kvm.costs.of.flush_page_miss
            return
        self.kvm.instructions += self.kvm.costs.of.flush_page_hit
        self.kvm.tlb_writes += 1
        self.kvm.tlb.invalidate(slot)

    cdef int _state(self, State state) except -1:
        """Its part of the host's list of state. Who has which context number is kept once, in `owner`."""
        cdef int i
        cdef int owned = 0
        for i in range(self.n_tasks + 1):
            stream_state(state, f"task{i}.stream", self.tasks[i].cursor)
            state.number(f"task{i}.turns", &self.tasks[i].turns)
            state.number(f"task{i}.refills", &self.tasks[i].refills)
            if state.restoring:
                self.tasks[i].pid = 0
        if self.mark != NULL:
            stream_state(state, "mark.stream", self.mark)
        state.small("processes.next_context", &self.next_context, 1, LAST_CONTEXT + 1)
        for i in range(1, LAST_CONTEXT + 1):
            state.small(f"processes.owner{i}", &self.owner[i], 0, self.n_tasks + 1 if self.known[i] != NULL else 0)
            if self.owner[i] and state.restoring:
                if self.tasks[self.owner[i] - 1].pid:
                    raise ValueError(f"task {self.owner[i] - 1} has two context numbers")
                owned += 1
                self.tasks[self.owner[i] - 1].pid = i
                self.tasks[self.owner[i] - 1].context = self.known[i]
        # With numbers for all they are given out in order, and none is free below the next.
        if state.restoring and self.n_tasks + 1 <= LAST_CONTEXT and owned != self.next_context - 1:
            raise ValueError(f"{owned} context numbers are given out, and {self.next_context} is next")
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """Its part of the host's list of statistics."""
        state.counters("processes.host_misses", self.host_misses, 3)
        state.counters("processes.host_lookups", self.host_lookups, 3)
        state.counters("processes.host_faults", self.host_faults, 2)
        return state.counter("processes.context_steals", &self.context_steals)
