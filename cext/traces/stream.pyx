# SPDX-License-Identifier: BSD-3-Clause
"""Reference streams over memory-mapped columns (nothing is copied)."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdlib cimport calloc, free

from simobjects.cext.traces.blocks cimport Blocks

from simobjects.cext.traces.blocks import words_of

cdef enum:
    PAGES = 1 << 20  # a 32-bit address space


cdef class TraceStream:
    def __init__(self, const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
                 const uint16_t[::1] accesses, const uint32_t[::1] fetches):
        """Five columns of equal length, at least one record; see docs/traces.md for what a record is."""
        cdef Py_ssize_t n = fetch_page.shape[0]
        cdef Py_ssize_t i
        cdef int64_t references = 0
        cdef int64_t instructions = 0
        cdef int bad = 0
        cdef uint8_t *touched
        self._take(fetch_page, data_page, kind, accesses, fetches)
        touched = <uint8_t *> calloc(PAGES // 8, 1)
        if touched == NULL:
            raise MemoryError()
        with nogil:
            for i in range(n):
                bad |= _is_bad(fetch_page[i], data_page[i], kind[i], accesses[i], fetches[i])
                references += accesses[i] + <int64_t>fetches[i]
                instructions += fetches[i]
                touched[(fetch_page[i] & (PAGES - 1)) >> 3] |= (fetches[i] != 0) << (fetch_page[i] & 7)
                touched[(data_page[i] & (PAGES - 1)) >> 3] |= (accesses[i] != 0) << (data_page[i] & 7)
        try:
            if bad:
                i = 0
                while not _is_bad(fetch_page[i], data_page[i], kind[i], accesses[i], fetches[i]):
                    i += 1
                raise ValueError(f"record {i} has a page number of 2^20 or more, a kind other than 0 and 1, or no reference")
            self._know(_numbers(touched))
        finally:
            free(touched)
        self.references = references
        self.instructions = instructions

    @staticmethod
    def known(columns, int64_t references, int64_t instructions, bytes pages):
        """A stream over five columns of which somebody knows what looking through them would give; see `pages`."""
        cdef TraceStream made = TraceStream.__new__(TraceStream)
        fetch_page, data_page, kind, accesses, fetches = columns
        made._take(fetch_page, data_page, kind, accesses, fetches)
        made.references = references
        made.instructions = instructions
        made._know(pages)
        return made

    cdef int _take(self, const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
                   const uint16_t[::1] accesses, const uint32_t[::1] fetches) except -1:
        cdef Py_ssize_t n = fetch_page.shape[0]
        if n == 0:
            raise ValueError("a reference stream needs at least one record")
        if not (data_page.shape[0] == kind.shape[0] == accesses.shape[0] == fetches.shape[0] == n):
            raise ValueError("the five columns of a reference stream must have the same length")
        self._columns = (fetch_page, data_page, kind, accesses, fetches)
        self.cursor = first_of(fetch_page, data_page, kind, accesses, fetches)
        return 0

    cdef int _know(self, bytes pages) except -1:
        """Which pages it touches."""
        self._pages = pages
        self.cursor.spare_0 = pages[:4] != bytes(4)
        return 0

    def rewound(self):
        """Another stream over the same columns, at their beginning: they are not looked through again."""
        cdef TraceStream made = TraceStream.__new__(TraceStream)
        made._columns = self._columns
        made._pages = self._pages
        made._blocks = self._blocks
        made.references = self.references
        made.instructions = self.instructions
        made.cursor = self.cursor
        made.cursor.record = made.cursor.accesses_done = made.cursor.fetches_done = 0
        return made

    def pages(self):
        """The numbers of the 4 KiB pages that the stream touches, ascending, each as a uint32 of this computer."""
        return self._pages

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


cdef inline bint _is_bad(uint32_t fetch_page, uint32_t data_page, uint8_t kind, uint16_t accesses,
                         uint32_t fetches) noexcept nogil:
    return (((fetch_page | data_page) >> 20) != 0) | (kind > 1) | ((accesses | fetches) == 0)


cdef bytes _numbers(const uint8_t *touched):
    """The numbers of the bits that are set."""
    cdef Py_ssize_t byte, count = 0
    cdef uint32_t bit
    cdef uint32_t *found
    for byte in range(PAGES // 8):
        if touched[byte]:
            for bit in range(8):
                count += (touched[byte] >> bit) & 1
    cdef bytes made = PyBytes_FromStringAndSize(NULL, 4 * count)
    found = <uint32_t *> PyBytes_AS_STRING(made)
    for byte in range(PAGES // 8):
        if touched[byte]:
            for bit in range(8):
                if (touched[byte] >> bit) & 1:
                    found[0] = <uint32_t> (8 * byte) + bit
                    found += 1
    return made


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
