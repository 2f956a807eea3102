# SPDX-License-Identifier: BSD-3-Clause
"""Questions to the whole columns of a trace: whether its records are good, and what a plain TLB would miss."""

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from simobjects.cext.traces.records cimport CODE, DATA, is_bad

globals().update(CODE=CODE, DATA=DATA)


def scan(const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
         const uint16_t[::1] accesses, const uint32_t[::1] fetches, uint8_t[::1] pages):
    """Check records and count them: (index of the first bad record or -1, fetches, loads, stores).

    A record is good when its pages are below 2^20, its kind 0 or 1, it holds at least one look-up, and one without
    accesses has data page 0 and kind 0. `pages` (2^20 bytes) gets CODE for each page fetched from, DATA for each page
    accessed.
    """
    cdef Py_ssize_t i, count = fetch_page.shape[0]
    cdef uint64_t fetched = 0
    cdef uint64_t by_kind[2]
    cdef uint32_t n, m
    if not (data_page.shape[0] == kind.shape[0] == accesses.shape[0] == fetches.shape[0] == count):
        raise ValueError("the five columns differ in length")
    if pages.shape[0] != 1 << 20:
        raise ValueError("a page map has 2^20 bytes")
    by_kind[0] = by_kind[1] = 0
    with nogil:
        for i in range(count):
            n = accesses[i]
            m = fetches[i]
            if is_bad(fetch_page[i], data_page[i], kind[i], n, m):
                break
            fetched += m
            by_kind[kind[i]] += n
            if m:
                pages[fetch_page[i]] |= CODE
            if n:
                pages[data_page[i]] |= DATA
        else:
            i = -1
    return i, fetched, by_kind[0], by_kind[1]


def count_pages(const uint8_t[::1] pages, int kinds):
    """Pages of a map of `scan` with one of these bits, CODE or DATA."""
    cdef Py_ssize_t i
    cdef int64_t count = 0
    for i in range(pages.shape[0]):
        count += (pages[i] & kinds) != 0
    return count


def fifo_misses(const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint16_t[::1] accesses,
                const uint32_t[::1] fetches, int entries, bint fetch_on_entry=False):
    """Misses of one shared fully associative TLB of `entries` 4 KiB entries, replaced first in first out.

    ValueError when a page is none.

    `fetch_on_entry`: count the code page only where it changes, not at each fetch.
    """
    cdef Py_ssize_t i, count = fetch_page.shape[0]
    cdef uint8_t *resident = NULL
    cdef uint32_t *slots = NULL
    cdef uint32_t f, d, last = 0xFFFFFFFF
    cdef uint64_t n, m, j, before, after, misses = 0
    cdef int next_slot = 0
    cdef int filled = 0
    if entries < 1 or entries > 1 << 20:
        raise ValueError(f"entries is {entries}, expected 1 to 2^20")
    if not (data_page.shape[0] == accesses.shape[0] == fetches.shape[0] == count):
        raise ValueError("the columns differ in length")
    cdef bytearray map_ = bytearray(1 << 20)
    cdef bytearray slots_ = bytearray(entries * sizeof(uint32_t))
    resident = <uint8_t *><char *>map_
    slots = <uint32_t *><char *>slots_
    with nogil:
        for i in range(count):
            f = fetch_page[i]
            d = data_page[i]
            n = accesses[i]
            m = fetches[i]
            if (f | d) >> 20:
                break
            if fetch_on_entry:
                m = 1 if f != last and m else 0
                last = f
                if m and not resident[f]:
                    misses += 1
                    place(f, resident, slots, entries, &next_slot, &filled)
                if n and not resident[d]:
                    misses += 1
                    place(d, resident, slots, entries, &next_slot, &filled)
                continue
            if n == 0:
                if not resident[f]:
                    misses += 1
                    place(f, resident, slots, entries, &next_slot, &filled)
                continue
            before = 0
            for j in range(n):
                if resident[d] and (m == 0 or resident[f]):
                    break
                after = (j + 1) * m // n
                if after > before and not resident[f]:
                    misses += 1
                    place(f, resident, slots, entries, &next_slot, &filled)
                before = after
                if not resident[d]:
                    misses += 1
                    place(d, resident, slots, entries, &next_slot, &filled)
        else:
            i = -1
    if i >= 0:
        raise ValueError(f"record {i} has a page number of 2^20 or more")
    return misses


cdef inline void place(uint32_t page, uint8_t *resident, uint32_t *slots, int entries, int *next_slot,
                       int *filled) noexcept nogil:
    if filled[0] == entries:
        resident[slots[next_slot[0]]] = 0
    else:
        filled[0] += 1
    slots[next_slot[0]] = page
    resident[page] = 1
    next_slot[0] = next_slot[0] + 1 if next_slot[0] + 1 < entries else 0
