# SPDX-License-Identifier: BSD-3-Clause
"""Direct insertion whose decisions a Python class may take: only the hooks that the class has are ever called."""

from libc.stdint cimport int64_t, uint32_t

from simobjects.cext.arch.arch440 cimport GUEST_SPACE, W0_TS, W0_VALID
from simobjects.cext.arch.state cimport State
from simobjects.cext.kvm.kinds cimport (
    CAUSE_GUEST_TLBWE, CAUSE_OWN_MAP, CAUSE_PID_CHANGE, CAUSE_PRIVILEGE, CAUSE_PUT_SWEEP,
)
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.core.processor cimport FAILED
from simobjects.cext.kvm.schemes.base cimport Mapping, ShadowScheme

FREE, HOST, GUEST = range(3)
HOOKS = ("choose", "on_invalidate", "on_pid", "on_privilege", "on_put", "on_load", "on_enter")
cdef int[7] CAUSE_OF = [
    CAUSE_OWN_MAP, CAUSE_GUEST_TLBWE, CAUSE_PID_CHANGE, CAUSE_PRIVILEGE, CAUSE_PUT_SWEEP, CAUSE_PUT_SWEEP, CAUSE_OWN_MAP,
]


cdef class RunningScheme(DirectInsertion):
    """The running half of a scheme in Python. Without any hook of its own it is the commit's scheme, E4.

    Override the hooks that shall differ. A hook does with the other methods what KVM would do, and says with `charge`
    what that costs the exit in progress. What a hook raises ends the run.
    """

    def __init__(self, KvmState kvm not None, config=None):
        """`config`: the SimObject that describes it."""
        super().__init__(kvm)
        self.config = config
        for number, name in enumerate(HOOKS):
            if getattr(type(self), name) is not getattr(RunningScheme, name):
                self.hooks |= 1 << number

    # Hooks.

    def choose(self, int index, ea):
        """The slot (0 to `last`) for the page at `ea` of the guest's entry `index`."""
        return self.next_slot()

    def on_invalidate(self, int index):
        """The guest is about to overwrite its valid entry `index`: drop what came from it."""
        self.release_entry(index)

    def on_pid(self, int pid):
        """The guest has another PID now: drop what belongs to the old one."""
        self.release_user()

    def on_privilege(self, user):
        """The guest goes to user mode, or to its kernel."""

    def on_put(self):
        """The vcpu leaves the processor: take the guest's translations out of it."""
        self.sweep()

    def on_load(self):
        """The vcpu comes back to the processor."""

    def on_enter(self):
        """The guest is entered, after every exit."""

    # What hooks can do.

    @property
    def last(self):
        """H, the last replaceable slot."""
        return self.kvm.hwater

    def next_slot(self):
        """The next slot of the host's own round robin, which its misses use too."""
        return self.kvm.next_host_slot()

    def holder(self, int slot):
        """Whose translation a slot has: FREE, HOST or GUEST."""
        cdef uint32_t word0 = self.kvm.tlb.w0[self._checked(slot)]
        return GUEST if word0 & W0_TS and word0 & W0_VALID else HOST if word0 & W0_VALID else FREE

    def of_kernel(self, int slot):
        """Whether a slot has a shadow that only the guest's kernel can use (TID 1)."""
        return self.kvm.tlb.w0[self._checked(slot)] & GUEST_SPACE == GUEST_SPACE and self.kvm.tlb.tid[slot] == 1

    def guest_entry(self, int slot):
        """The guest's entry that KVM holds a page of for a slot, or -1; the hardware may have lost it since."""
        return self.refs[slot].guest_index if self.refs[self._checked(slot)].page >= 0 else -1

    def read(self, int slot):
        """(word 0, word 1, word 2, TID) of the hardware slot."""
        return self.kvm.tlb.read(self._checked(slot))

    def release(self, int slot):
        """Drop the page that KVM holds for a slot, if any, and make the slot invalid."""
        self._release(self._checked(slot), self.cause)

    def release_entry(self, int index):
        """Release every slot that came from a guest entry: one scan."""
        if not 0 <= index < self.kvm.guest_tlb.entries:
            raise IndexError(f"guest entry {index}: the guest's TLB has 0 to {self.kvm.guest_tlb.entries - 1}")
        DirectInsertion.invalidate(self, index)

    def release_user(self):
        """Release every slot that user mode can use (TID 0): one scan."""
        DirectInsertion.set_pid(self)

    def sweep(self):
        """Make slots 0 to H invalid; the pages stay held."""
        self.kvm.sweep(CAUSE_PUT_SWEEP)

    def charge(self, int instructions):
        """Add host instructions to the exit in progress."""
        if instructions < 0:
            raise ValueError(f"charge({instructions}): an exit cannot take fewer than no instructions")
        self.kvm.instructions += instructions

    cdef int _state(self, State state) except -1:
        raise ValueError("a scheme in plain Python keeps state of its own, which a checkpoint cannot hold")

    cdef int _checked(self, int slot) except -1:
        if not 0 <= slot <= self.kvm.hwater:
            raise IndexError(f"slot {slot}: a scheme has slots 0 to {self.kvm.hwater}")
        return slot

    cdef int _slot_of(self, object answer) except -1:
        """The slot that `choose` gave."""
        if isinstance(answer, bool) or not hasattr(answer, "__index__") or not 0 <= answer <= self.kvm.hwater:
            refusal = ValueError if self.config is None else self.config.wrong_answer
            raise refusal(f"choose gave {answer!r}: expected a slot, a whole number from 0 to {self.kvm.hwater}")
        return answer

    # The compiled side.

    cdef int64_t most_of_rewrite(self) noexcept nogil:
        """What a hook charges nobody knows before."""
        return -1

    cdef int _choose(self) noexcept nogil:
        if not self.hooks & 1 << CHOOSE:
            return self.kvm.next_host_slot()
        with gil:
            return self._call(CHOOSE, 0)

    cdef void map(self, const Mapping *wanted) noexcept nogil:
        self.guest_index = wanted.guest_index
        if self.hooks & 1 << CHOOSE:
            with gil:
                self.ea = wanted.ea
        DirectInsertion.map(self, wanted)

    cdef void invalidate(self, int guest_index) noexcept nogil:
        if self.hooks & 1 << INVALIDATE:
            with gil:
                self._call(INVALIDATE, guest_index)
        else:
            DirectInsertion.invalidate(self, guest_index)

    cdef void set_pid(self) noexcept nogil:
        if self.hooks & 1 << SET_PID:
            with gil:
                self._call(SET_PID, self.kvm.pid)
        else:
            DirectInsertion.set_pid(self)

    cdef void privilege(self) noexcept nogil:
        ShadowScheme.privilege(self)
        if self.hooks & 1 << PRIVILEGE:
            with gil:
                self._call(PRIVILEGE, self.kvm.user)

    cdef void put(self) noexcept nogil:
        if self.hooks & 1 << PUT:
            self.count_put()
            with gil:
                self._call(PUT, 0)
        else:
            ShadowScheme.put(self)

    cdef void load(self) noexcept nogil:
        if self.hooks & 1 << LOAD:
            with gil:
                self._call(LOAD, 0)

    cdef void enter(self) noexcept nogil:
        DirectInsertion.enter(self)
        if self.hooks & 1 << ENTER:
            with gil:
                self._call(ENTER, 0)

    cdef int64_t idle_entry(self) noexcept nogil:
        return -1 if self.hooks & 1 << ENTER else DirectInsertion.idle_entry(self)

    def works_at_each_entry(self):
        return bool(self.hooks & 1 << ENTER)

    cdef int _call(self, int hook, int argument) noexcept:
        """Call a hook. What it raises is kept, stops the core, and no hook is called any more."""
        self.cause = CAUSE_OF[hook]
        try:
            if hook == CHOOSE:
                return self._slot_of(self.choose(self.guest_index, self.ea))
            if hook == INVALIDATE:
                self.on_invalidate(argument)
            elif hook == SET_PID:
                self.on_pid(argument)
            elif hook == PRIVILEGE:
                self.on_privilege(bool(argument))
            elif hook == PUT:
                self.on_put()
            elif hook == LOAD:
                self.on_load()
            else:
                self.on_enter()
        except BaseException as error:
            self.raised = error
            self.hooks = 0
            self.kvm.core.stop = FAILED
        return self.kvm.next_host_slot() if hook == CHOOSE else 0

    def failure(self):
        """What a hook raised is raised again, with the place where it was."""
        if self.raised is not None:
            raise self.raised
        return super().failure()
