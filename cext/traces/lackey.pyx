# SPDX-License-Identifier: BSD-3-Clause
"""The decoder of the text that Valgrind's lackey writes.

It is fed chunks of any size, keeps what an unfinished chunk leaves over, and hands out finished records as `Records`
does. Decoding runs without the interpreter lock. Its plain Python twin is in `tests/reference`.
"""

cimport cython
from libc.stdint cimport uint8_t, uint32_t, uint64_t

from simobjects.cext.traces.records cimport Records
from simobjects.cext.traces.records import DecodeError


cdef enum:
    LINE_OK = 0
    LINE_SKIPPED = 1
    LINE_GARBAGE = 2
    LINE_WIDE = 3
    LINE_NO_CHUNK = 4
    CHUNK_SLOTS = 16384
    CHUNK_FIRST = 0x100   # 0x10000000, in chunks of 1 MiB
    CHUNK_END = 0xC00     # 0xC0000000: a Linux kernel's half
    LONGEST_LINE = 65536

RENUMBER_MODES = ("auto", "always", "never")


cdef inline int hex_digit(uint8_t c) noexcept nogil:
    if 48 <= c <= 57:
        return c - 48
    if 97 <= c <= 102:
        return c - 87
    if 65 <= c <= 70:
        return c - 55
    return -1


