# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
"""Decoders that turn foreign memory-reference streams into trace records.

A record is (fetch_page u32, data_page u32, kind u8, accesses u16, fetches u32). Both decoders are fed chunks of any
size, keep what an unfinished chunk leaves over, and hand out finished records as five little byte strings. The
decoding loops run without the interpreter lock. Their plain Python twins are in `tests/reference`.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc


class DecodeError(ValueError):
    """The stream is not what it should be. `offset`: byte in the decoded stream; `line`: from 1, or 0 when not text."""

    def __init__(self, str what, offset, line=0):
        super().__init__(what)
        self.what = what
        self.offset = offset
        self.line = line


# ---------------------------------------------------------------------------------------------------- output records

cdef class _Records:
    """Growing columns of finished records, with the totals that a trace header states."""

    cdef uint32_t *fetch_page
    cdef uint32_t *data_page
    cdef uint8_t *kind
    cdef uint16_t *accesses
    cdef uint32_t *fetches
    cdef size_t used, room
    cdef uint64_t loads, stores, crossings, instructions, total

    def __dealloc__(self):
        free(self.fetch_page)
        free(self.data_page)
        free(self.kind)
        free(self.accesses)
        free(self.fetches)

    cdef int grow(self) except -1 nogil:
        cdef size_t room = self.room * 2 if self.room else 4096
        cdef void *p = realloc(self.fetch_page, room * sizeof(uint32_t))
        if p != NULL:
            self.fetch_page = <uint32_t *>p
            p = realloc(self.data_page, room * sizeof(uint32_t))
        if p != NULL:
            self.data_page = <uint32_t *>p
            p = realloc(self.kind, room)
        if p != NULL:
            self.kind = <uint8_t *>p
            p = realloc(self.accesses, room * sizeof(uint16_t))
        if p != NULL:
            self.accesses = <uint16_t *>p
            p = realloc(self.fetches, room * sizeof(uint32_t))
        if p == NULL:
            with gil:
                raise MemoryError("no memory for trace records")
        self.fetches = <uint32_t *>p
        self.room = room
        return 0

    cdef inline int add(self, uint32_t fetch_page, uint32_t data_page, uint8_t kind, uint32_t n,
                        uint32_t m) except -1 nogil:
        cdef size_t i
        if self.used == self.room:
            self.grow()
        i = self.used
        self.fetch_page[i] = fetch_page
        self.data_page[i] = data_page
        self.kind[i] = kind
        self.accesses[i] = <uint16_t>n
        self.fetches[i] = m
        self.used = i + 1
        self.total += 1
        return 0

    def take(self):
        """The records finished since the last call, as the bytes of the five columns."""
        cdef size_t n = self.used
        self.used = 0
        return (
            PyBytes_FromStringAndSize(<char *>self.fetch_page, n * sizeof(uint32_t)),
            PyBytes_FromStringAndSize(<char *>self.data_page, n * sizeof(uint32_t)),
            PyBytes_FromStringAndSize(<char *>self.kind, n),
            PyBytes_FromStringAndSize(<char *>self.accesses, n * sizeof(uint16_t)),
            PyBytes_FromStringAndSize(<char *>self.fetches, n * sizeof(uint32_t)),
        )

    def totals(self):
        """Counts over everything finished so far, by header key."""
        return {
            "instructions": self.instructions,
            "loads": self.loads,
            "stores": self.stores,
            "crossings": self.crossings,
            "records": self.total,
        }


# ------------------------------------------------------------------------------------------------------ PPCMTR01 (mtr)

cdef struct Static:
    uint32_t pc
    uint32_t last
    uint32_t stride
    uint8_t flags

cdef struct Run:
    # accesses of one page and kind under one code page, waiting for the mark that tells their instructions
    uint32_t fetch_page
    uint32_t data_page
    uint32_t n
    uint8_t kind
    bint visit  # the code page is entered here: one fetch before everything else
    bint half   # upper half of an access that crosses a page: no instruction of its own
    bint ghost  # outside the wanted range: counts for the spread, is not written

cdef enum:
    MTR_OK = 0
    MTR_MORE = 1
    MTR_OVERLONG = 2
    MTR_NO_STATIC = 3
    MTR_FLAGS = 4
    MTR_BACKWARDS = 5
    MTR_JUMP = 6

# A first mark above this cannot be the start of a program: the recording began later.
cdef uint64_t FIRST_MARK_LIMIT = 1 << 20
cdef bytes MTR_MAGIC = b"PPCMTR01"


cdef inline int varint(const uint8_t *data, size_t size, size_t *at, uint64_t *value) noexcept nogil:
    cdef uint64_t v = 0
    cdef int shift = 0
    cdef size_t i = at[0]
    cdef uint8_t c
    while i < size:
        c = data[i]
        i += 1
        if shift == 63 and c > 1:
            return MTR_OVERLONG
        v |= <uint64_t>(c & 127) << shift
        if c < 128:
            value[0] = v
            at[0] = i
            return MTR_OK
        shift += 7
        if shift > 63:
            return MTR_OVERLONG
    return MTR_MORE


cdef inline uint32_t unzigzag(uint64_t value) noexcept nogil:
    cdef uint32_t v = <uint32_t>value
    return (v >> 1) ^ (0 - (v & 1))


cdef class MtrDecoder(_Records):
    """Decode a `PPCMTR01` stream.

    `accesses`: how many accesses to keep (-1 all); `skip`: how many to leave out before them;
    `interval_limit`: pending runs plus accesses after which instructions are spread without waiting for a mark.
    """

    cdef Static *statics
    cdef size_t static_count, static_room
    cdef Run *runs
    cdef size_t run_count, run_room
    cdef bytes tail
    cdef uint64_t offset, access_index, first, end, given, last_mark, visits, spread, interval_accesses
    cdef uint64_t rate_instructions, rate_accesses, interval_limit, bad_value
    cdef uint32_t page, previous
    cdef bint page_known, entered, marked, started
    cdef readonly bint done

    def __cinit__(self, accesses=-1, skip=0, interval_limit=1 << 20):
        if accesses < -1 or skip < 0 or not 1 <= interval_limit <= 1 << 30:
            raise ValueError("accesses must be -1 or more, skip 0 or more, interval_limit 1 to 2^30")
        self.tail = b""
        self.first = skip
        self.end = 0xFFFFFFFFFFFFFFFF if accesses < 0 else min(skip + accesses, 0xFFFFFFFFFFFFFFFF)
        self.interval_limit = interval_limit
        self.previous = 0xFFFFFFFF
        self.rate_instructions = 1
        self.rate_accesses = 1

    def __dealloc__(self):
        free(self.statics)
        free(self.runs)

    def feed(self, data):
        """Decode one more piece of the stream; raises DecodeError with the offset of the first bad item."""
        cdef bytes piece = self.tail + bytes(data)
        cdef const uint8_t *p
        cdef size_t size, at = 0
        cdef int status
        if self.done:
            return
        if not self.started:
            if len(piece) < 8:
                self.tail = piece
                return
            if piece[:8] != MTR_MAGIC:
                raise DecodeError(f"it begins with {piece[:8]!r}, not with {MTR_MAGIC!r}", 0)
            piece = piece[8:]
            self.offset = 8
            self.started = True
        p = <const uint8_t *>piece
        size = len(piece)
        with nogil:
            status = self.run(p, size, &at)
        self.offset += at
        self.tail = piece[at:]
        if status != MTR_OK and status != MTR_MORE:
            raise self.error(status)

    def finish(self):
        """End of the stream: what came after the last mark gets the rate of the interval before it."""
        if not self.started:
            if not MTR_MAGIC.startswith(self.tail):
                raise DecodeError(f"it begins with {self.tail!r}, not with {MTR_MAGIC!r}", 0)
            what = "it is empty" if not self.tail else f"it ends inside the 8-byte magic {MTR_MAGIC!r}"
            raise DecodeError(what, len(self.tail))
        if self.done:
            return
        if self.tail:
            raise DecodeError(f"it ends inside an item of which {len(self.tail)} bytes are there", self.offset)
        with nogil:
            self.flush_by_rate()
        self.done = True

    def error(self, int status):
        what = {
            MTR_OVERLONG: "a number there is longer than 64 bits",
            MTR_NO_STATIC: f"an access names instruction {self.bad_value}, but {self.static_count} are defined",
            MTR_FLAGS: f"instruction flags {self.bad_value} are above 15",
            MTR_BACKWARDS: f"the instruction mark {self.bad_value} is below the one before it, {self.last_mark}",
            MTR_JUMP: f"the instruction mark {self.bad_value} is 2^32 or more above the one before, {self.last_mark}",
        }[status]
        return DecodeError(what, self.offset)

    cdef int run(self, const uint8_t *data, size_t size, size_t *at) except -1 nogil:
        cdef size_t item
        cdef uint64_t tag, a, b
        cdef int status = MTR_OK
        while not self.done:
            item = at[0]
            status = varint(data, size, &item, &tag)
            if status == MTR_OK and tag != 1 and tag != 2 and tag != 0:
                status = varint(data, size, &item, &a)
                if status == MTR_OK:
                    status = self.access(tag - 3, a)
            elif status == MTR_OK:
                status = varint(data, size, &item, &a)
                if status == MTR_OK:
                    if tag == 1:
                        self.page = (self.page + unzigzag(a)) & 0xFFFFF
                        self.page_known = True
                        self.visit()
                    elif tag == 2:
                        status = self.mark(a)
                    else:
                        status = varint(data, size, &item, &b)
                        if status == MTR_OK:
                            status = self.define(a, b)
            if status != MTR_OK:
                return status
            at[0] = item
        return MTR_OK

    cdef int define(self, uint64_t pc, uint64_t flags) except -1 nogil:
        cdef size_t room
        cdef void *p
        if flags > 15:
            self.bad_value = flags
            return MTR_FLAGS
        if self.static_count == self.static_room:
            room = self.static_room * 2 if self.static_room else 1024
            p = realloc(self.statics, room * sizeof(Static))
            if p == NULL:
                with gil:
                    raise MemoryError("no memory for the table of instructions")
            self.statics = <Static *>p
            self.static_room = room
        self.statics[self.static_count] = Static(<uint32_t>pc, 0, 0, <uint8_t>flags)
        self.static_count += 1
        return MTR_OK

    cdef inline bint outside(self) noexcept nogil:
        return self.access_index < self.first or self.access_index >= self.end

    cdef Run *push(self) except NULL nogil:
        cdef size_t room
        cdef void *p
        if self.run_count == self.run_room:
            room = self.run_room * 2 if self.run_room else 4096
            p = realloc(self.runs, room * sizeof(Run))
            if p == NULL:
                with gil:
                    raise MemoryError("no memory for an interval between two marks")
            self.runs = <Run *>p
            self.run_room = room
        self.run_count += 1
        return &self.runs[self.run_count - 1]

    cdef int visit(self) except -1 nogil:
        cdef bint ghost = self.outside()
        self.entered = not ghost
        self.push()[0] = Run(self.page, 0, 0, 0, True, False, ghost)
        self.visits += 1
        if self.spread + self.run_count >= self.interval_limit:
            self.flush_by_rate()
        return 0

    cdef int access(self, uint64_t step, uint64_t delta) except -1 nogil:
        cdef uint32_t index = self.previous + 1 + unzigzag(step)
        cdef Static *s
        cdef Run *run = NULL
        cdef uint32_t address, page, upper
        cdef uint8_t kind
        cdef bint ghost
        if index >= self.static_count:
            self.bad_value = index
            return MTR_NO_STATIC
        self.previous = index
        s = &self.statics[index]
        address = s.last + s.stride + unzigzag(delta)
        s.stride = address - s.last
        s.last = address
        kind = s.flags & 1
        page = address >> 12
        upper = (address + (<uint32_t>1 << (s.flags >> 1)) - 1) >> 12
        if not self.page_known:
            self.page = s.pc >> 12
            self.page_known = True
        ghost = self.outside()
        if not ghost and not self.entered:
            self.visit()
        if self.run_count:
            run = &self.runs[self.run_count - 1]
            if run.ghost != ghost or run.half or run.n >= 0xFFFF:
                run = NULL
            elif not ghost and run.n and (
                run.data_page != page or run.kind != kind or run.fetch_page != self.page
            ):
                run = NULL
        if run == NULL:
            run = self.push()
            run[0] = Run(self.page, page, 0, kind, False, False, ghost)
        run.data_page = page
        run.kind = kind
        run.n += 1
        self.spread += 1
        self.interval_accesses += 1
        self.access_index += 1
        if upper != page and not ghost:
            self.push()[0] = Run(self.page, upper, 1, kind, False, True, False)
        if self.spread + self.run_count >= self.interval_limit:
            self.flush_by_rate()
        return MTR_OK

    cdef int mark(self, uint64_t count) except -1 nogil:
        cdef uint64_t passed
        if self.marked and count < self.last_mark:
            self.bad_value = count
            return MTR_BACKWARDS
        passed = count - self.last_mark
        if not self.marked and count > FIRST_MARK_LIMIT:
            self.flush_by_rate()
            self.given = count
        else:
            if passed >= <uint64_t>1 << 32:
                self.bad_value = count
                return MTR_JUMP
            if self.given + self.visits < count:
                self.flush(count - self.given - self.visits)
            else:
                self.flush(0)
            if self.marked and self.interval_accesses:
                self.rate_instructions = passed
                self.rate_accesses = self.interval_accesses
        self.marked = True
        self.last_mark = count
        self.interval_accesses = 0
        self.done = self.access_index >= self.end
        return MTR_OK

    cdef int flush_by_rate(self) except -1 nogil:
        # rate_instructions < 2^32 and spread <= interval_limit, so the product stays in 64 bits; a record's fetches
        # must stay in 32, whatever rate a strange stream has
        cdef uint64_t wanted = min(self.rate_instructions * self.spread // self.rate_accesses, <uint64_t>0xFFFFFFFFU)
        return self.flush(wanted - self.visits if wanted > self.visits else 0)

    cdef int flush(self, uint64_t shared) except -1 nogil:
        """Write the pending runs; `shared` instructions are spread evenly over their accesses."""
        cdef size_t i
        cdef Run *run
        cdef uint64_t before = 0, after = 0, position = 0, m
        for i in range(self.run_count):
            run = &self.runs[i]
            if run.half:
                self.crossings += 1
                self.add(run.fetch_page, run.data_page, run.kind, 1, 0)
                continue
            m = 0
            if run.n:
                position += run.n
                after = position * shared // self.spread
                m = after - before
                before = after
            if run.ghost:
                continue
            if run.visit:
                # the entering fetch comes first; it joins the others only when their spread then begins with a fetch
                if run.n and m + 1 >= run.n and m < 0xFFFFFFFFU:
                    m += 1
                else:
                    self.add(run.fetch_page, 0, 0, 0, 1)
                    self.instructions += 1
            if run.n:
                self.add(run.fetch_page, run.data_page, run.kind, run.n, <uint32_t>m)
                self.instructions += m
            if run.kind:
                self.stores += run.n
            else:
                self.loads += run.n
        if self.spread == 0 and shared and self.page_known and not self.outside():
            self.add(self.page, 0, 0, 0, <uint32_t>shared)
            self.instructions += shared
        self.given += self.visits + shared
        self.run_count = 0
        self.visits = 0
        self.spread = 0
        return 0


# -------------------------------------------------------------------------------------------------- Valgrind's lackey

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


cdef class LackeyDecoder(_Records):
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

    def feed(self, data):
        """Decode one more piece of the text; raises DecodeError with line and offset of the first bad line."""
        cdef bytes piece = self.tail + bytes(data)
        cdef const uint8_t *p = <const uint8_t *>piece
        cdef size_t size = len(piece), at = 0
        cdef int status
        if self.done:
            return
        with nogil:
            status = self.run(p, size, &at)
        self.offset += at
        self.tail = piece[at:]
        if status != LINE_OK:
            raise self.error(status)
        if len(self.tail) > LONGEST_LINE and not self.done:
            raise self.error(LINE_GARBAGE)

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


# ------------------------------------------------------------------------------------------------------- whole columns

def scan(const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint8_t[::1] kind,
         const uint16_t[::1] accesses, const uint32_t[::1] fetches, uint8_t[::1] code_pages, uint8_t[::1] data_pages):
    """Check records and count them: (index of the first bad record or -1, fetches, loads, stores).

    A record is good when its pages are below 2^20, its kind 0 or 1, it holds at least one look-up, and one without
    accesses has data page 0 and kind 0. `code_pages` and `data_pages` (2^20 bytes each) get a 1 for each page touched.
    """
    cdef Py_ssize_t i, count = fetch_page.shape[0]
    cdef uint64_t fetched = 0
    cdef uint64_t by_kind[2]
    cdef uint32_t f, d, n, m
    if not (data_page.shape[0] == kind.shape[0] == accesses.shape[0] == fetches.shape[0] == count):
        raise ValueError("the five columns differ in length")
    if code_pages.shape[0] != 1 << 20 or data_pages.shape[0] != 1 << 20:
        raise ValueError("a page map has 2^20 bytes")
    by_kind[0] = by_kind[1] = 0
    with nogil:
        for i in range(count):
            f = fetch_page[i]
            d = data_page[i]
            n = accesses[i]
            m = fetches[i]
            if (f | d) >> 20 or kind[i] > 1 or not (n or m) or (n == 0 and (d or kind[i])):
                break
            fetched += m
            by_kind[kind[i]] += n
            if m:
                code_pages[f] = 1
            if n:
                data_pages[d] = 1
        else:
            i = -1
    return i, fetched, by_kind[0], by_kind[1]


def fifo_misses(const uint32_t[::1] fetch_page, const uint32_t[::1] data_page, const uint16_t[::1] accesses,
                const uint32_t[::1] fetches, int entries, bint fetch_on_entry=False):
    """Misses of one shared fully associative TLB of `entries` 4 KiB entries, replaced first in first out.

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
