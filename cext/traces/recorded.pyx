# SPDX-License-Identifier: BSD-3-Clause
"""A recording checked and counted: after this nothing in it can lead a replay out of its columns or into a long search."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t

from simobjects.cext.arch.arch440 cimport OP_TRAP, VECTORS
from simobjects.cext.traces.recording cimport (
    FIVE_BITS, IN_ATTEMPT, K_CONTEXT, K_DEVICE, K_END, K_FAULT, K_IDLE, K_INTERRUPT, K_LINE, K_MARK, K_PRIVILEGED,
    K_REGISTER, K_TRY, LINE_ASLEEP, MARK_REFUSED, OPERATION_SHIFT, PIECES_MOST, REFERENCE_KINDS, REFERENCE_SHIFT,
    VECTOR_SHIFT,
)
from simobjects.cext.traces.records cimport CODE, DATA
from simobjects.cext.traces.stream cimport first_of

globals().update(REFERENCE_KINDS=REFERENCE_KINDS)


cdef bint sound_event(int kind, uint32_t fetch, uint32_t data, uint32_t accesses) noexcept nogil:
    """Whether the packed fields of a record that is no reference have values that there are."""
    cdef uint32_t vector = accesses >> VECTOR_SHIFT & FIVE_BITS
    if kind == K_PRIVILEGED:
        return <int>(accesses >> OPERATION_SHIFT) < OP_TRAP and fetch & 3 == 0
    if kind == K_FAULT:
        return ((accesses & FIVE_BITS) < VECTORS and vector < VECTORS and accesses >> REFERENCE_SHIFT <= 2
                and fetch & 3 == 0)
    if kind == K_INTERRUPT:
        return ((accesses & FIVE_BITS) < VECTORS and (accesses >> VECTOR_SHIFT & FIVE_BITS) <= IN_ATTEMPT
                and accesses >> REFERENCE_SHIFT <= 2 and fetch & 3 == 0)
    if kind == K_DEVICE:
        return accesses <= 5 and accesses & 2 == 0 and fetch & 3 == 0
    if kind == K_TRY:
        return accesses <= 2 and (fetch | data) >> 20 == 0
    if kind == K_REGISTER:
        return fetch & 3 == 0
    if kind == K_LINE:
        return fetch >> 1 <= LINE_ASLEEP
    if kind == K_MARK:
        return 1 <= accesses <= MARK_REFUSED
    return kind == K_CONTEXT or kind == K_IDLE or kind == K_END


def scan_recording(const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
                   const uint16_t[::1] accesses, const uint32_t[::1] fetches, uint8_t[::1] pages, int pieces=-1):
    """Check records and count them.

    (index of the first one that no recording has or -1, instructions, loads, stores, other look-ups, events, `pieces`
    at the end). `pieces`: look-ups so far of the instruction before these records, -1 when none is being executed;
    `pages`: a map as of `columns.scan`, of the references.
    """
    cdef Py_ssize_t i, count = kind.shape[0]
    cdef int64_t n, m
    cdef int64_t instructions = 0
    cdef int64_t events = 0
    cdef int64_t by_kind[REFERENCE_KINDS]
    for i in range(REFERENCE_KINDS):
        by_kind[i] = 0
    if not (fetch_page.shape[0] == data_page.shape[0] == accesses.shape[0] == fetches.shape[0] == count):
        raise ValueError("the five columns differ in length")
    if pages.shape[0] != 1 << 20:
        raise ValueError("a page map has 2^20 bytes")
    with nogil:
        for i in range(count):
            n = accesses[i]
            m = fetches[i]
            if kind[i] >= REFERENCE_KINDS:
                if not sound_event(kind[i], fetch_page[i], data_page[i], accesses[i]):
                    break
                events += 1
                if kind[i] == K_PRIVILEGED or kind[i] == K_REGISTER:
                    instructions += 1
                elif kind[i] == K_DEVICE:
                    instructions += accesses[i] >> 2
                    by_kind[accesses[i] & 1] += 1
                pieces = 0 if kind[i] == K_DEVICE else -1
                continue
            if (fetch_page[i] | data_page[i]) >> 20 or n + m == 0 or (n == 0 and (kind[i] or data_page[i])):
                break
            if m == 0:                # look-ups of an instruction that was fetched before
                if pieces < 0:
                    break
                pieces += <int>n
            else:                     # the most that come between two fetches
                pieces = <int>((n + m - 1) // m)
            if pieces > PIECES_MOST:
                break
            instructions += m
            by_kind[kind[i]] += n
            if m:
                pages[fetch_page[i]] |= CODE
            if n:
                pages[data_page[i]] |= DATA
        else:
            i = -1
    return i, instructions, by_kind[0], by_kind[1], by_kind[2] + by_kind[3], events, pieces


cdef class RecordedStream:
    def __init__(self, const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
                 const uint16_t[::1] accesses, const uint32_t[::1] fetches):
        """Five columns of equal length, at least one record; ValueError when they are no recording."""
        if fetch_page.shape[0] == 0:
            raise ValueError("a recording needs at least one record")
        bad, instructions, loads, stores, _, _, _ = scan_recording(
            fetch_page, data_page, kind, accesses, fetches, bytearray(1 << 20)
        )
        if bad >= 0:
            raise ValueError(f"record {bad} is none that a recording has")
        self._columns = (fetch_page, data_page, kind, accesses, fetches)
        self.references = instructions + loads + stores
        self.instructions = instructions
        self.cursor = first_of(fetch_page, data_page, kind, accesses, fetches)
