# SPDX-License-Identifier: BSD-3-Clause
"""What every shadow scheme has: the hardware image of a mapping, the put, the way a privilege change is seen."""

from simobjects.cext.arch.arch440 cimport GUEST_SPACE, W0_VALID, W2_M
from simobjects.cext.kvm.kinds cimport CAUSE_DUPLICATE, CAUSE_PUT_SWEEP
from simobjects.cext.kvm.kvm_state cimport shadow_word2
from simobjects.cext.core.processor cimport FAILED
from simobjects.cext.core.tlb_array cimport size_code


cdef uint32_t STORAGE_ATTRIBUTES = 0xF80    # W I M G E

DUPLICATE_POLICIES = ("lowest", "drop_older", "stop")


cdef class ShadowScheme:
    def __init__(self, KvmState kvm not None):
        self.kvm = kvm
        self.large_pages = True

    cdef int _state(self, State state) except -1:
        """The list of state that every scheme has; each adds its tables."""
        self._counts(state)
        state.small("scheme.duplicate_older", &self.duplicate_slots[0], 0, self.kvm.tlb.entries - 1)
        return state.small("scheme.duplicate_newer", &self.duplicate_slots[1], 0, self.kvm.tlb.entries - 1)

    cdef int _check_page(self, int64_t page, str name) except -1:
        """ValueError when a page that comes back is not one of the guest's."""
        if not 0 <= page < self.kvm.pages:
            raise ValueError(f"{name}: page {page} of a guest that has {self.kvm.pages}")
        return 0

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        """Make a translation available to the guest; takes one page reference."""
        pass

    cdef void map_eagerly(self, const Mapping *wanted) noexcept nogil:
        """The same at a tlbwe of the guest, before anybody has asked for the page."""
        self.map(wanted)

    cdef void map_briefly(self, const Mapping *wanted, const uint16_t *until) noexcept nogil:
        """The same where nobody asks for the page before `invalidate`, as long as this cell does not become 0."""
        self.map_eagerly(wanted)

    cdef int64_t most_of_rewrite(self) noexcept nogil:
        """Time that three tlbwe to one entry take at most with the guest entries behind them, but for what every exit
        costs, in 1/1000 cycle; -1: it does not say, so that they are taken one by one."""
        return -1

    cdef void invalidate(self, int guest_index) noexcept nogil:
        """A valid guest entry is about to be overwritten."""
        pass

    cdef void set_pid(self) noexcept nogil:
        """The guest's PID has changed."""
        pass

    cdef void privilege(self) noexcept nogil:
        """The guest's virtual MSR[PR] has changed: TID 1 is visible to its kernel only."""
        self.kvm.shadow_pid = 0 if self.kvm.user else 1

    cdef void enter(self) noexcept nogil:
        """The scheme's part of every guest entry, the fixed instructions included."""
        pass

    cdef int64_t idle_entry(self) noexcept nogil:
        """Instructions of a guest entry at which the scheme has nothing to do now; -1: it has, or does not say."""
        return -1

    cdef void idle_entries(self, int64_t count) noexcept nogil:
        """So many of those: what `enter` would have counted beside its instructions."""
        pass

    cdef void put(self) noexcept nogil:
        """The vcpu leaves the processor."""
        self.count_put()
        self.kvm.sweep(CAUSE_PUT_SWEEP)

    cdef void count_put(self) noexcept nogil:
        """Count a put, and the host's translations that are alive at it."""
        cdef int slot
        for slot in range(self.kvm.hwater + 1):
            if self.kvm.tlb.w0[slot] & GUEST_SPACE == W0_VALID:     # V, TS=0
                self.kvm.host_alive += 1
        self.kvm.puts += 1

    cdef void load(self) noexcept nogil:
        """The vcpu comes back to the processor."""
        pass

    cdef void destroy(self) noexcept nogil:
        """The VM ends: drop every page reference still held."""
        pass

    cdef void _duplicate(self, int slot) noexcept nogil:
        """A shadow matches together with another entry: what happens then is undefined, so it is a choice."""
        cdef int other
        self.duplicates += 1
        if self.duplicate_policy == DUPLICATES_LOWEST:
            return
        for other in range(self.kvm.hwater + 1):
            if other == slot or not self.kvm.tlb.meet(slot, other):
                continue
            if self.duplicate_policy == DUPLICATES_STOP:
                self.duplicate_slots[0] = other
                self.duplicate_slots[1] = slot
                self.kvm.core.stop = FAILED
                return
            self.duplicates_dropped += 1
            self.kvm.causes.hide(other, CAUSE_DUPLICATE)
            self.kvm.tlb.lose(other)

    cdef uint32_t _page_bytes(self, const Mapping *wanted) noexcept nogil:
        """Where the guest's page is larger than 4 KiB: the host's page size if it is as large, else 4 KiB."""
        if self.large_pages and wanted.guest_bytes >= self.kvm.host_page_bytes:
            return self.kvm.host_page_bytes
        return 4096

    cdef Shadow _shadow(self, const Mapping *wanted) noexcept nogil:
        """The hardware image of a mapping."""
        cdef Shadow made
        cdef uint32_t bytes_ = self.page_bytes(wanted)
        cdef uint32_t gpa = wanted.gpa & ~(bytes_ - 1)
        made.word0 = (wanted.ea & ~(bytes_ - 1)) | GUEST_SPACE | size_code(bytes_)
        made.word1 = self.kvm.guest_base + gpa
        made.word2 = shadow_word2(wanted.word2, self.kvm.user or (self.kvm.era.helps and wanted.guest_tid != 0))
        if self.keep_attributes:
            made.word2 = (made.word2 & ~W2_M) | (wanted.word2 & STORAGE_ATTRIBUTES)
        if self.guest_tids:
            made.tid = wanted.guest_tid
        else:
            made.tid = 1 if wanted.guest_tid == 0 else 0
        made.page = gpa >> self.kvm.host_page_shift
        return made

    def works_at_each_entry(self):
        """Whether every guest entry has to be made, because the scheme has something to do at each."""
        return False

    def set_duplicates(self, str policy):
        """What the hardware does with two entries that match: "lowest", "drop_older" or "stop"."""
        self.duplicate_policy = DUPLICATE_POLICIES.index(policy)

    cdef int _counts(self, State state) except -1:
        """The list of statistics of a scheme's own."""
        state.counter("scheme.duplicates", &self.duplicates, stat="duplicates_written")
        return state.counter("scheme.duplicates_dropped", &self.duplicates_dropped)

    def failure(self):
        """Why the scheme stopped the run, as a sentence."""
        cdef int older = self.duplicate_slots[0]
        cdef int newer = self.duplicate_slots[1]
        return (f"two shadows match {self.kvm.tlb.key[newer]:#010x} at the same time: slot {older} "
                f"(guest entry {self.kvm.causes.copies[older].guest_index}) and slot {newer} "
                f"(guest entry {self.kvm.causes.copies[newer].guest_index}). What the hardware does then is undefined; "
                f'the run stops here because HostKernel.duplicates is "stop"')

    def loop(self, uint32_t ea):
        """Why a guest's reference may miss for ever, as sentences."""
        cdef int index = self.kvm.guest_tlb.search(0, self.kvm.pid, ea)
        if index < 0:
            return f"no entry of the guest's TLB translates {ea:#010x} for PID {self.kvm.pid}: the guest does not fill it"
        where = f"guest entry {index} (TID {self.kvm.guest_tlb.tid[index]}) translates {ea:#010x}"
        if self.kvm.user and self.kvm.guest_tlb.tid[index] == 0 and not self.guest_tids:
            return (f"{where}, but the shadow of a TID-0 entry has TID 1 and matches with PID 1 alone, which the guest's "
                    f"user mode never has: each access is a virt miss and maps the page once more, without end "
                    f"(invariant 42). Linux gives user pages the TID of their process; let the guest do so")
        return f"{where} and KVM maps the page at each miss, but the shadow is gone or does not match before it is used"

    def teardown(self):
        """End the VM. Afterwards every reference taken has been dropped once."""
        self.destroy()
