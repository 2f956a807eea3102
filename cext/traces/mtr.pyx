# SPDX-License-Identifier: BSD-3-Clause
"""The decoder of `PPCMTR01`, the format of the recorded memory-reference streams.

It is fed chunks of any size, keeps what an unfinished chunk leaves over, and hands out finished records as `Records`
does. Decoding runs without the interpreter lock. Its plain Python twin is in `tests/reference`.
"""

cimport cython
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from simobjects.cext.traces.records cimport Records
from simobjects.cext.traces.records import DecodeError


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
    MTR_CROWDED = 7

# A first mark above this cannot be the start of a program: the recording began later.
cdef uint64_t FIRST_MARK_LIMIT = 1 << 20
cdef bytes MTR_MAGIC = b"PPCMTR01"

MOST_INSTRUCTIONS = 1 << 23
"""Loads and stores that a stream may define, 128 MiB here: the code of no program for a 440 has more."""


cdef inline int varint(const uint8_t *data, size_t size, size_t *at, uint64_t *value) noexcept nogil:
    cdef size_t i = at[0]
    if i + 2 <= size:  # nearly all have one byte or two
        if data[i] < 128:
            value[0] = data[i]
            at[0] = i + 1
            return MTR_OK
        if data[i + 1] < 128:
            value[0] = (data[i] & 127) | <uint32_t>data[i + 1] << 7
            at[0] = i + 2
            return MTR_OK
    return long_varint(data, size, at, value)


cdef int long_varint(const uint8_t *data, size_t size, size_t *at, uint64_t *value) noexcept nogil:
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


@cython.final
cdef class MtrDecoder(Records):
    """Decode a `PPCMTR01` stream.

    `accesses`: how many accesses to keep (-1 all); `skip`: how many to leave out before them;
    `interval_limit`: pending runs plus accesses after which instructions are spread without waiting for a mark;
    `most_instructions`: how many may be defined, which bounds the memory that a stream of few bytes can ask for.
    """

    cdef Static *statics
    cdef size_t static_count, static_room, most_instructions
    cdef Run *runs
    cdef size_t run_count, run_room
    cdef bytes tail
    cdef uint64_t offset, access_index, first, end, given, last_mark, visits, spread, interval_accesses
    cdef uint64_t rate_instructions, rate_accesses, interval_limit, bad_value
    cdef uint32_t page, previous
    cdef bint page_known, entered, marked, started
    cdef readonly bint done

    def __cinit__(self, accesses=-1, skip=0, interval_limit=1 << 20, most_instructions=MOST_INSTRUCTIONS):
        if accesses < -1 or skip < 0 or not 1 <= interval_limit <= 1 << 30:
            raise ValueError("accesses must be -1 or more, skip 0 or more, interval_limit 1 to 2^30")
        if not 1 <= most_instructions <= MOST_INSTRUCTIONS:
            raise ValueError(f"most_instructions must be 1 to {MOST_INSTRUCTIONS}")
        self.tail = b""
        self.first = skip
        self.end = 0xFFFFFFFFFFFFFFFF if accesses < 0 else min(skip + accesses, 0xFFFFFFFFFFFFFFFF)
        self.interval_limit = interval_limit
        self.most_instructions = most_instructions
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
            MTR_CROWDED: f"it defines more than {self.most_instructions} instructions that load or store",
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
        if self.static_count == self.most_instructions:
            return MTR_CROWDED
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

    cdef inline int access(self, uint64_t step, uint64_t delta) except -1 nogil:
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
