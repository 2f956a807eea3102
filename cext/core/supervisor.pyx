# SPDX-License-Identifier: BSD-3-Clause
"""The abstract ends of the exception port: who takes exceptions, and what software the guest runs."""

from inspect import signature


cdef class Supervisor(Stateful):
    cpdef void begin(self):
        """Put the guest on the processor for the first time."""

    cdef void take(self, Exit *exit) noexcept nogil:
        """Handle one exception; on return the core's context is the one to go on in."""
        pass

    cdef bint take_many(self, const Sums *since, const Sums *until, int64_t own, uint32_t mmucr) noexcept nogil:
        """The program exceptions of a handler's steps, of which none changes a translation, as if each had been taken.

        `own`: time of the guest's own in these steps, 1/1000 cycle; `mmucr`: what is written to it. False: nothing is
        done, because something is due or looks at each; take them one by one.
        """
        return False

    cdef int rewrite(self, const Rewrite *entry, int64_t own) noexcept nogil:
        """The program exceptions of three tlbwe, as if each had been taken; `own`: as in `take_many`.

        Returns how many are done: none where something is due or looks at each; fewer than three where the handler's
        own page is no longer held behind the last of them. The others are to be taken one by one.
        """
        return 0

    cdef bint go_back(self, bint to_user) noexcept nogil:
        """The program exception of a handler's rfi, as if it had been taken. False: nothing is done, as `take_many`."""
        return False

    cdef bint hands_on(self) noexcept nogil:
        """Whether each exception of the user goes to the guest, at the cost of its latency, and nothing else happens."""
        return False

    cdef void resume(self, Exit *exit) noexcept nogil:
        """The device access of a `completed` exit has been done: back into the guest, at `next_pc` of the exit."""
        pass

    cdef void external(self, bint level) noexcept nogil:
        """The guest's interrupt controller raises or lowers its output: under KVM the VMM's, which injects it."""
        pass

    cdef void window(self, bint opens, uint32_t number) noexcept nogil:
        """The guest has begun a window of the statistics, or ended it; told before `resume`."""
        pass

    cdef uint32_t guest_context(self) noexcept nogil:
        """What the guest sees of its context: PR, IS << 1, DS << 2, PID << 8."""
        return 0

    cdef void expects(self, int vector) noexcept nogil:
        """A guest that is replayed: of what comes from outside it takes this interrupt, now, or none (V_NONE)."""
        pass

    def failure(self):
        """Why the supervisor stopped the core (FAILED), as a sentence; what user code raised is raised here."""
        return "the guest cannot go on"

    def looks_at_each(self):
        """Why each exception is taken alone, never many at once, as a clause; "": there is no reason."""
        return ""

    def loop(self, uint32_t ea):
        """Why a reference to `ea` may miss for ever, as sentences, or "" when nothing is known."""
        return ""

    cdef bint sleeps_for_ever(self) noexcept nogil:
        """Whether a guest that only branches to itself can never be interrupted."""
        return False

    cdef bint sleeping(self) noexcept nogil:
        """Whether the exit taken last is not over, because the guest waits in it: `sleep_on` until it is."""
        return False

    cdef void sleep_on(self, Exit *exit) noexcept nogil:
        """Let a waiting guest's time pass to the next event, or to the core's limit; its exit ends when it wakes."""
        pass


cdef class GuestSoftware(Stateful):
    cpdef void begin(self):
        """Say when the first event of the guest's own is due."""

    cdef void run(self, Exit *exit) noexcept nogil:
        """Run the guest's handler for the delivered vector."""
        pass

    cdef void user_event(self) noexcept nogil:
        """The count of user instructions has reached the core's `user_event`."""
        pass

    cpdef int managed_entries(self):
        """Entries of the TLB that the guest manages."""
        return 0

    cdef bint plain_refills(self, Refills *refills) noexcept nogil:
        """Whether refills of user pages do nothing but write an entry, till the next event of the guest: what they do."""
        return False

    cdef void refilled(self, const Refills *refills) noexcept nogil:
        """So many have been done."""
        pass

    cdef bint process_ended(self) noexcept nogil:
        """The current stream is at its end: switch to another process and return True, or False when none is left."""
        return False


cdef class PythonGuest(GuestSoftware):
    """Guest software whose handlers are Python: `handler(vector, ea)` is called for every delivered interrupt.

    For experiments played one reference at a time; what the handler raises is kept in `raised`.
    """

    def __init__(self, handler, int entries):
        """`entries`: of the TLB that the guest manages.

        TypeError when `handler` cannot be called with a vector and an address: what it raises in a run is only kept.
        """
        if not callable(handler):
            raise TypeError(f"{handler!r} is no handler; give a function handler(vector, ea)")
        try:
            signature(handler).bind(0, 0)
        except ValueError:
            pass  # compiled, without a signature
        except TypeError as error:
            raise TypeError(f"{handler!r} is no handler(vector, ea): {error}") from None
        self._handler = handler
        self._entries = entries

    @property
    def raised(self):
        """The first exception that a handler raised, or None."""
        return self._raised

    cpdef int managed_entries(self):
        return self._entries

    cdef void run(self, Exit *exit) noexcept nogil:
        with gil:
            self._call(exit.vector, exit.ea)

    cdef void _call(self, int vector, uint32_t ea) noexcept:
        try:
            self._handler(vector, ea)
        except BaseException as error:
            if self._raised is None:
                self._raised = error
