# SPDX-License-Identifier: BSD-3-Clause
"""The serial port. Sending takes no time; received characters come one by one, never faster than they are read."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdlib cimport free
from libc.string cimport memmove
from simobjects.cext.arch.arch440 cimport FOREVER
from simobjects.cext.board.bus cimport REQUEST_MARKER
from simobjects.cext.board.expect cimport ASK, SENT
from simobjects.cext.board.text cimport append


cdef enum:               # register offsets
    DATA = 0
    IER = 1
    IIR = 2              # FCR when written
    LCR = 3
    MCR = 4
    LSR = 5
    MSR = 6
    SCR = 7

cdef enum:
    IER_RECEIVED = 0x01
    IER_EMPTY = 0x02
    IIR_NONE = 0x01
    IIR_EMPTY = 0x02
    IIR_RECEIVED = 0x04
    IIR_FIFOS = 0xC0
    FCR_ENABLE = 0x01
    FCR_CLEAR_RECEIVED = 0x02
    LCR_DIVISOR = 0x80
    MCR_LOOP = 0x10
    LSR_READY = 0x01
    LSR_EMPTY = 0x60     # holding register and shifter
    MSR_CONNECTED = 0xB0 # carrier, data set ready, clear to send
    FIFO = 16


cdef int64_t QUOTED = 2000   # bytes that a report may show


cdef class Uart16550(Device):
    def __cinit__(self, int irq=0, int64_t interval=0, bytes input=b"", ExpectScript script=None):
        """`irq`: the line, -1 when it leads nowhere; `interval`: 1/1000 cycle between received characters.

        `input` comes from the start, what `script` sends behind it.
        """
        if not -1 <= irq < 32 or interval < 0:
            raise ValueError(f"interrupt {irq}, interval {interval}: expected -1 to 31 and a time of at least 0")
        self.irq = irq
        self.interval = interval
        self.arrives = FOREVER
        self.script = ExpectScript() if script is None else script
        self.feed(input)

    def __dealloc__(self):
        free(self.output.data)
        free(self.input.data)

    # ---- the guest's side -----------------------------------------------------------------------------

    cdef int read(self, uint32_t offset, int size, uint32_t *value) noexcept nogil:
        cdef int i
        value[0] = 0
        for i in range(size):        # a wider access is one to each register in turn
            value[0] = (value[0] << 8) | <uint32_t>self._register_read((offset + i) & 7)
        return 0

    cdef int write(self, uint32_t offset, int size, uint32_t value) noexcept nogil:
        cdef int i
        for i in range(size):
            self._register_write((offset + i) & 7, <uint8_t>(value >> (8 * (size - 1 - i))))
        return 0

    cdef int _register_read(self, uint32_t offset) noexcept nogil:
        cdef uint8_t found
        if offset == DATA:
            return self.dll if self.lcr & LCR_DIVISOR else self._receive()
        if offset == IER:
            return self.dlm if self.lcr & LCR_DIVISOR else self.ier
        if offset == IIR:
            found = self._cause()
            if found == IIR_EMPTY:
                self.transmitter_empty = False
                self._update()
            return found | (IIR_FIFOS if self.fcr & FCR_ENABLE else 0)
        if offset == LCR:
            return self.lcr
        if offset == MCR:
            return self.mcr
        if offset == LSR:
            return LSR_EMPTY | (LSR_READY if self.waiting else 0)
        if offset == MSR:
            if self.mcr & MCR_LOOP:  # RTS to CTS, DTR to DSR, OUT1 to RI, OUT2 to carrier
                return ((self.mcr & 2) << 3) | ((self.mcr & 1) << 5) | ((self.mcr & 0xC) << 4)
            return MSR_CONNECTED
        return self.scr

    cdef void _register_write(self, uint32_t offset, uint8_t value) noexcept nogil:
        cdef bint divisor = self.lcr & LCR_DIVISOR
        if offset == DATA and divisor:
            self.dll = value
        elif offset == DATA:
            self._send(value)
        elif offset == IER and divisor:
            self.dlm = value
        elif offset == IER:
            if value & ~self.ier & IER_EMPTY:
                self.transmitter_empty = True
            self.ier = value & 0x0F
            self._update()
        elif offset == IIR:
            if (value & FCR_ENABLE and value & FCR_CLEAR_RECEIVED) or (value ^ self.fcr) & FCR_ENABLE:
                self.waiting = 0
            self.fcr = value & 0xC9
            self._update()
            self._next()
        elif offset == LCR:
            self.lcr = value
        elif offset == MCR:
            self.mcr = value & 0x1F
        elif offset == SCR:
            self.scr = value

    cdef uint8_t _cause(self) noexcept nogil:
        if self.ier & IER_RECEIVED and self.waiting:
            return IIR_RECEIVED
        if self.ier & IER_EMPTY and self.transmitter_empty:
            return IIR_EMPTY
        return IIR_NONE

    cdef void _update(self) noexcept nogil:
        cdef bint level = self._cause() != IIR_NONE
        if level != self.level:
            self.level = level
            self.interrupts += level
            if self.bus is not None and self.irq >= 0:
                self.bus.interrupt(self.irq, level)

    cdef void _send(self, uint8_t value) noexcept nogil:
        self.transmitter_empty = False
        self._update()
        if self.mcr & MCR_LOOP:
            self._arrive(value)
        else:
            self.sent += 1
            if append(&self.output, &value, 1) < 0:
                self.lost += 1
            self._played(self.script.heard(&self.output, &self.input, self.bus.now if self.bus is not None else 0))
        self.transmitter_empty = True
        self._update()

    cdef uint8_t _receive(self) noexcept nogil:
        cdef uint8_t value = self.fifo[0]
        if self.waiting == 0:
            return 0
        self.waiting -= 1
        memmove(&self.fifo[0], &self.fifo[1], self.waiting)
        self._update()
        self._next()
        return value

    # ---- the line's side ------------------------------------------------------------------------------

    cdef void _arrive(self, uint8_t value) noexcept nogil:
        if self.waiting < (FIFO if self.fcr & FCR_ENABLE else 1):
            self.fifo[self.waiting] = value
            self.waiting += 1
            self.received += 1
            self._update()

    cdef void _next(self) noexcept nogil:
        """See to it that the next character comes, when there is one and room for it."""
        if self.bus is None or self.arrives != FOREVER or self.input.begin == self.input.end:
            return
        if self.waiting == (FIFO if self.fcr & FCR_ENABLE else 1):
            return
        self.arrives = self.bus.now + self.interval
        self._plan()

    cdef void _plan(self) noexcept nogil:
        """Its event is the sooner of the two: the next character, the script's."""
        self.bus.schedule(self, min(self.arrives, self.script.due))

    cdef void _played(self, int done) noexcept nogil:
        """The script has moved."""
        if self.bus is None:
            return
        if done == ASK:
            self.bus.ask(self, REQUEST_MARKER)
        elif done == SENT:
            self._next()
        if self.due != min(self.arrives, self.script.due):
            self._plan()

    cdef void run_event(self, int64_t now) noexcept nogil:
        if self.arrives <= now:
            self.arrives = FOREVER
            if self.input.begin < self.input.end and self.waiting < (FIFO if self.fcr & FCR_ENABLE else 1):
                self.input.begin += 1
                self._arrive(self.input.data[self.input.begin - 1])
                self._next()
        self._played(self.script.run(&self.output, &self.input, now, self.bus.end_requested != 0))

    # ---- the host's side ------------------------------------------------------------------------------

    def feed(self, bytes data not None):
        """More characters to come in after those that wait already."""
        if data and append(&self.input, <const uint8_t *><const char *>data, len(data)) < 0:
            raise MemoryError("no memory for the input of a serial port")
        self._next()

    def begin(self):
        """The bus is there: the first character may come."""
        self._next()
        self._played(self.script.start(&self.output, &self.input, self.bus.now))

    def listen(self, bint listening):
        """Whether somebody outside may type; as long as that is so, a guest that waits may wait for it."""
        if self.bus is not None and listening != self.listening:
            self.bus.listeners += 1 if listening else -1
            self.listening = listening

    def request(self):
        """(stop reason, what is told) of the script."""
        found = self.script.request(self._tail(), self.bus.now)
        self._plan()
        return found

    def unmet(self):
        """The run has ended: what the script still waited for is to be told; None: nothing."""
        return self.script.unmet(self._tail(), self.bus.now)

    cdef bytes _tail(self):
        """The last that was sent, enough to see where a guest stands."""
        cdef int64_t begin = max(0, self.output.end - QUOTED)
        return b"" if self.output.end == 0 else PyBytes_FromStringAndSize(<char *>self.output.data + begin,
                                                                          self.output.end - begin)

    def script_position(self):
        """(number of the script's present step from 0, whether it still waits)."""
        return self.script.position

    def restored(self):
        """All state is there. The state of another script is no state of this one, which begins here."""
        if not self.script.resumed():
            self._played(self.script.start(&self.output, &self.input, self.bus.now))
        self._plan()

    def take(self):
        """What was sent since the last call."""
        cdef int64_t begin = self.taken
        self.taken = self.output.end
        if begin == self.output.end:
            return b""
        return PyBytes_FromStringAndSize(<char *>self.output.data + begin, self.output.end - begin)

    @property
    def sent_bytes(self):
        """Everything that was sent."""
        return b"" if self.output.end == 0 else PyBytes_FromStringAndSize(<char *>self.output.data, self.output.end)

    cdef int _counts(self, State state) except -1:
        state.counter("sent", &self.sent)
        state.counter("received", &self.received)
        return state.counter("interrupts", &self.interrupts)

    cdef int _state(self, State state) except -1:
        """What was sent, and the input that is still to come in, are part of it."""
        state.byte("ier", &self.ier)
        state.byte("fcr", &self.fcr)
        state.byte("lcr", &self.lcr)
        state.byte("mcr", &self.mcr)
        state.byte("scr", &self.scr)
        state.byte("dll", &self.dll)
        state.byte("dlm", &self.dlm)
        state.flag("transmitter_empty", &self.transmitter_empty)
        state.flag("level", &self.level)
        state.small("waiting", &self.waiting, 0, FIFO)
        state.moment("arrives", &self.arrives)
        self._counts(state)
        state.number("lost", &self.lost)
        state.bytes_("fifo", self.fifo, FIFO)
        output = state.blob("output", self.sent_bytes)
        input = state.blob("input", b"" if self.input.end == self.input.begin else PyBytes_FromStringAndSize(
            <char *>self.input.data + self.input.begin, self.input.end - self.input.begin))
        self.script._state(state, len(output))
        if not state.restoring:
            return 0
        self.output.end = self.input.begin = self.input.end = 0
        if append(&self.output, <const uint8_t *><const char *>output, len(output)) < 0 or append(
                &self.input, <const uint8_t *><const char *>input, len(input)) < 0:
            raise MemoryError("no memory for the state of a serial port")
        self.taken = self.output.end    # it was shown when it was sent
        return 0
