# SPDX-License-Identifier: BSD-3-Clause
"""What a core reaches outside of RAM: devices by physical address, device control registers, interrupt lines, events."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from simobjects.cext.arch.state cimport State, Stateful

cdef enum:                   # bits of `Bus.end_requested`: why the core should come back after this instruction
    REQUEST_END = 1          # the guest asked for the end of the run
    REQUEST_MARKER = 2       # a window began or ended
    REQUEST_FAILED = 4       # nothing answered, and the bus is told to stop the run then

cdef enum:
    DEVICES = 32
    IRQS = 32
    DCRS = 1024

cdef class Device(Stateful):
    """On the bus: offsets are from the start of its range. 0: done, -1: it does not answer such an access."""
    cdef Bus bus
    cdef int64_t due         # its next event, 1/1000 cycle; FOREVER: none
    cdef int read(self, uint32_t offset, int size, uint32_t *value) noexcept nogil
    cdef int write(self, uint32_t offset, int size, uint32_t value) noexcept nogil
    cdef int dcr_read(self, int offset, uint32_t *value) noexcept nogil
    cdef int dcr_write(self, int offset, uint32_t value) noexcept nogil
    cdef void run_event(self, int64_t now) noexcept nogil
    cdef void set_line(self, int irq, bint level) noexcept nogil    # of an interrupt controller

cdef struct Window:          # one device's physical range
    uint64_t first
    uint64_t last
    void *device

cdef class Bus(Stateful):
    cdef list devices        # keeps the table's pointers alive
    cdef Window table[32]
    cdef int used
    cdef void *dcrs[1024]    # device by DCR number
    cdef int dcr_base[1024]
    cdef Device controller   # the interrupt controller, or None
    cdef bint stop_on_unanswered
    # for the core; after any access it looks at the lines, `next_event` and `end_requested` again
    cdef int64_t now         # the core sets it before an access; 1/1000 cycle
    cdef int64_t next_event  # 1/1000 cycle, or FOREVER
    cdef bint external       # levels of the interrupt lines
    cdef bint critical
    cdef int end_requested   # REQUEST_ bits: leave after this instruction, then `take_request()` says why
    cdef void *asking        # the device that asked
    cdef bint window_told    # the guest has begun or ended a window of the statistics since the core looked
    cdef bint window_open
    cdef uint32_t window_number
    cdef int listeners       # serial ports at which somebody may type: a guest may wait for them
    # statistics
    cdef int64_t reads, writes, dcr_reads, dcr_writes, unanswered
    cdef uint64_t unanswered_pa

    # `value` is right-aligned, in the order a big-endian load gives it; size 1, 2 or 4.
    cdef int read(self, uint64_t pa, int size, uint32_t *value) noexcept nogil
    cdef int write(self, uint64_t pa, int size, uint32_t value) noexcept nogil
    cdef int dcr_read(self, int number, uint32_t *value) noexcept nogil
    cdef int dcr_write(self, int number, uint32_t value) noexcept nogil
    cdef void run_events(self, int64_t now) noexcept nogil
    # for devices
    cdef void interrupt(self, int irq, bint level) noexcept nogil
    cdef void ask(self, Device device, int request) noexcept nogil
    cdef void tell_window(self, bint opens, uint32_t number) noexcept nogil
    cdef void schedule(self, Device device, int64_t when) noexcept nogil
    cdef void _unanswered(self, uint64_t pa) noexcept nogil
    cdef int _find(self, uint64_t pa, int size) noexcept nogil
    cdef void _next(self) noexcept nogil
