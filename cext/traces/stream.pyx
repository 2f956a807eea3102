# SPDX-License-Identifier: BSD-3-Clause
"""Reference streams over memory-mapped columns (nothing is copied)."""

from simobjects.cext.traces.blocks cimport Blocks

from simobjects.cext.traces.blocks import words_of


cdef class TraceStream:
    def __init__(self, const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
                 const uint16_t[::1] accesses, const uint32_t[::1] fetches):
        """Five columns of equal length, at least one record; see docs/traces.md for what a record is."""
        cdef Py_ssize_t n = fetch_page.shape[0]
        cdef Py_ssize_t i
        cdef int64_t references = 0
        cdef int64_t instructions = 0
        cdef int bad = 0
        if n == 0:
            raise ValueError("a reference stream needs at least one record")
        if not (data_page.shape[0] == kind.shape[0] == accesses.shape[0] == fetches.shape[0] == n):
            raise ValueError("the five columns of a reference stream must have the same length")
        with nogil:
            for i in range(n):
                bad |= (fetch_page[i] >> 20) != 0 or (data_page[i] >> 20) != 0 or kind[i] > 1
                bad |= accesses[i] + fetches[i] == 0
                references += accesses[i] + <int64_t>fetches[i]
                instructions += fetches[i]
        if bad:
            raise ValueError("a record has a page number of 2^20 or more, a kind other than 0 and 1, or no reference")
        self._columns = (fetch_page, data_page, kind, accesses, fetches)
        self.references = references
        self.instructions = instructions
        self.cursor = first_of(fetch_page, data_page, kind, accesses, fetches)

    def rewound(self):
        """Another stream over the same columns, at their beginning: they are not looked through again."""
        cdef TraceStream made = TraceStream.__new__(TraceStream)
        made._columns = self._columns
        made._touched = self.page_bitmap()
        made._blocks = self._blocks
        made.references = self.references
        made.instructions = self.instructions
        made.cursor = self.cursor
        made.cursor.record = made.cursor.accesses_done = made.cursor.fetches_done = 0
        return made

    def summarise(self, Blocks blocks=None):
        """Have the summary of blocks by which a core passes over them: this one, or one that is made now if there is none.

        ValueError: it is of another number of records. That it is of these records is for the caller to know.
        """
        if blocks is None:
            if self._blocks is not None:
                return
            blocks = Blocks(memoryview(words_of(*self._columns)).cast("I"))
        if blocks.records != self.cursor.records:
            raise ValueError(f"a summary of {blocks.records} records for a stream of {self.cursor.records}")
        self._blocks = blocks
        self.cursor.summary = blocks.summary

    @property
    def summarised(self):
        """Whether it has a summary of its blocks."""
        return self._blocks is not None

    def page_bitmap(self):
        """One byte for each of the 2^20 page numbers: 1 where the stream touches it."""
        if self._touched is None:
            self._touched = self._touch()
        return self._touched

    cdef bytes _touch(self):
        cdef bytearray touched = bytearray(1 << 20)
        cdef uint8_t[::1] view = touched
        cdef int64_t i
        with nogil:
            for i in range(self.cursor.records):
                if self.cursor.fetches[i]:
                    view[self.cursor.fetch_page[i]] = 1
                if self.cursor.accesses[i]:
                    view[self.cursor.data_page[i]] = 1
        return bytes(touched)


cdef int stream_state(State state, str name, Cursor *at) except -1:
    """The position in a stream; its columns are the workload's."""
    state.number(f"{name}.record", &at.record)
    state.number(f"{name}.accesses_done", &at.accesses_done)
    state.number(f"{name}.fetches_done", &at.fetches_done)
    cdef int64_t accesses = 0
    cdef int64_t fetches = 0
    if 0 <= at.record < at.records:
        accesses = at.accesses[at.record]
        fetches = at.fetches[at.record]
    if not (0 <= at.record <= at.records and 0 <= at.accesses_done <= accesses and 0 <= at.fetches_done <= fetches):
        at.record = 0
        at.accesses_done = 0
        at.fetches_done = 0
        raise ValueError(f"{name} is beyond the end of its stream")
    return 0
