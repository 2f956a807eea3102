# SPDX-License-Identifier: BSD-3-Clause
"""The walker of a peer's list of state.

A peer has one method that names each of its fields once, `_state(State)`; `save` and `restore` walk it. Its statistics
it names in `_counts(State)`, which its `_state` calls: they are saved with the rest, and `read_stats` walks them alone,
so that a new counter is one line there and one declaration of its SimObject. A statistic that follows from what is
saved anyway is a line there too (`follows`). A value that comes back may be from anywhere: every number is checked
against its range, every block against its size. What ranges cannot say, such as that an index lies within another
table, the peer checks after the walk.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport memcpy

from simobjects.cext.arch.arch440 cimport FOREVER


cdef class State:
    def __cinit__(self, fields=None, *, bint counting=False):
        """Without `fields` the state is taken out, or the counters alone (`counting`); with them it is put back."""
        self.restoring = fields is not None
        self.counting = counting
        self.fields = dict(fields) if self.restoring else {}

    cdef object _value(self, str name, int64_t first, int64_t last):
        """The number that comes back under a name, in its range."""
        if name not in self.fields:
            raise ValueError(f"{name} is missing")
        value = self.fields.pop(name)
        if type(value) is not int or not first <= value <= last:
            raise ValueError(f"{name} is {value!r:.40}, not a number from {first} to {last}")
        return value

    cdef int number(self, str name, int64_t *where) except -1:
        """A count or a time that is added to."""
        if self.restoring:
            where[0] = self._value(name, -FARTHEST, FARTHEST)
        else:
            self.fields[name] = where[0]
        return 0

    cdef int moment(self, str name, int64_t *where) except -1:
        """A time that is waited for, or `FOREVER`, which is never: nothing may be added to it."""
        if self.restoring and self.fields.get(name) == FOREVER:
            where[0] = self.fields.pop(name)
            return 0
        return self.number(name, where)

    cdef int small(self, str name, int *where, int64_t first, int64_t last) except -1:
        """A number from `first` to `last`: an index, a register of few bits."""
        if self.restoring:
            where[0] = self._value(name, first, last)
        else:
            self.fields[name] = where[0]
        return 0

    cdef int word(self, str name, uint32_t *where) except -1:
        """A register of 32 bits."""
        if self.restoring:
            where[0] = self._value(name, 0, 0xFFFFFFFF)
        else:
            self.fields[name] = where[0]
        return 0

    cdef int flag(self, str name, bint *where) except -1:
        """A truth value."""
        if self.restoring:
            where[0] = self._value(name, 0, 1)
        else:
            self.fields[name] = 1 if where[0] else 0
        return 0

    cdef int bytes_(self, str name, void *where, Py_ssize_t size, bint shorter=False) except -1:
        """An array whose every bit pattern is a valid value, as it lies in memory.

        `shorter`: what comes back may be of a smaller table; the rest stays as it is.
        """
        if not self.restoring:
            self.fields[name] = PyBytes_FromStringAndSize(<char *>where, size)
            return 0
        if name not in self.fields:
            raise ValueError(f"{name} is missing")
        value = self.fields.pop(name)
        if type(value) is not bytes or len(value) > size or (len(value) != size and not shorter):
            raise ValueError(f"{name} is not a block of {size} bytes")
        if len(value):           # memcpy takes no NULL, which an empty table may be
            memcpy(where, PyBytes_AS_STRING(value), len(value))
        return 0

    cdef int byte(self, str name, uint8_t *where) except -1:
        """A register of 8 bits."""
        if self.restoring:
            where[0] = self._value(name, 0, 255)
        else:
            self.fields[name] = where[0]
        return 0

    cdef bytes blob(self, str name, bytes value):
        """A block of any length: `value` goes out; returns what comes back, or `value`."""
        if not self.restoring:
            self.fields[name] = value
            return value
        if type(self.fields.get(name)) is not bytes:
            raise ValueError(f"{name} is missing, or not a block of bytes")
        return self.fields.pop(name)

    cdef int counter(self, str name, int64_t *where, str stat=None) except -1:
        """A statistic: it is declared as `stat`, else by what follows the last dot of its name."""
        if self.counting:
            self.fields[stat or name.rpartition(".")[2]] = where[0]
            return 0
        if self.restoring:
            where[0] = self._value(name, 0, FARTHEST)
        else:
            self.fields[name] = where[0]
        return 0

    cdef int counters(self, str name, int64_t *where, int count, str stat=None) except -1:
        """A statistic of so many values, one for each label."""
        cdef int i
        if self.counting:
            self.fields[stat or name.rpartition(".")[2]] = [where[i] for i in range(count)]
            return 0
        self.bytes_(name, where, count * sizeof(int64_t))
        for i in range(count if self.restoring else 0):
            if not 0 <= where[i] <= FARTHEST:
                raise ValueError(f"{name}[{i}] is {where[i]}, not a number from 0 to {FARTHEST}")
        return 0

    cdef int follows(self, str stat, object value) except -1:
        """A statistic, a number or a list of them, that follows from other fields: it is shown, and not saved."""
        if self.counting:
            self.fields[stat] = value
        return 0

    cdef int finish(self) except -1:
        """After the walk back: nothing may be left over."""
        if self.fields:
            raise ValueError(f"{sorted(map(str, self.fields))[0]:.40} is not part of this state")
        return 0


cdef class Stateful:
    """A peer that can be saved: it names each field of its state in `_state`."""

    cdef int _state(self, State state) except -1:
        raise ValueError(f"{type(self).__name__} keeps no list of its state")

    cdef int _counts(self, State state) except -1:
        """The list of statistics; `_state` of a peer that has any calls it."""
        return 0

    def read_stats(self):
        """Raw counters by statistic name; times in 1/1000 cycle."""
        cdef State state = State(counting=True)
        self._counts(state)
        return state.fields

    def save(self):
        """All that changes during a run."""
        cdef State state = State()
        self._state(state)
        return state.fields

    def restore(self, fields):
        """Put it back; ValueError when it is not of such a peer."""
        cdef State state = State(fields)
        self._state(state)
        state.finish()
