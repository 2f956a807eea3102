# SPDX-License-Identifier: BSD-3-Clause
"""The script of a serial port, played in simulated time: the same characters at the same cycle in every run.

A step waits for its text in what is sent after the text of the step before. When it comes, the run comes back and may
be saved there; then the step's own text comes in as if it were typed, and the next step begins.
"""

from libc.stdlib cimport calloc, free
from libc.string cimport memcmp

from simobjects.cext.arch.arch440 cimport FOREVER
from simobjects.cext.board.text cimport append
from simobjects.cext.core.processor cimport END_OF_WORKLOAD, STEP, UNMET


def _plain(at, waited, tail, ended):
    return f"step {at + 1} waited in vain"


cdef class ExpectScript:
    def __cinit__(self, steps=(), *, bint announced=False, bint ends=True, bytes mark=b"", names=(),
                  report=_plain):
        """`steps`: (expected bytes, bytes to send, patience in 1/1000 cycle or None) each.

        `announced`: the run comes back at each step, and when one waits too long; `ends`: a last step that sends
        nothing ends the run then. `mark`: another one for each script; `names` of the steps. `report(step, time waited,
        last output, whether the run ended)` words a step that waits in vain.
        """
        cdef bytes expect, send
        self.kept = [(bytes(expect), bytes(send), patience) for expect, send, patience in steps]
        self.count = len(self.kept)
        self.announced = announced
        self.mark = mark
        self.names = tuple(names)
        self.report = report
        self.due = FOREVER
        self.phase = WAITS if self.count else DONE
        self.steps = <Step *>calloc(max(1, self.count), sizeof(Step))
        if self.steps == NULL:
            raise MemoryError("no memory for the script of a serial port")
        for number, (expect, send, patience) in enumerate(self.kept):
            if patience is not None and not 0 <= patience < FOREVER // 4:
                raise ValueError(f"step {number + 1} waits {patience}: expected a time of at least 0")
            self.steps[number].expect = <const uint8_t *><const char *>expect
            self.steps[number].expected = len(expect)
            self.steps[number].send = <const uint8_t *><const char *>send
            self.steps[number].sent = len(send)
            self.steps[number].patience = FOREVER if patience is None else patience
        self.ends = announced and ends and self.count > 0 and self.steps[self.count - 1].sent == 0

    def __dealloc__(self):
        free(self.steps)

    # ---- the port's side: each gives what the port has to do

    cdef int start(self, Bytes *output, Bytes *input, int64_t now) noexcept nogil:
        """The first step begins, with what is sent from now on."""
        self.asked = False
        self.foreign = False
        self.searched = output.end
        return self._begin(0, output, input, now)

    cdef int heard(self, Bytes *output, Bytes *input, int64_t now) noexcept nogil:
        """One more character was sent."""
        cdef const Step *step
        if self.phase != WAITS:
            return NOTHING
        step = &self.steps[self.at]
        if (output.end - self.searched < step.expected
                or memcmp(output.data + output.end - step.expected, step.expect, step.expected) != 0):
            return NOTHING
        if self._found(output.end, input, now) == NOTHING:
            return NOTHING
        self._begin(self.at + 1, output, input, now)
        return SENT

    cdef int _begin(self, int at, Bytes *output, Bytes *input, int64_t now) noexcept nogil:
        """Steps from `at` on, as long as what they wait for was sent already."""
        cdef int done = NOTHING
        cdef int64_t place
        cdef const Step *step
        while True:
            self.at = at
            self.since = now
            if at == self.count:
                self.phase = DONE
                self.due = FOREVER
                return done
            self.phase = WAITS
            step = &self.steps[at]
            self.due = FOREVER if step.patience == FOREVER else now + step.patience
            place = self.searched
            while (place + step.expected <= output.end and step.expected
                   and memcmp(output.data + place, step.expect, step.expected) != 0):
                place += 1
            if place + step.expected > output.end:
                return done
            if self._found(place + step.expected, input, now) == NOTHING:
                return done
            done = SENT
            at += 1

    cdef int _found(self, int64_t end, Bytes *input, int64_t now) noexcept nogil:
        """The present step's text ends at `end` of the output. SENT: it is over, as nobody is to be told of it."""
        self.searched = end
        if self.announced:
            self.phase = REACHED
            self.due = now
            return NOTHING
        append(input, self.steps[self.at].send, self.steps[self.at].sent)
        return SENT

    cdef int run(self, Bytes *output, Bytes *input, int64_t now, bint busy) noexcept nogil:
        """It is due. `busy`: the run is about to come back for something else, so that there is time afterwards."""
        if self.due > now or self.asked:
            return NOTHING
        if self.phase == SENDS:
            append(input, self.steps[self.at].send, self.steps[self.at].sent)
            self._begin(self.at + 1, output, input, now)
            return SENT
        if busy:
            return NOTHING
        self.asked = True
        return ASK

    # ---- the run's side

    def request(self, bytes tail not None, int64_t now):
        """(stop reason, what is told) of what it asked to come back for. `tail`: the last that was sent."""
        cdef int phase = self.phase
        self.asked = False
        if phase == REACHED:
            self.phase = ENDS if self.ends and self.at == self.count - 1 else SENDS
            return STEP, self._told()
        self.phase = DONE
        self.due = FOREVER
        if phase == ENDS:
            return END_OF_WORKLOAD, {"reason": "script", **self._told()}
        return UNMET, {**self._told(), "message": self.report(self.at, now - self.since, tail, False)}

    def unmet(self, bytes tail not None, int64_t now):
        """The run has ended: what is to be told of a step that waited for something; None: nothing did."""
        if not self.announced or self.phase != WAITS:
            return None
        self.phase = DONE
        self.due = FOREVER
        return {**self._told(), "message": self.report(self.at, now - self.since, tail, True)}

    def _told(self):
        """The present step, from 1, and its name if it has one."""
        name = self.names[self.at] if self.at < len(self.names) else ""
        return {"step": self.at + 1, "name": name} if name else {"step": self.at + 1}

    @property
    def position(self):
        """(number of the present step from 0, whether it still waits for its text)."""
        return self.at, self.phase == WAITS

    cdef bint resumed(self) noexcept nogil:
        """Whether the restored state is this script's own; else the port starts it."""
        return not self.foreign

    cdef int _state(self, State state, int64_t output) except -1:
        """Where it stands in an output of so many bytes. The state of another script is left aside."""
        mark = state.blob("script.mark", self.mark)
        self.foreign = state.restoring and mark != self.mark
        cdef int at = self.at
        cdef int phase = self.phase
        cdef int64_t searched = self.searched
        cdef int64_t since = self.since
        cdef int64_t due = self.due
        state.small("script.step", &at, 0, 1 << 30 if self.foreign else self.count)
        state.small("script.phase", &phase, 0, PHASES - 1)
        state.number("script.searched", &searched)
        state.number("script.since", &since)
        state.moment("script.due", &due)
        if not state.restoring:
            return 0
        if self.foreign:
            at, phase, searched, since, due = 0, DONE, output, 0, FOREVER
        elif not 0 <= searched <= output or since < 0 or (at == self.count and phase != DONE):
            raise ValueError("this is not the state of the script of a serial port")
        self.asked = False
        self.at, self.phase, self.searched, self.since, self.due = at, phase, searched, since, due
        return 0
