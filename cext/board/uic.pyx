# SPDX-License-Identifier: BSD-3-Clause
"""The universal interrupt controller of the 4xx: 32 inputs, nine device control registers, two outputs."""

from simobjects.cext.board.bus cimport IRQS

cdef enum:
    SR = 0
    SRS = 1
    ER = 2
    CR = 3
    PR = 4
    TR = 5
    MSR = 6
    VR = 7
    VCR = 8
    REGISTERS = 9

cdef uint32_t PRIORITY_FROM_0 = 1    # VCR[PRO]: interrupt 0 is the highest, else 31


cdef class InterruptController(Device):
    def __cinit__(self, *, bint latched=True):
        """`latched`: the status of a level input stays until it is written; else it goes with its line."""
        self.latched = latched
        self.polarity = 0xFFFFFFFF    # undefined after reset; a program that never sets it finds active-high inputs

    cdef uint32_t _active(self) noexcept nogil:
        """Inputs at the level that counts as asserted."""
        return self.inputs ^ ~self.polarity

    cdef void _sample(self, uint32_t before) noexcept nogil:
        """Latch: edge inputs that became active since `before`, level inputs that are."""
        cdef uint32_t active = self._active()
        cdef uint32_t found = (active & ~before & self.trigger) | (active & ~self.trigger)
        cdef uint32_t fresh = found & ~self.status
        self.status |= found
        while fresh:
            fresh &= fresh - 1
            self.raised += 1
        self._drive()

    cdef void _drive(self) noexcept nogil:
        cdef uint32_t pending = self.status & self.enable
        if self.bus is not None:
            self.bus.external = (pending & ~self.critical) != 0
            self.bus.critical = (pending & self.critical) != 0

    cdef void set_line(self, int irq, bint level) noexcept nogil:
        cdef uint32_t before = self._active()
        cdef uint32_t bit = (<uint32_t>1 << 31) >> (irq & (IRQS - 1))
        self.inputs = self.inputs | bit if level else self.inputs & ~bit
        if not self.latched:
            self.status &= ~(bit & ~self._active() & ~self.trigger)
        self._sample(before)

    cdef uint32_t _vector(self) noexcept nogil:
        """The handler of the most urgent critical interrupt: 512 bytes for each place in the order of urgency."""
        cdef uint32_t pending = self.status & self.enable & self.critical
        cdef bint first = self.vector_base & PRIORITY_FROM_0
        cdef int place
        for place in range(IRQS):
            if pending & ((<uint32_t>1 << 31) >> place if first else <uint32_t>1 << place):
                return (self.vector_base & ~<uint32_t>3) + <uint32_t>place * 512
        return 0

    cdef int dcr_read(self, int offset, uint32_t *value) noexcept nogil:
        if offset == SR or offset == SRS:
            value[0] = self.status
        elif offset == ER:
            value[0] = self.enable
        elif offset == CR:
            value[0] = self.critical
        elif offset == PR:
            value[0] = self.polarity
        elif offset == TR:
            value[0] = self.trigger
        elif offset == MSR:
            value[0] = self.status & self.enable
        elif offset == VR:
            value[0] = self._vector()
        elif offset == VCR:
            value[0] = self.vector_base
        else:
            return -1
        return 0

    cdef int dcr_write(self, int offset, uint32_t value) noexcept nogil:
        cdef uint32_t before = self._active()
        if offset == SR:
            self.status &= ~value
        elif offset == SRS:
            self.status |= value
        elif offset == ER:
            self.enable = value
        elif offset == CR:
            self.critical = value
        elif offset == PR:
            self.polarity = value
            before = self._active()    # a change of polarity is no edge
        elif offset == TR:
            self.trigger = value
        elif offset == VCR:
            self.vector_base = value & ~<uint32_t>2
        elif offset < 0 or offset >= REGISTERS:
            return -1
        self._sample(before)           # a level that is still asserted is latched again
        return 0

    def line(self, int irq, bint level):
        """Put an input to a level, for experiments and tests."""
        if not 0 <= irq < IRQS:
            raise ValueError(f"interrupt {irq}: the controller has 0 to {IRQS - 1}")
        self.set_line(irq, level)

    cdef int _counts(self, State state) except -1:
        return state.counter("raised", &self.raised)

    cdef int _state(self, State state) except -1:
        state.word("inputs", &self.inputs)
        state.word("status", &self.status)
        state.word("enable", &self.enable)
        state.word("critical", &self.critical)
        state.word("polarity", &self.polarity)
        state.word("trigger", &self.trigger)
        state.word("vector_base", &self.vector_base)
        return self._counts(state)

    def restore(self, fields):
        Stateful.restore(self, fields)
        self._drive()
