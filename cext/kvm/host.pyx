# SPDX-License-Identifier: BSD-3-Clause
"""The host kernel as its peer: put together, started, saved and restored, and asked what it has counted.

What it does at an exit is in `exits` and `entry`, at its timer's ticks in `scheduler`.
"""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.arch440 cimport DEVICES_BASE, FOREVER, W0_VALID, W2_G, W2_I, W2_SUPERVISOR
from simobjects.cext.kvm.entry cimport GuestEntry
from simobjects.cext.kvm.exit_kinds cimport EXIT_NAMES
from simobjects.cext.arch.state cimport Stateful
from simobjects.cext.kvm.delivery cimport Delivery
from simobjects.cext.kvm.emulation cimport Emulation
from simobjects.cext.kvm.exit_timing cimport ExitTiming
from simobjects.cext.kvm.guest_timer cimport GuestTimer
from simobjects.cext.kvm.kvm_state cimport KvmState, NOTE_EXIT, NOTE_HOST_MISS, NOTE_SCHEDULE, Note
from simobjects.cext.kvm.processes cimport HostProcesses, NO_SLOT
from simobjects.cext.core.tlb_array cimport size_code
from simobjects.cext.core.processor cimport CYCLES_EXITS
from simobjects.cext.kvm.scheduler cimport HostScheduler
from simobjects.cext.kvm.schemes.base cimport ShadowScheme
from simobjects.cext.kvm.vcpu cimport PRIORITIES

NOTE_NAMES = ("exits", "maps", "misses", "schedule")


