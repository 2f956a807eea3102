# SPDX-License-Identifier: BSD-3-Clause
# distutils: extra_compile_args = -O3 -g0
"""The host kernel takes every exception of a virtual machine through one entry."""

from libc.string cimport memset

from cext.causes cimport BY_HOST, HOST_FLUSH
from cext.processor cimport CYCLES_EXITS, CYCLES_IDLE, CYCLES_SWITCH, CYCLES_TASKS, CYCLES_TICK, CYCLES_VMM, MSR_WE
from cext.kvm cimport NOTE_EXIT, NOTE_HOST_MISS, NOTE_SCHEDULE, Note
from cext.schemes cimport Mapping
from cext.stream cimport TraceStream, next_is_fetch, next_record
from cext.supervisor cimport (
    FETCH, OP_MTMSR, OP_MTSPR, OP_RFI, OP_TLBSX, OP_TLBWE, SPR_MMUCR, SPR_PID, V_DECREMENTER, V_DTLB, V_ITLB, V_MACHINE_CHECK, V_PROGRAM, V_SYSCALL,
)
from cext.tlb cimport W0_TS, W0_VALID, lookup, size_mask

cdef uint32_t ALL_BITS = 0xFFFFFFFFu
cdef enum:                    # paths of the host's own miss handler
    PATH_DATA = 0
    PATH_INST = 1
    PATH_KERNEL = 2

EXIT_NAMES = ("itlb_r", "itlb_v", "dtlb_r", "dtlb_v", "mmio", "sysc", "inst_emu", "dec", "sig")
EMULATED_NAMES = ("mtspr", "mfspr", "tlbwe", "rfi", "mtmsr", "mfmsr", "wrtee", "tlbsx")
NOTE_NAMES = ("exits", "maps", "misses", "schedule")


