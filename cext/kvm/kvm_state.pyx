# SPDX-License-Identifier: BSD-3-Clause
"""The state that exits, schemes and the host kernel share."""

from libc.stdlib cimport calloc, free

from simobjects.cext.arch.arch440 cimport FOREVER, MSR_CE, MSR_EE, MSR_ME, MSR_PR
from simobjects.cext.arch.state cimport FARTHEST
from simobjects.cext.core.processor cimport TRACE_FULL
from simobjects.cext.core.tlb_array cimport size_code
from simobjects.cext.kvm.vcpu cimport PRIORITIES

cdef int64_t MOST_UNSETTLED = <int64_t>1 << 32    # of one exit; times a cost it does not leave 64 bits


cdef class KvmState:
    def __init__(self, Processor core not None, Costs costs not None, TLB tlb not None, TLB guest_tlb not None, int hwater,
                 int host_page_bytes, uint32_t guest_memory, uint32_t guest_base):
        """`hwater`: last replaceable slot; `guest_memory` bytes at guest physical 0, at host physical `guest_base`."""
        if not 0 <= hwater < tlb.entries:
            raise ValueError(f"high-water mark {hwater} of a TLB of {tlb.entries} entries")
        if host_page_bytes not in (4096, 16384, 65536):
            raise ValueError(f"host pages of {host_page_bytes} bytes: 4096, 16384 and 65536 exist")
        self.core = core
        self.costs = costs
        self.tlb = tlb
        self.guest_tlb = guest_tlb
        self.timeline = Timeline(core, tlb, hwater)
        self.causes = Causes(guest_tlb, tlb.entries, self.timeline)
        self.hwater = hwater
        self.host_page_bytes = host_page_bytes
        self.host_page_shift = host_page_bytes.bit_length() - 1
        self.host_size_code = size_code(1 << self.host_page_shift)
        self.guest_memory = guest_memory
        self.guest_base = guest_base
        self.flush_in_one = costs.flush_in_one
        self.pages = (guest_memory >> self.host_page_shift) + 1
        self.held = <int32_t *>calloc(self.pages, sizeof(int32_t))
        self.notes = <Note *>calloc(TRACE_CAPACITY, sizeof(Note))
        if self.held == NULL or self.notes == NULL:
            raise MemoryError("no memory for page references")
        self.user = True
        self.pid = 1
        self.stid = 0
        self.regs.msr = MSR_PR | MSR_EE | MSR_ME | MSR_CE
        self.regs.ivpr = 0x55550000
        for priority in range(PRIORITIES):
            self.regs.ivor[priority] = 0x7700 | priority * 4
        self.note_stop = FOREVER

    def __dealloc__(self):
        free(self.held)
        free(self.notes)

    cdef int _state(self, State state) except -1:
        """The list of state: the vcpu, the page references, what is charged and counted."""
        cdef int entries = self.tlb.entries
        cdef int hwater = self.hwater
        state.small("kvm.entries", &entries, 1, self.tlb.entries)
        state.small("kvm.hwater", &hwater, 0, min(entries - 1, self.hwater))
        self.pins_from = hwater + 1
        self.pins_to = entries - 1
        state.small("kvm.host_index", &self.host_index, 0, hwater)
        state.bytes_("kvm.regs", &self.regs, sizeof(self.regs))
        if self.regs.pending >> PRIORITIES or not 0 <= self.regs.dec_written <= FARTHEST:
            raise ValueError(f"kvm.regs: interrupts {self.regs.pending:#x}, DEC written at {self.regs.dec_written}")
        state.flag("kvm.user", &self.user)
        state.small("kvm.pid", &self.pid, 0, 255)
        state.small("kvm.stid", &self.stid, 0, 255)
        state.small("kvm.shadow_pid", &self.shadow_pid, 0, 255)
        state.number("kvm.instructions", &self.instructions)
        state.number("kvm.tlb_writes", &self.tlb_writes)
        if not 0 <= self.instructions <= MOST_UNSETTLED or not 0 <= self.tlb_writes <= MOST_UNSETTLED:
            raise ValueError(f"{self.instructions} instructions and {self.tlb_writes} writes of an exit are not paid")
        state.number("kvm.extra", &self.extra)
        state.bytes_("kvm.held", self.held, self.pages * sizeof(int32_t))
        state.number("kvm.double_drops", &self.double_drops)
        self.causes._state(state)
        return self._counts(state)

    cdef int _counts(self, State state) except -1:
        """Its part of the host's list of statistics."""
        state.counter("kvm.pages_taken", &self.pages_taken)
        state.counter("kvm.pages_dirty", &self.pages_dirty)
        state.counter("kvm.pages_clean", &self.pages_clean)
        state.counter("kvm.maps", &self.maps)
        state.counter("kvm.host_killed", &self.host_killed)
        state.counter("kvm.guest_clobbered", &self.guest_clobbered)
        state.counter("kvm.host_alive", &self.host_alive)
        state.counter("kvm.puts", &self.puts)
        state.counter("kvm.sweeps", &self.sweeps)
        state.counter("kvm.slots_visited", &self.slots_visited)
        return state.counter("kvm.slots_written", &self.slots_written)

    def flush_at_once(self):
        """Every sweep is one instruction from now on, as tlbivax could be."""
        self.flush_in_one = True

    cdef void move_pins(self) noexcept nogil:
        """After a restore into a larger TLB: the pinned entries have their slots at the new end, not at the old one."""
        cdef int64_t writes = self.tlb.tlbwe
        cdef int slot
        for slot in range(self.pins_from, self.pins_to + 1):
            if slot <= self.hwater:
                self.tlb.invalidate(slot)
        self.tlb.tlbwe = writes

    cdef void _keep_note(self, int kind, int a, uint32_t b, uint32_t c) noexcept nogil:
        """A debug record of the watched time; a nearly full buffer pauses the run to be read."""
        cdef Note *made
        if self.core.time < self.note_start or self.core.time >= self.note_stop or self.n_notes == TRACE_CAPACITY:
            return
        made = &self.notes[self.n_notes]
        self.n_notes += 1
        made.time = self.core.time
        made.kind = kind
        made.a = a
        made.b = b
        made.c = c
        if self.n_notes > TRACE_CAPACITY // 2 and self.core.stop < 0:
            self.core.stop = TRACE_FULL

    cdef void sweep(self, int cause) noexcept nogil:
        """Linux's flush of a whole address space: every replaceable slot, since the 440 cannot select."""
        cdef int slot
        for slot in range(self.hwater + 1):
            self.causes.hide(slot, cause)
            self.tlb.invalidate(slot)
        self.sweeps += 1
        if self.flush_in_one:
            self.tlb.tlbwe -= self.hwater      # a flush instruction: counted as one write
            self.instructions += self.costs.of.flush_once
            self.tlb_writes += 1
        else:
            self.instructions += self.costs.of.flush_base + self.costs.of.flush_slot * self.hwater
            self.tlb_writes += self.hwater + 1