cdef class HostKernel(HandPlayedHost):
    def connect(self, KvmState kvm not None, ShadowScheme scheme not None, *, int64_t period, int64_t signal_every,
                int interrupt_pages, uint32_t interrupt_base, bint iccci, vmm, tasks,
                int interrupt_code_pages=0, bint executes=False, uint32_t pvr=0, int64_t timebase=1000,
                int64_t ticks_per_microsecond=400, int exit_timing=0, era=None):
        """`period`: 1/1000 cycle between ticks; `vmm`, each of `tasks`: what `HostProcesses` takes.

        `executes`: the core runs a program; `timebase`: 1/1000 cycle a tick of the timebase; `exit_timing`: generation
        (0 off); `era`: {field of `Era`: value}, default as 2.6.29 but for its `index_bug`.
        """
        self.kvm = kvm
        self.core = kvm.core
        self.costs = kvm.costs
        self.guest_tlb = kvm.guest_tlb
        self.scheme = scheme
        kvm.executes = executes
        kvm.regs.pvr = pvr
        kvm.era = {**{"index_bug": False, "late_syndrome": False, "exact_timer": False, "dec_clears": False, "dis": 1,
                      "emulates": 0}, **(era or {})}
        self.processes = HostProcesses(kvm, vmm, tasks)
        self.scheduler = HostScheduler(kvm, scheme, self.processes, period=period, signal_every=signal_every,
                                       interrupt_pages=interrupt_pages, interrupt_code_pages=interrupt_code_pages,
                                       interrupt_base=interrupt_base)
        self.delivery = Delivery(kvm, scheme)
        self.timer = GuestTimer(kvm, self.delivery, period, timebase)
        self.emulation = Emulation(kvm, scheme, self.delivery, self.timer)
        self.timing = ExitTiming(exit_timing, timebase, ticks_per_microsecond)
        self._prepare(iccci)
        self.processes.context(1, 1, 0)
        self.processes.context(1, 1, 1)

    cpdef void begin(self):
        if self.kvm.executes:
            self._boot()
        self._plan()
        self.scheme.privilege()
        self.kvm.instructions = 0    # the guest's first privilege is not a change of it
        self._show()

    cdef void _boot(self):
        """The state in which KVM starts a guest: 16 MiB at 0, and the page of the UART."""
        self.kvm.pid = 0
        self.kvm.regs.msr = 0
        self.kvm.user = False
        self.kvm.guest_tlb.write_entry(0, W0_VALID | size_code(16 << 20), 0, W2_SUPERVISOR, 0)
        self.kvm.guest_tlb.write_entry(1, DEVICES_BASE | W0_VALID | size_code(4096), DEVICES_BASE,
                                       W2_I | W2_G | W2_SUPERVISOR, 0)
        self.kvm.guest_tlb.tlbwe = 0
        self.kvm.guest_tlb.overlapping_writes = 0

    # ---- one list of state, walked for checkpoints

    cdef int _state(self, State state) except -1:
        """Of KVM and all its parts, its scheme, the host's processes, the timer, and what is counted."""
        self.kvm._state(state)
        self.scheme._state(state)
        self.processes._state(state)
        self.delivery._state(state)
        self.timer._state(state)
        self.emulation._state(state)
        self.timing._state(state)
        self.scheduler._state(state)
        self._entry_state(state)
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """The list of statistics; of a state the parts give their own."""
        if state.counting:
            self.kvm._counts(state)
            self.kvm.causes._counts(state)
            self.scheme._counts(state)
            self.processes._counts(state)
            self.delivery._counts(state)
            self.emulation._counts(state)
            self.scheduler._counts(state)
        GuestEntry._counts(self, state)
        return state.counter("exceptions", &self.exceptions)

    def restored(self):
        """The TLB is restored too: in a larger one the pinned entries have their slots at the new end only."""
        self.kvm.move_pins()
        self.core.guest_user = self.kvm.user

    # ---- what Simulation and tests ask

    def debug_enable(self, kinds, int64_t start, int64_t stop):
        """Record notes of these kinds between two cycles (stop -1: to the end)."""
        self.kvm.note_mask = 0
        for kind in kinds:
            self.kvm.note_mask |= 1 << NOTE_NAMES.index(kind)
        self.kvm.note_start = start * 1000
        self.kvm.note_stop = stop * 1000 if stop >= 0 else FOREVER

    def debug_drain(self):
        """The notes since the last call: [(cycle, kind, text)]."""
        cdef int i
        cdef list lines = []
        cdef Note note
        for i in range(self.kvm.n_notes):
            note = self.kvm.notes[i]
            if note.kind == NOTE_EXIT:
                text = f"{EXIT_NAMES[note.a].decode()} ea={note.b:#010x} pc={note.c:#010x}"
            elif note.kind == NOTE_HOST_MISS:
                where = "page fault" if note.c == NO_SLOT else f"slot={note.c}"
                text = f"{('vmm', 'task', 'interrupt')[note.a]} ea={note.b:#010x} {where}"
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

    def registers(self):
        """The vcpu's virtual registers; `pending` and `ivor` by priority, `dec`: as of `dec_written`, `due`: cycle of
        the guest's timer or None."""
        found = dict(self.kvm.regs)
        found["ivor"], found["sprg"] = list(self.kvm.regs.ivor), list(self.kvm.regs.sprg)
        found["pid"], found["stid"] = self.kvm.pid, self.kvm.stid
        found["due"] = None if self.timer.due == FOREVER else self.timer.due // 1000
        return found

    def exit_timing(self):
        """The exit timing table, 27 rows of (kind, count, min, max, sum, sum of squares) as the kernel prints them."""
        return self.timing.table()

    def exit_timing_text(self):
        """The same as the text of the kernel's file."""
        return self.timing.text()

    def files(self):
        """What a run leaves on disk: {name: content}, the exit timing when it is on."""
        return {"vm1_vcpu0_timing": self.timing.text().encode()} if self.timing.generation else {}

    def clear_exit_timing(self):
        """Begin the exit timing again."""
        self.timing.clear()

    def double_drops(self):
        """Page references dropped that were not held: 0 in a correct scheme."""
        return self.kvm.double_drops

    def read_stats(self):
        """Raw counters by statistic name; cycles in 1/1000."""
        return {**Stateful.read_stats(self), "exit_time": self.core.cycles[CYCLES_EXITS],
                "magic_accesses": self.core.magic_accesses}