@cython.final
cdef class LackeyDecoder(Records):
    """Decode the text of `valgrind --tool=lackey --trace-mem=yes`, in exact order.

    `renumber`: "auto" (all addresses once one needs more than 32 bits), "always" or "never"; `limit`: references
    (instructions + loads + stores) after which to stop, -1 none; the line that reaches it is kept whole.
    """

    cdef uint64_t chunk_key[CHUNK_SLOTS]
    cdef uint32_t chunk_value[CHUNK_SLOTS]   # 0: the slot is free
    cdef uint64_t last_chunk[2]
    cdef uint32_t last_value[2]
    cdef uint32_t chunks
    cdef bytes tail
    cdef uint64_t offset, line, references, limit
    cdef uint32_t fetch_now, gap, run_data, run_n, run_gap
    cdef uint8_t run_kind
    cdef bint fetched, never
    cdef readonly bint done, renumbered
    cdef readonly uint64_t switched_at

    def __cinit__(self, renumber="auto", limit=-1):
        if renumber not in RENUMBER_MODES:
            raise ValueError(f"renumber is {renumber!r}, expected one of {', '.join(RENUMBER_MODES)}")
        if limit < -1 or limit == 0:
            raise ValueError("limit must be -1 or above 0")
        self.renumbered = renumber == "always"
        self.never = renumber == "never"
        self.limit = 0xFFFFFFFFFFFFFFFF if limit < 0 else limit
        self.tail = b""
        self.last_chunk[0] = self.last_chunk[1] = 0xFFFFFFFFFFFFFFFF

    def feed(self, const uint8_t[::1] data):
        """Decode one more piece of the text; raises DecodeError with line and offset of the first bad line."""
        cdef size_t at = 0, size = data.shape[0]
        cdef bytes begun
        if self.done or size == 0:
            return
        if self.tail:  # the rest of its line belongs to it
            while at < size and data[at] != 10:
                at += 1
            at += at < size
            begun = self.tail + bytes(data[:at])
            self.take(<const uint8_t *>begun, len(begun))
        if at < size:
            self.take(&data[at], size - at)

    cdef int take(self, const uint8_t *data, size_t size) except -1:
        cdef size_t at = 0
        cdef int status
        with nogil:
            status = self.run(data, size, &at)
        self.offset += at
        self.tail = data[at:size]
        if status != LINE_OK:
            raise self.error(status)
        if size - at > LONGEST_LINE and not self.done:
            raise self.error(LINE_GARBAGE)
        return 0

    def finish(self, cut=False):
        """End of the text. `cut`: the writer was stopped, so an unfinished last line is left out, not an error."""
        cdef bytes tail = self.tail
        cdef const uint8_t *p = <const uint8_t *>tail
        cdef int status = LINE_OK
        if tail and not cut and not self.done:
            status = self.read_line(p, len(tail))
            if status != LINE_OK and status != LINE_SKIPPED:
                raise self.error(status)
        self.tail = b""
        self.end_run()
        self.end_gap()
        self.done = True

    def chunk_map(self):
        """New 1 MiB chunk number of each old one seen."""
        return {self.chunk_key[i]: self.chunk_value[i] for i in range(CHUNK_SLOTS) if self.chunk_value[i]}

    def error(self, int status):
        line = self.tail.split(b"\n", 1)[0]
        shown = ascii(line[:60].decode("latin-1")) + ("..." if len(line) > 60 else "")
        what = {
            LINE_GARBAGE: f"this is no line of lackey's memory trace: {shown}",
            LINE_WIDE: f"the address needs more than 32 bits, and renumbering is off: {shown}",
            LINE_NO_CHUNK: f"more than {CHUNK_END - CHUNK_FIRST} different 1 MiB chunks are touched; "
                           "their renumbered addresses would reach 0xC0000000",
        }[status]
        return DecodeError(what, self.offset, self.line + 1)

    cdef int run(self, const uint8_t *data, size_t size, size_t *at) except -1 nogil:
        cdef size_t start = 0, end
        cdef int status
        while not self.done:
            end = start
            while end < size and data[end] != 10:
                end += 1
            if end == size:
                break
            status = self.read_line(data + start, end - start)
            if status != LINE_OK and status != LINE_SKIPPED:
                at[0] = start
                return status
            self.line += 1
            start = end + 1
            if self.references >= self.limit:
                self.done = True
        at[0] = start
        return LINE_OK

    cdef int read_line(self, const uint8_t *p, size_t size) except -1 nogil:
        cdef uint64_t address = 0, last
        cdef uint32_t length = 0
        cdef size_t i = 3
        cdef int digit, status
        cdef uint8_t kind
        if size and p[size - 1] == 13:
            size -= 1
        if size == 0 or (size >= 2 and p[0] == p[1] and (p[0] == 61 or p[0] == 45 or p[0] == 42)):
            return LINE_SKIPPED  # blank, or Valgrind's own: ==pid==, --pid--, **pid**
        if size < 6 or p[2] != 32:
            return LINE_GARBAGE
        kind = p[1]
        if p[0] == 73 and kind == 32:
            kind = 73
        elif p[0] != 32 or (kind != 76 and kind != 83 and kind != 77):
            return LINE_GARBAGE
        while i < size:
            digit = hex_digit(p[i])
            if digit < 0:
                break
            if i >= 19:
                return LINE_GARBAGE
            address = address << 4 | <uint64_t>digit
            i += 1
        if i == 3 or i >= size or p[i] != 44 or i + 1 == size:
            return LINE_GARBAGE
        i += 1
        while i < size:
            if not 48 <= p[i] <= 57:
                return LINE_GARBAGE
            length = length * 10 + (p[i] - 48)
            if length > 4096:
                return LINE_GARBAGE
            i += 1
        last = address + length - 1
        if length == 0 or last < address:
            return LINE_GARBAGE
        if last >> 32 and not self.renumbered:
            if self.never:
                return LINE_WIDE
            status = self.switch_on()
            if status != LINE_OK:
                return status
        if kind == 73:
            self.instructions += 1
            self.references += 1
            return self.reference(address >> 12, last >> 12, 2)
        if kind == 76 or kind == 77:
            self.loads += 1
            self.references += 1
            status = self.reference(address >> 12, last >> 12, 0)
            if status != LINE_OK or kind == 76:
                return status
        self.stores += 1
        self.references += 1
        return self.reference(address >> 12, last >> 12, 1)

    cdef inline int reference(self, uint64_t lower, uint64_t upper, uint8_t kind) except -1 nogil:
        """One reference, to one page or two; kind 2 is a fetch."""
        cdef uint32_t page
        cdef int status = self.number(lower, kind >> 1, &page)
        if status == LINE_OK:
            if kind == 2:
                self.fetch(page)
            else:
                self.access(page, kind)
            if upper != lower:
                self.crossings += 1
                status = self.number(upper, kind >> 1, &page)
                if status == LINE_OK and kind == 2:
                    self.fetch(page)
                elif status == LINE_OK:
                    self.access(page, kind)
        return status

    cdef inline int number(self, uint64_t page, int side, uint32_t *out) noexcept nogil:
        """The page as the trace has it, its chunk noted in the order of first touch."""
        cdef uint64_t chunk = page >> 8
        cdef uint32_t slot
        if chunk != self.last_chunk[side]:
            slot = <uint32_t>((chunk * <uint64_t>0x9E3779B97F4A7C15U) >> 50)
            while self.chunk_value[slot] and self.chunk_key[slot] != chunk:
                slot = (slot + 1) & (CHUNK_SLOTS - 1)
            if self.chunk_value[slot] == 0:
                if self.renumbered and CHUNK_FIRST + self.chunks >= CHUNK_END:
                    return LINE_NO_CHUNK
                self.chunk_key[slot] = chunk
                self.chunk_value[slot] = CHUNK_FIRST + self.chunks
                self.chunks += 1
            self.last_chunk[side] = chunk
            self.last_value[side] = self.chunk_value[slot]
        out[0] = self.last_value[side] << 8 | <uint32_t>(page & 0xFF) if self.renumbered else <uint32_t>page
        return LINE_OK

    cdef int switch_on(self) except -1 nogil:
        """From here on pages are renumbered; the records before `switched_at` are left to the caller."""
        if CHUNK_FIRST + self.chunks > CHUNK_END:
            return LINE_NO_CHUNK
        self.switched_at = self.total
        self.renumbered = True
        if self.fetched:
            self.number(self.fetch_now, 1, &self.fetch_now)
        if self.run_n:
            self.number(self.run_data, 0, &self.run_data)
        return LINE_OK

    cdef inline int fetch(self, uint32_t page) except -1 nogil:
        if page != self.fetch_now or not self.fetched or self.gap == 0xFFFFFFFFU:
            self.end_run()
            self.end_gap()
            self.fetch_now = page
            self.fetched = True
        self.gap += 1
        return 0

    cdef inline int access(self, uint32_t page, uint8_t kind) except -1 nogil:
        # Accesses join a record while the same number of fetches comes before each: an even spread keeps their order.
        if (self.run_n and self.run_data == page and self.run_kind == kind and self.run_gap == self.gap
                and self.run_n < 0xFFFF and <uint64_t>self.gap * (self.run_n + 1) <= 0xFFFFFFFFU):
            self.run_n += 1
        else:
            self.end_run()
            self.run_data = page
            self.run_kind = kind
            self.run_gap = self.gap
            self.run_n = 1
        self.gap = 0
        return 0

    cdef inline int end_run(self) except -1 nogil:
        if self.run_n:
            self.add(self.fetch_now, self.run_data, self.run_kind, self.run_n, self.run_gap * self.run_n)
            self.run_n = 0
        return 0

    cdef inline int end_gap(self) except -1 nogil:
        if self.gap:
            self.add(self.fetch_now, 0, 0, 0, self.gap)
            self.gap = 0
        return 0