cdef class HostKernel(Supervisor):
    def connect(self, KvmState kvm not None, ShadowScheme scheme not None, *, int64_t period, int64_t signal_every,
                int interrupt_pages, uint32_t interrupt_base, bint iccci, vmm, tasks):
        """`period`: 1/1000 cycle between ticks; `vmm`, each of `tasks`: what `_make_task` takes."""
        cdef int i
        if period <= 0:
            raise ValueError("the host's timer period must be positive")
        if len(tasks) > 200:
            raise ValueError(f"{len(tasks)} host tasks: at most 200")
        self.kvm = kvm
        self.core = kvm.core
        self.scheme = scheme
        self.period = period
        self.signal_every = signal_every
        self.interrupt_pages = interrupt_pages
        self.interrupt_base = interrupt_base
        self.iccci = iccci
        self._streams = []
        self._make_task(&self.vmm, vmm, 1)
        self.n_tasks = len(tasks)
        for i in range(self.n_tasks):
            self._make_task(&self.tasks[i], tasks[i], i + 2)
        self.kernel_context = self._context(0, 0, 0)
        self._context(1, 1, 0)
        self._context(1, 1, 1)

    cdef Context *_context(self, int as_, int pr, int pid) except NULL:
        cdef Context *made = self.kvm.tlb.context(as_, pr, pid)
        if made == NULL:
            raise MemoryError("no memory for a translation context")
        return made

    cdef int _make_task(self, Task *task, description, int pid) except -1:
        """`description`: (stream, every, instructions, flush_every, page_flush_every), as HostTask names them."""
        cdef TraceStream stream = description[0]
        if stream.instructions == 0:
            raise ValueError("a host task's stream must fetch instructions: its turn is measured in them")
        self._streams.append(stream)
        task.cursor = &stream.cursor
        task.context = self._context(0, 1, pid)
        task.pid = pid
        task.every = description[1]
        task.instructions = description[2]
        task.flush_every = description[3]
        task.page_flush_every = description[4]
        task.turns = 0
        return 0

    cpdef void begin(self):
        self.core.deadline = self.period
        self.scheme.privilege()
        self.core.enter_context(1, 1, self.kvm.shadow_pid)

    cdef void take(self, Exit *exit) noexcept nogil:
        """The exit entry: one exception in, the guest's next context out."""
        cdef int kind
        cdef bint nv = False
        self.exceptions += 1
        self.kvm.causes.begin_exit(exit.host_timer)
        if exit.kind == V_ITLB or exit.kind == V_DTLB:
            self._begin(exit.kind == V_DTLB, exit.kind == V_DTLB, exit.kind == V_DTLB)
            kind = self._miss(exit)
            if kind == X_MMIO:
                self.exits[kind] += 1
                self.kvm.note(NOTE_EXIT, kind, exit.ea, exit.pc)
                self.kvm.instructions += self.kvm.costs.resume_host_nv
                self._heavy(kind)
                self._enter_guest()
                self._settle(kind)
                return
        elif exit.kind == V_PROGRAM:
            self._begin(True, False, True)
            kind = X_INST_EMU
            nv = True
            self._emulate(exit)
        elif exit.kind == V_SYSCALL:
            self._begin(False, False, False)
            kind = X_SYSC
            self._deliver(exit, V_SYSCALL)
        else:
            self._begin(False, False, False)
            kind = X_DEC
            if exit.host_timer:
                self.exits[kind] += 1
                self.kvm.note(NOTE_EXIT, kind, exit.ea, exit.pc)
                kind = self._tick()
                if kind == X_DEC:
                    self.kvm.instructions += self.kvm.costs.resume_guest
                self._enter_guest()
                self._settle(kind)
                # Ticks that came due meanwhile interrupted the host, not the guest; the guest always gets on.
                if self.core.deadline <= self.core.time:
                    self.core.deadline += ((self.core.time - self.core.deadline) // self.period + 1) * self.period
                return
            self._deliver(exit, V_DECREMENTER)
        self.exits[kind] += 1
        self.kvm.note(NOTE_EXIT, kind, exit.ea, exit.pc)
        self.kvm.instructions += self.kvm.costs.resume_guest_nv if nv else self.kvm.costs.resume_guest
        self._enter_guest()
        self._settle(kind)

    cdef void _begin(self, bint copy, bint dear, bint esr) noexcept nogil:
        """Interrupt entry, the assembly up to C, and C's dispatch."""
        self.kvm.extra += self.kvm.costs.interrupt_latency
        self.kvm.instructions += self.kvm.costs.exit_stub + self.kvm.costs.exit_common + self.kvm.costs.c_dispatch
        if copy:
            self.kvm.instructions += self.kvm.costs.exit_inst_copy
        if dear:
            self.kvm.instructions += self.kvm.costs.exit_dear
        if esr:
            self.kvm.instructions += self.kvm.costs.exit_esr

    cdef void _settle(self, int kind) noexcept nogil:
        """Charge what has accumulated to an exit kind."""
        cdef int64_t amount
        self.exit_instructions[kind] += self.kvm.instructions
        amount = self.kvm.settle(CYCLES_EXITS)
        self.exit_cycles[kind] += amount
        self.kvm.causes.spent(kind, amount)

    cdef void _enter_guest(self) noexcept nogil:
        self.scheme.enter()
        self.kvm.extra += self.kvm.costs.rfi_latency
        if self.iccci:
            self.kvm.extra += self.kvm.costs.iccci_refill
        self.core.synchronise()
        self.core.enter_context(1, 1, self.kvm.shadow_pid)

    cdef void _set_user(self, bint user) noexcept nogil:
        if self.kvm.user != user:
            self.kvm.user = user
            self.scheme.privilege()

    cdef void _deliver(self, Exit *exit, int vector) noexcept nogil:
        """Queue and deliver an interrupt to the guest: it goes on in supervisor mode at the vector."""
        self.kvm.instructions += self.kvm.costs.c_queue + self.kvm.costs.c_deliver
        self.kvm.causes.delivered(vector == V_ITLB or vector == V_DTLB)
        self._set_user(False)
        exit.vector = vector

    cdef int _miss(self, Exit *exit) noexcept nogil:
        """Real (no guest entry: the guest's own business), virt (KVM maps it), or a device."""
        cdef Context *context = self.kvm.guest_tlb.context(0, 0, self.kvm.pid)
        cdef Mapping wanted
        cdef uint32_t offset_bits
        cdef int slot = lookup(self.kvm.guest_tlb, context, exit.ea) if context != NULL else \
            self.kvm.guest_tlb.search(0, self.kvm.pid, exit.ea)
        cdef bint fetch = exit.kind == V_ITLB
        self.kvm.guest_tlb.lookups += 1
        if slot < 0:
            self.kvm.guest_tlb.misses += 1
            self.kvm.instructions += self.kvm.costs.search_entry * self.kvm.guest_tlb.entries
            self._deliver(exit, V_ITLB if fetch else V_DTLB)
            return X_ITLB_R if fetch else X_DTLB_R
        self.kvm.instructions += self.kvm.costs.search_entry * slot + self.kvm.costs.search_hit
        offset_bits = ~size_mask(self.kvm.guest_tlb.w0[slot])
        wanted.ea = exit.ea
        wanted.gpa = (self.kvm.guest_tlb.w1[slot] & ~offset_bits & 0xFFFFFC00u) | (exit.ea & offset_bits)
        wanted.guest_bytes = offset_bits + 1
        wanted.word2 = self.kvm.guest_tlb.w2[slot]
        wanted.guest_tid = self.kvm.guest_tlb.tid[slot]
        wanted.guest_index = slot
        if wanted.gpa >= self.kvm.guest_memory or self.kvm.guest_tlb.w1[slot] & 15:
            if fetch:
                self.scheme.count_miss(&wanted)
                self._deliver(exit, V_MACHINE_CHECK)
                return X_ITLB_V
            exit.completed = 1
            return X_MMIO
        self.scheme.count_miss(&wanted)
        self.scheme.map(&wanted)
        return X_ITLB_V if fetch else X_DTLB_V

    cdef void _emulate(self, Exit *exit) noexcept nogil:
        self.kvm.instructions += self.kvm.costs.c_emulate
        self.emulated[exit.op] += 1
        if exit.op == OP_TLBWE:
            self._emulate_tlbwe(exit)
        elif exit.op == OP_RFI:
            self._set_user(exit.value != 0)
            self.kvm.causes.returned()
        elif exit.op == OP_MTSPR:
            if exit.spr == SPR_MMUCR:
                self.kvm.stid = exit.value & 255
            elif exit.spr == SPR_PID and self.kvm.pid != <int>(exit.value & 255):
                self.kvm.pid = exit.value & 255
                self.scheme.set_pid()
        elif exit.op == OP_TLBSX:
            self._emulate_tlbsx(exit)
        elif exit.op == OP_MTMSR and exit.value & MSR_WE:
            self._block()

    cdef void _emulate_tlbsx(self, Exit *exit) noexcept nogil:
        """Search the guest's TLB, as a miss does; the hardware's is not touched."""
        cdef int slot = self.kvm.guest_tlb.search(0, self.kvm.stid, exit.ea)
        exit.found = slot >= 0
        exit.result = slot
        if slot < 0:
            self.kvm.instructions += self.kvm.costs.search_entry * self.kvm.guest_tlb.entries
        else:
            self.kvm.instructions += self.kvm.costs.search_entry * slot + self.kvm.costs.search_hit

    cdef void _block(self) noexcept nogil:
        """The guest waits (`kvm_vcpu_block`): its vcpu leaves the processor until the guest's next event."""
        self._settle(X_INST_EMU)
        self.scheme.put()
        self.kvm.instructions += self.kvm.costs.c_switch
        self.kvm.settle(CYCLES_SWITCH)
        if self.core.time < self.core.wake:
            self.core.spend(CYCLES_IDLE, self.core.wake - self.core.time)
        self.kvm.instructions += self.kvm.costs.c_switch
        self.scheme.load()
        self.kvm.settle(CYCLES_SWITCH)

    cdef void _emulate_tlbwe(self, Exit *exit) noexcept nogil:
        """Write one word of a guest entry; whenever the entry is then usable, its first host page is mapped at once."""
        cdef int slot = exit.slot
        cdef uint32_t mask
        cdef Mapping wanted
        self.kvm.instructions += self.kvm.costs.c_tlbwe
        if self.kvm.guest_tlb.w0[slot] & W0_VALID:
            self.scheme.invalidate(slot)
        self.kvm.guest_tlb.write_word(slot, exit.word, exit.value, self.kvm.stid)
        self.kvm.causes.written(slot)
        mask = size_mask(self.kvm.guest_tlb.w0[slot])
        if not self.kvm.guest_tlb.w0[slot] & W0_VALID or self.kvm.guest_tlb.w0[slot] & W0_TS or mask == 0:
            return
        wanted.gpa = self.kvm.guest_tlb.w1[slot] & mask
        if wanted.gpa >= self.kvm.guest_memory or self.kvm.guest_tlb.w1[slot] & 15:
            return
        wanted.ea = self.kvm.guest_tlb.w0[slot] & mask
        wanted.guest_bytes = ~mask + 1
        wanted.word2 = self.kvm.guest_tlb.w2[slot]
        wanted.guest_tid = self.kvm.guest_tlb.tid[slot]
        wanted.guest_index = slot
        self.eager_maps += 1
        if wanted.guest_tid != 0 and wanted.guest_tid != self.kvm.pid:
            self.eager_other_tid += 1
        self.scheme.map(&wanted)

    cdef void _heavy(self, int kind) noexcept nogil:
        """To user space and back: put, the VMM's own work, KVM_RUN, load."""
        self.kvm.instructions += self.kvm.costs.heavy_block + self.kvm.costs.c_to_user
        self.scheme.put()
        self._settle(kind)
        self.kvm.note(NOTE_SCHEDULE, 0, 0, 0)
        self._turn(&self.vmm, BY_VMM)
        self.kvm.settle(CYCLES_VMM)
        self.kvm.instructions += self.kvm.costs.c_ioctl
        self.scheme.load()
        self.kvm.instructions += self.kvm.costs.full_entry

    cdef int _tick(self) noexcept nogil:
        """The host's timer interrupt and what the host then does. Returns the exit kind to go on under."""
        cdef int i
        cdef int kind = X_DEC
        cdef bint away = False
        self.ticks += 1
        self.core.deadline += self.period
        self._settle(X_DEC)
        self.kvm.instructions += self.kvm.costs.c_tick
        for i in range(self.interrupt_pages):
            self._reference(self.kernel_context, self.interrupt_base + 4096 * i, PATH_KERNEL, BY_INTERRUPT)
        self.kvm.settle(CYCLES_TICK)
        if self.signal_every and self.ticks % self.signal_every == 0:
            kind = X_SIG
            self.exits[kind] += 1
            self.kvm.note(NOTE_EXIT, kind, 0, self.core.pc)
            self.kvm.instructions += self.kvm.costs.resume_host
            self._heavy(kind)
            self._settle(kind)
        for i in range(self.n_tasks):
            if self.tasks[i].every == 0 or self.ticks % self.tasks[i].every:
                continue
            if not away:
                away = True
                self.scheme.put()
            self.kvm.instructions += self.kvm.costs.c_switch
            self.kvm.settle(CYCLES_SWITCH)
            self.task_turns += 1
            self.kvm.note(NOTE_SCHEDULE, i + 1, 0, 0)
            self._turn(&self.tasks[i], BY_TASK)
            self.kvm.settle(CYCLES_TASKS)
        if away:
            self.kvm.instructions += self.kvm.costs.c_switch
            self.scheme.load()
            self.kvm.settle(CYCLES_SWITCH)
        return kind

    cdef void _reference(self, Context *context, uint32_t ea, int path, int by) noexcept nogil:
        """One reference of the host's own; Linux's handler fills a miss into the next slot, whatever is there."""
        cdef int slot
        cdef uint32_t page = ea & ~(self.kvm.host_page_bytes - 1)
        self.kvm.tlb.lookups += 1
        self.host_lookups[by] += 1
        if lookup(self.kvm.tlb, context, ea) >= 0:
            return
        self.kvm.tlb.misses += 1
        self.host_misses[by] += 1
        slot = self.kvm.next_host_slot()
        if self.kvm.tlb.w0[slot] & 0x300 == 0x300:
            self.kvm.guest_clobbered += 1
            self.kvm.causes.hide(slot, BY_HOST)
        if path == PATH_KERNEL:
            self.kvm.instructions += self.kvm.costs.host_miss_kernel
        else:
            self.kvm.instructions += (self.kvm.costs.host_miss_inst if path == PATH_INST
                                      else self.kvm.costs.host_miss_data)
        if slot == 0:
            self.kvm.instructions += 1        # the counter has wrapped
        self.kvm.tlb_writes += 3
        self.kvm.extra += self.kvm.costs.interrupt_latency + self.kvm.costs.rfi_latency
        self.kvm.tlb.write_entry(slot, page | W0_VALID | self.kvm.host_size_code, page,
                            0x07 if path == PATH_KERNEL else 0x3F, 0 if path == PATH_KERNEL else context.pid)
        self.kvm.note(NOTE_HOST_MISS, by, ea, slot)
        # The handler's look-up of the same reference again, which hits.
        self.kvm.tlb.lookups += 1
        self.host_lookups[by] += 1

    cdef void _turn(self, Task *task, int by) noexcept nogil:
        """A task's turn: its next instructions and their accesses, from where it was, wrapping at the stream's end."""
        cdef Cursor *at = task.cursor
        cdef const uint32_t *page
        cdef int64_t done = 0
        cdef int64_t n, m
        while True:
            n = at.accesses[at.record] - at.accesses_done
            m = at.fetches[at.record] - at.fetches_done
            if (done + m <= task.instructions
                    and (m == 0 or task.context.cells[at.fetch_page[at.record]])
                    and (n == 0 or task.context.cells[at.data_page[at.record]])):
                self.kvm.tlb.lookups += n + m
                self.host_lookups[by] += n + m
                done += m
                next_record(at)
            elif next_is_fetch(at):
                if done == task.instructions:
                    break
                self._reference(task.context, at.fetch_page[at.record] << 12, PATH_INST, by)
                done += 1
                at.fetches_done += 1
            else:
                self._reference(task.context, at.data_page[at.record] << 12, PATH_DATA, by)
                at.accesses_done += 1
            if (at.record < at.records and at.accesses_done == at.accesses[at.record]
                    and at.fetches_done == at.fetches[at.record]):
                next_record(at)
            if at.record == at.records:
                at.record = 0
        self.kvm.instructions += done
        task.turns += 1
        if task.page_flush_every and task.turns % task.page_flush_every == 0:
            self._flush_page(task.pid, at.data_page[at.record] << 12)
        if task.flush_every and task.turns % task.flush_every == 0:
            self.kvm.sweep(HOST_FLUSH)

    cdef void _flush_page(self, int pid, uint32_t ea) noexcept nogil:
        """Flush one page of a process: tlbsx in AS 0, and a write when it hits. It cannot reach a guest's entry."""
        cdef int slot = self.kvm.tlb.search(0, pid, ea)
        if slot < 0:
            self.kvm.instructions += self.kvm.costs.flush_page_miss
            return
        self.kvm.instructions += self.kvm.costs.flush_page_hit
        self.kvm.tlb_writes += 1
        self.kvm.tlb.invalidate(slot)

    # One event at a time, for experiments and tests that play the machine by hand.

    def put(self):
        """The vcpu leaves the processor."""
        self.scheme.put()
        self.kvm.settle(CYCLES_SWITCH)

    def load(self):
        """The vcpu comes back; its scheme's work is done at the next entry."""
        self.scheme.load()
        self.kvm.settle(CYCLES_SWITCH)

    def enter(self):
        """Enter the guest, charged to `dec`."""
        self._enter_guest()
        self._settle(X_DEC)

    def flush_address_space(self):
        """Flush the address space of any process: the sweep."""
        self.kvm.sweep(HOST_FLUSH)
        self.kvm.settle(CYCLES_SWITCH)

    def flush_page(self, int pid, uint32_t ea):
        """Flush one page of a host process."""
        self._flush_page(pid & 255, ea)
        self.kvm.settle(CYCLES_SWITCH)

    def touch(self, int pid, uint32_t ea, bint fetch=False):
        """A reference of a host process (pid 0: of the kernel), missing and filling as the host does."""
        self._reference(self._context(0, 1 if pid else 0, pid), ea,
                        PATH_KERNEL if pid == 0 else PATH_INST if fetch else PATH_DATA, BY_TASK)
        self.kvm.settle(CYCLES_TASKS)

    def set_index(self, int slot):
        """Set the host's round-robin counter (0 to the high-water mark): the next slot is the one after it."""
        if not 0 <= slot <= self.kvm.hwater:
            raise ValueError(f"slot {slot}: replaceable slots are 0 to {self.kvm.hwater}")
        self.kvm.host_index = slot

    # What Simulation and tests ask.

    def debug_enable(self, kinds, int64_t start, int64_t stop):
        """Record notes of these kinds between two cycles (stop -1: to the end)."""
        self.kvm.note_mask = 0
        for kind in kinds:
            self.kvm.note_mask |= 1 << NOTE_NAMES.index(kind)
        self.kvm.note_start = start * 1000
        self.kvm.note_stop = stop * 1000 if stop >= 0 else 0x7FFFFFFFFFFFFFFF

    def debug_drain(self):
        """The notes since the last call: [(cycle, kind, text)]."""
        cdef int i
        cdef list lines = []
        cdef Note note
        for i in range(self.kvm.n_notes):
            note = self.kvm.notes[i]
            if note.kind == NOTE_EXIT:
                text = f"{EXIT_NAMES[note.a]} ea={note.b:#010x} pc={note.c:#010x}"
            elif note.kind == NOTE_HOST_MISS:
                text = f"{('vmm', 'task', 'interrupt')[note.a]} ea={note.b:#010x} slot={note.c}"
            elif note.kind == NOTE_SCHEDULE:
                text = "vmm runs" if note.a == 0 else f"task {note.a - 1} runs"
            else:
                text = f"slot={note.a} ea={note.b:#010x} real={note.c:#010x}"
            lines.append((note.time // 1000, NOTE_NAMES[note.kind], text))
        self.kvm.n_notes = 0
        return lines

    def failure(self):
        return self.scheme.failure()

    def loop(self, uint32_t ea):
        return self.scheme.loop(ea)

    def teardown(self):
        """End the VM: every page reference is dropped."""
        self.scheme.destroy()

    def shadow_scheme(self):
        """The scheme's own peer, which shows its table: `references()` of E4, `shadows()` of E3b."""
        return self.scheme

    def held(self, int64_t page):
        """References held on a host page of guest memory."""
        if not 0 <= page < self.kvm.pages:
            raise IndexError(f"host page {page} of guest memory (0 to {self.kvm.pages - 1})")
        return self.kvm.held[page]

    def vcpu(self):
        """The vcpu's state: {user, pid, shadow_pid, host_index}."""
        return {"user": bool(self.kvm.user), "pid": self.kvm.pid, "shadow_pid": self.kvm.shadow_pid,
                "host_index": self.kvm.host_index}

    def double_drops(self):
        """Page references dropped that were not held: 0 in a correct scheme."""
        return self.kvm.double_drops

    def read_stats(self):
        """Raw counters by statistic name; cycles in 1/1000."""
        cdef int i
        cdef KvmState kvm = self.kvm
        return {
            "exits_by_kind": [self.exits[i] for i in range(EXIT_KINDS)],
            "exceptions": self.exceptions,
            "exit_time": self.core.cycles[CYCLES_EXITS],
            "exit_instructions": [self.exit_instructions[i] for i in range(EXIT_KINDS)],
            "exit_cycles": [self.exit_cycles[i] for i in range(EXIT_KINDS)],
            "emulated": [self.emulated[i] for i in range(EMULATED_KINDS)],
            "maps": kvm.maps,
            "eager_maps": self.eager_maps,
            "eager_other_tid": self.eager_other_tid,
            "pages_taken": kvm.pages_taken,
            "pages_dirty": kvm.pages_dirty,
            "pages_clean": kvm.pages_clean,
            "host_killed": kvm.host_killed,
            "guest_clobbered": kvm.guest_clobbered,
            "host_lookups": [self.host_lookups[i] for i in range(3)],
            "host_misses": [self.host_misses[i] for i in range(3)],
            "puts": kvm.puts,
            "sweeps": kvm.sweeps,
            "host_alive": kvm.host_alive,
            "slots_visited": kvm.slots_visited,
            "slots_written": kvm.slots_written,
            "ticks": self.ticks,
            "task_turns": self.task_turns,
            **kvm.causes.read_stats(EXIT_KINDS),
            **self.scheme.read_stats(),
        }
