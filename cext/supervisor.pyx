# SPDX-License-Identifier: BSD-3-Clause
"""The abstract ends of the exception port: who takes exceptions, and what software the guest runs."""


cdef class Supervisor:
    cpdef void begin(self):
        """Put the guest on the processor for the first time."""

    cdef void take(self, Exit *exit) noexcept nogil:
        """Handle one exception; on return the core's context is the one to go on in."""
        pass


cdef class GuestSoftware:
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

    cdef bint process_ended(self) noexcept nogil:
        """The current stream is at its end: switch to another process and return True, or False when none is left."""
        return False
