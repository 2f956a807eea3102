# SPDX-License-Identifier: BSD-3-Clause
"""Markers: word stores to offset 0 begin a window, to 4 end it, to 0x10 end the run; others record values."""

from libc.stdlib cimport free, realloc

from simobjects.cext.board.bus cimport REQUEST_END, REQUEST_MARKER
from simobjects.cext.core.processor cimport END_OF_WORKLOAD, MARKER

cdef enum:
    BEGIN = 0x00
    END = 0x04
    FINISH = 0x10


cdef class Marker(Device):
    def __dealloc__(self):
        free(self.marks)

    cdef int read(self, uint32_t offset, int size, uint32_t *value) noexcept nogil:
        value[0] = 0
        return 0

    cdef int write(self, uint32_t offset, int size, uint32_t value) noexcept nogil:
        if size != 4 or offset & 3:
            self._refuse(value)
        elif offset == BEGIN:
            if self.open:
                self._refuse(value)
            else:
                self.open = True
                self.windows += 1
                self.bus.tell_window(True, value)
                self._ask(WINDOW_BEGINS, value, REQUEST_MARKER)
        elif offset == END:
            if not self.open:
                self._refuse(value)
            else:
                self.open = False
                self.bus.tell_window(False, value)
                self._ask(WINDOW_ENDS, value, REQUEST_MARKER)
        elif offset == FINISH:
            self._ask(RUN_ENDS, value, REQUEST_END)
        else:
            self._record(offset, value)
        return 0

    cdef void _ask(self, int what, uint32_t value, int request) noexcept nogil:
        self.asked = what
        self.asked_value = value
        self.bus.ask(self, request)

    cdef void _refuse(self, uint32_t value) noexcept nogil:
        """A store that means nothing: counted; the first of a run is also an event."""
        self.refused += 1
        if self.refused == 1:
            self._ask(REFUSED, value, REQUEST_MARKER)

    cdef void _record(self, uint32_t offset, uint32_t value) noexcept nogil:
        cdef int64_t room
        cdef Mark *grown
        if self.used == self.room:
            room = max(2 * self.room, 1024)
            grown = <Mark *>realloc(self.marks, room * sizeof(Mark))
            if grown == NULL:
                self._refuse(value)
                return
            self.marks = grown
            self.room = room
        self.marks[self.used].offset = offset
        self.marks[self.used].value = value
        self.used += 1
        self.values += 1

    def request(self):
        cdef int asked = self.asked
        self.asked = NOTHING
        if asked == RUN_ENDS:
            return END_OF_WORKLOAD, {"reason": "marker", "value": self.asked_value}
        if asked == REFUSED:
            return MARKER, {"refused": "windows do not nest, and a marker is one aligned word"}
        return MARKER, {"window": "begin" if asked == WINDOW_BEGINS else "end", "value": self.asked_value}

    def log(self):
        """Every recorded (offset, value), in order."""
        cdef int64_t i
        return [(self.marks[i].offset, self.marks[i].value) for i in range(self.used)]

    cdef int _counts(self, State state) except -1:
        state.counter("windows", &self.windows)
        state.counter("refused", &self.refused)
        if state.counting:               # of a state it is the number of marks
            state.counter("values", &self.values)
        return 0

    cdef int _state(self, State state) except -1:
        cdef int64_t at
        marks = self.log()
        state.flag("open", &self.open)
        self._counts(state)
        offsets = state.blob("offsets", b"".join(offset.to_bytes(4, "big") for offset, _ in marks))
        recorded = state.blob("recorded", b"".join(value.to_bytes(4, "big") for _, value in marks))
        if not state.restoring:
            return 0
        if len(offsets) != len(recorded) or len(offsets) % 4:
            raise ValueError("this is not the state of a marker device")
        self.used = self.values = 0
        self.asked = NOTHING
        for at in range(0, len(offsets), 4):
            self._record(int.from_bytes(offsets[at : at + 4], "big"), int.from_bytes(recorded[at : at + 4], "big"))
        return 0
