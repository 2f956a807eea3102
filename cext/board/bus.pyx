# SPDX-License-Identifier: BSD-3-Clause
"""The bus: finds the device, counts, and gathers what the core must hear of."""

from simobjects.cext.arch.arch440 cimport FOREVER
from simobjects.cext.core.processor cimport FAILED



cdef class Device:
    def __cinit__(self):
        self.due = FOREVER

    cdef int read(self, uint32_t offset, int size, uint32_t *value) noexcept nogil:
        return -1

    cdef int write(self, uint32_t offset, int size, uint32_t value) noexcept nogil:
        return -1

    cdef int dcr_read(self, int offset, uint32_t *value) noexcept nogil:
        return -1

    cdef int dcr_write(self, int offset, uint32_t value) noexcept nogil:
        return -1

    cdef void run_event(self, int64_t now) noexcept nogil:
        self.due = FOREVER

    def request(self):
        """(stop reason, payload) of what it asked for last."""
        raise NotImplementedError("this device asks for nothing")

    def unmet(self):
        """The run has ended: what is to be told of something that should have come before; None: nothing."""
        return None

    cdef int _state(self, State state) except -1:
        """A device without any keeps nothing."""
        return self._counts(state)

    cdef void set_line(self, int irq, bint level) noexcept nogil:
        pass


cdef class Bus:
    def __cinit__(self, *, bint stop_on_unanswered=False):
        self.devices = []
        self.next_event = FOREVER
        self.stop_on_unanswered = stop_on_unanswered

    def map(self, Device device not None, uint64_t first, uint64_t size):
        """Put a device at physical `first`. ValueError when the range is taken or not within 36 bits."""
        if size == 0 or first >= 1 << 36 or size > (<uint64_t>1 << 36) - first:
            raise ValueError(f"device at 0x{first:x}, {size} bytes: physical addresses have 36 bits")
        cdef uint64_t last = first + size - 1
        cdef int i
        for i in range(self.used):
            if first <= self.table[i].last and self.table[i].first <= last:
                raise ValueError(
                    f"devices overlap: 0x{first:x} to 0x{last:x} and 0x{self.table[i].first:x} to 0x{self.table[i].last:x}"
                )
        if self.used == DEVICES:
            raise ValueError(f"a bus has at most {DEVICES} devices")
        self._adopt(device)
        self.table[self.used].first = first
        self.table[self.used].last = last
        self.table[self.used].device = <void *>device
        self.used += 1

    def map_dcr(self, Device device not None, int base, int count):
        """Give a device the device control registers `base` to `base + count - 1`."""
        if base < 0 or count < 1 or base + count > DCRS:
            raise ValueError(f"device control registers {base} to {base + count - 1}: there are 0 to {DCRS - 1}")
        cdef int number
        for number in range(base, base + count):
            if self.dcrs[number] != NULL:
                raise ValueError(f"device control register 0x{number:x} belongs to another device")
        self._adopt(device)
        for number in range(base, base + count):
            self.dcrs[number] = <void *>device
            self.dcr_base[number] = base

    def connect_controller(self, Device controller not None):
        """The device that the interrupt lines lead to."""
        self._adopt(controller)
        self.controller = controller

    def _adopt(self, Device device):
        if device.bus is not None and device.bus is not self:
            raise ValueError("this device is on another bus")
        if device.bus is None:
            device.bus = self
            self.devices.append(device)

    cdef int _find(self, uint64_t pa, int size) noexcept nogil:
        cdef int i
        for i in range(self.used):
            if self.table[i].first <= pa and pa + size - 1 <= self.table[i].last:
                return i
        return -1

    cdef void _unanswered(self, uint64_t pa) noexcept nogil:
        self.unanswered += 1
        self.unanswered_pa = pa
        if self.stop_on_unanswered:
            self.end_requested |= REQUEST_FAILED

    cdef int read(self, uint64_t pa, int size, uint32_t *value) noexcept nogil:
        """A load from a device. 0, or -1 when nothing answers (a machine check on hardware)."""
        cdef int found = self._find(pa, size)
        value[0] = 0
        self.reads += 1
        if found < 0 or (<Device>self.table[found].device).read(<uint32_t>(pa - self.table[found].first), size, value) < 0:
            self._unanswered(pa)
            return -1
        return 0

    cdef int write(self, uint64_t pa, int size, uint32_t value) noexcept nogil:
        cdef int found = self._find(pa, size)
        self.writes += 1
        if found < 0 or (<Device>self.table[found].device).write(<uint32_t>(pa - self.table[found].first), size, value) < 0:
            self._unanswered(pa)
            return -1
        return 0

    cdef int dcr_read(self, int number, uint32_t *value) noexcept nogil:
        """mfdcr. -1 when nothing answers; value is 0 then."""
        value[0] = 0
        self.dcr_reads += 1
        number &= DCRS - 1
        if self.dcrs[number] == NULL:
            return -1
        return (<Device>self.dcrs[number]).dcr_read(number - self.dcr_base[number], value)

    cdef int dcr_write(self, int number, uint32_t value) noexcept nogil:
        self.dcr_writes += 1
        number &= DCRS - 1
        if self.dcrs[number] == NULL:
            return -1
        return (<Device>self.dcrs[number]).dcr_write(number - self.dcr_base[number], value)

    cdef void interrupt(self, int irq, bint level) noexcept nogil:
        """A device's interrupt line changes."""
        if self.controller is not None:
            self.controller.set_line(irq, level)

    cdef void ask(self, Device device, int request) noexcept nogil:
        """A device wants the run to come back after this instruction."""
        self.end_requested |= request
        self.asking = <void *>device

    cdef void tell_window(self, bint opens, uint32_t number) noexcept nogil:
        """A window of the statistics begins or ends; the core hands that on to whoever supervises, and forgets it."""
        self.window_told = True
        self.window_open = opens
        self.window_number = number

    cdef void schedule(self, Device device, int64_t when) noexcept nogil:
        """The device's next event; FOREVER cancels it."""
        device.due = when
        self._next()

    cdef void _next(self) noexcept nogil:
        cdef int i
        self.next_event = FOREVER
        for i in range(self.used):
            if (<Device>self.table[i].device).due < self.next_event:
                self.next_event = (<Device>self.table[i].device).due

    cdef void run_events(self, int64_t now) noexcept nogil:
        """Every device's event that is due at `now`, in the order of the table."""
        cdef int i
        self.now = now
        for i in range(self.used):
            if (<Device>self.table[i].device).due <= now:
                (<Device>self.table[i].device).run_event(now)
        self._next()

    # One access at a time, for debuggers and tests.

    def load(self, uint64_t pa, int size=4):
        """What a load of 1, 2 or 4 bytes gives, with its side effects; None when nothing answers."""
        cdef uint32_t value = 0
        if size not in (1, 2, 4):
            raise ValueError(f"a device access has 1, 2 or 4 bytes, not {size}")
        return value if self.read(pa, size, &value) == 0 else None

    def store(self, uint64_t pa, uint32_t value, int size=4):
        """A store of 1, 2 or 4 bytes; whether something answered."""
        if size not in (1, 2, 4):
            raise ValueError(f"a device access has 1, 2 or 4 bytes, not {size}")
        return self.write(pa, size, value) == 0

    def mfdcr(self, int number):
        """A device control register; None when nothing answers."""
        cdef uint32_t value = 0
        return value if self.dcr_read(number, &value) == 0 else None

    def mtdcr(self, int number, uint32_t value):
        """Write one; whether something answered."""
        return self.dcr_write(number, value) == 0

    def advance(self, int64_t now):
        """Run the events that are due at `now` (1/1000 cycle); when the next one is, or None."""
        self.run_events(now)
        return None if self.next_event == FOREVER else self.next_event

    @property
    def lines(self):
        """Levels of (external, critical)."""
        return (bool(self.external), bool(self.critical))

    def take_request(self):
        """What a device asked the run to come back for, as (stop reason, payload), cleared by asking; or None.

        Of FAILED the payload has a `message`; the core adds its registers.
        """
        cdef int found = self.end_requested
        cdef void *asking = self.asking
        self.end_requested = 0
        self.asking = NULL
        if found & REQUEST_FAILED:
            return FAILED, {"message": f"nothing answers at physical address 0x{self.unanswered_pa:09x}"}
        return None if asking == NULL else (<object>asking).request()

    def unmet(self):
        """What the first device that still waited for something has to tell at the end of a run; None: none did."""
        for device in self.devices:
            found = device.unmet()
            if found is not None:
                return found
        return None

    cdef int _counts(self, State state) except -1:
        state.counter("reads", &self.reads)
        state.counter("writes", &self.writes)
        state.counter("dcr_reads", &self.dcr_reads)
        state.counter("dcr_writes", &self.dcr_writes)
        return state.counter("unanswered", &self.unanswered)

    cdef int _state(self, State state) except -1:
        """Its own, and when each device is due next; what the devices hold they save themselves."""
        cdef int64_t unanswered_pa = self.unanswered_pa
        cdef Device device
        state.number("now", &self.now)
        state.flag("external", &self.external)
        state.flag("critical", &self.critical)
        self._counts(state)
        state.number("unanswered_pa", &unanswered_pa)
        self.unanswered_pa = unanswered_pa
        for number, device in enumerate(self.devices):
            state.moment(f"due_{number}", &device.due)
        return 0

    def restore(self, fields):
        """The state of a bus with the same devices; ValueError when it is not one."""
        Stateful.restore(self, fields)
        self.end_requested = 0
        self.asking = NULL
        self._next()
