# SPDX-License-Identifier: BSD-3-Clause
"""The decoder of `PPCMTR01`, the format of the recorded memory-reference streams.

It is fed chunks of any size, keeps what an unfinished chunk leaves over, and hands out finished records as `Records`
does. Decoding runs without the interpreter lock. Its plain Python twin is in `tests/reference`.
"""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc, realloc
from libc.string cimport memset

from simobjects.cext.traces.records cimport Records, Space, put
from simobjects.cext.traces.records import DecodeError


cdef struct Static:
    uint32_t pc
    uint32_t last
    uint32_t stride
    uint8_t kind
    uint8_t reach            # bytes of an access behind its first

cdef enum:
    MTR_OK = 0
    MTR_MORE = 1
    MTR_OVERLONG = 2
    MTR_NO_STATIC = 3
    MTR_FLAGS = 4
    MTR_BACKWARDS = 5
    MTR_JUMP = 6
    MTR_CROWDED = 7

cdef enum:
    LONGEST_ITEM = 30        # three numbers of 64 bits
    KIND_SHIFT = 18
    DATA_SHIFT = 20
    FETCH_SHIFT = 40
    PAGE = 0xFFFFF
    COUNT = 0xFFFF

# Accesses of one page and kind under one code page are a run: they wait for the mark that tells their instructions. A
# run is a word: the pages, the kind, flags and in its lowest bits the accesses. Two whose KEYs are equal are one.
cdef extern from *:
    """
    #define VISIT ((uint64_t)1 << 16)   /* the code page is entered here: one fetch before everything else */
    #define HALF ((uint64_t)1 << 17)    /* upper half of an access that crosses a page: no instruction of its own */
    #define GHOST ((uint64_t)1 << 19)   /* outside the wanted range: counts for the spread, is not written */
    #define KEY (~(uint64_t)0x1FFFF)
    #define NONE (HALF | 1)             /* what no run joins */
    #if defined(__GNUC__)
    #define RARELY(condition) __builtin_expect(!!(condition), 0)
    #else
    #define RARELY(condition) (condition)
    #endif
    """
    uint64_t VISIT, HALF, GHOST, KEY, NONE
    bint RARELY(bint condition) noexcept nogil

# A first mark above this cannot be the start of a program: the recording began later.
cdef uint64_t FIRST_MARK_LIMIT = 1 << 20
cdef bytes MTR_MAGIC = b"PPCMTR01"

MOST_INSTRUCTIONS = 1 << 23
"""Loads and stores that a stream may define, 128 MiB here: the code of no program for a 440 has more."""


cdef struct Number:
    uint64_t value
    const uint8_t *end       # what follows it; NULL: there is none, see `trouble`


cdef inline Number number(const uint8_t *at, const uint8_t *end) noexcept nogil:
    if end - at >= 2:  # nearly all have one byte or two
        if at[0] < 128:
            return Number(at[0], at + 1)
        if at[1] < 128:
            return Number((at[0] & 127) | <uint32_t>at[1] << 7, at + 2)
    return long_number(at, end)


cdef Number long_number(const uint8_t *at, const uint8_t *end) noexcept nogil:
    cdef uint64_t v = 0
    cdef int shift = 0
    while at < end and shift < 64:
        if shift == 63 and at[0] > 1:
            break
        v |= <uint64_t>(at[0] & 127) << shift
        if at[0] < 128:
            return Number(v, at + 1)
        shift += 7
        at += 1
    return Number(0, NULL)


cdef int trouble(const uint8_t *at, const uint8_t *end) noexcept nogil:
    """What is wrong with the numbers there, the first of which is not whole."""
    cdef Number found = number(at, end)
    while found.end != NULL:
        at = found.end
        found = number(at, end)
    return MTR_OVERLONG if end - at >= 10 else MTR_MORE


cdef inline uint32_t unzigzag(uint64_t value) noexcept nogil:
    cdef uint32_t v = <uint32_t>value
    return (v >> 1) ^ (0 - (v & 1))


cdef struct Front:           # where decoding is; the loop has it in registers
    uint64_t *top            # behind the last run
    uint64_t last            # the last run, or NONE
    uint64_t accesses        # so far
    int64_t room             # for accesses and runs that wait for a mark
    uint64_t visits          # since runs were written last
    uint64_t code            # its page, where a run has it
    uint32_t previous        # instruction
    bint page_known
    bint entered             # the page has a visit among what is written


cdef struct Spread:          # instructions over the accesses of runs
    uint64_t shared, over    # so many, over so many accesses
    uint64_t accesses        # of the runs that are written
    uint64_t given           # instructions that these have got, beside the entering fetches
    uint64_t stores, crossings
    uint64_t ghosts          # of the accesses, those of ghosts
    uint64_t left_out        # instructions of ghosts, with their entering fetches

cdef struct Two:             # records
    uint32_t fetch_page[2]
    uint32_t data_page[2]
    uint8_t kind[2]
    uint16_t accesses[2]
    uint32_t fetches[2]


cdef void write_runs(const uint64_t *run, const uint64_t *end, Space *columns, Spread *spread) noexcept nogil:
    """As records. There is room for two of each run and at least one run."""
    cdef Space to = columns[0]
    cdef size_t i = to.used
    cdef uint64_t word, n, m, position
    cdef uint64_t accesses = spread.accesses, given = spread.given, stores = 0
    cdef uint32_t fetch_page
    cdef bint alone
    while run < end:
        word = run[0]
        run += 1
        n = word & COUNT
        m = 0
        if RARELY(word & HALF):
            spread.crossings += 1
        else:
            if n:
                accesses += n
                position = accesses * spread.shared // spread.over
                m = position - given
                given = position
            if RARELY(word & GHOST):
                spread.ghosts += n
                spread.left_out += m + (word & VISIT != 0)
                continue
            stores += n if word >> KIND_SHIFT & 1 else 0
        fetch_page = <uint32_t>(word >> FETCH_SHIFT)
        if word & VISIT:
            # the entering fetch comes first; it joins the others only when their spread then begins with a fetch
            alone = n == 0 or m + 1 < n or m >= 0xFFFFFFFFU
            m += not alone
            if alone:
                put(&to, i, fetch_page, 0, 0, 0, 1)
                i += 1
        put(&to, i, fetch_page, <uint32_t>(word >> DATA_SHIFT) & PAGE, <uint32_t>(word >> KIND_SHIFT) & 1, <uint32_t>n,
            <uint32_t>m)
        i += n != 0
    columns.used = i
    spread.accesses = accesses
    spread.given = given
    spread.stores += stores


cdef inline void push(Front *f, uint64_t word) noexcept nogil:
    f.last = f.top[0] = word
    f.top += 1
    f.room -= 1


cdef inline void join(Front *f, uint64_t word) noexcept nogil:
    """An access: it joins the last run, or begins one."""
    if f.last & COUNT == 0:          # the page was entered, nothing was accessed since
        f.last = (f.top - 1)[0] = word | VISIT
    elif (f.last ^ word) & KEY == 0 and f.last & COUNT != COUNT:
        f.last = (f.top - 1)[0] = f.last + 1
    else:
        push(f, word)


@cython.final
cdef class MtrDecoder(Records):
    """Decode a `PPCMTR01` stream.

    `accesses`: how many accesses to keep (-1 all); `skip`: how many to leave out before them;
    `interval_limit`: pending runs plus accesses after which instructions are spread without waiting for a mark;
    `most_instructions`: how many may be defined, which bounds the memory that a stream of few bytes can ask for.
    """

    cdef Static *statics
    cdef size_t static_count, static_room, most_instructions
    cdef uint64_t *runs
    cdef Front front
    cdef bytes tail
    cdef uint64_t offset, first, wanted, given, last_mark, marked_at, flushed_at
    cdef uint64_t rate_instructions, rate_accesses, interval_limit, bad_value
    cdef bint marked, started
    cdef readonly bint done

    def __cinit__(self, accesses=-1, skip=0, interval_limit=1 << 20, most_instructions=MOST_INSTRUCTIONS):
        if accesses < -1 or skip < 0 or not 1 <= interval_limit <= 1 << 30:
            raise ValueError("accesses must be -1 or more, skip 0 or more, interval_limit 1 to 2^30")
        if not 1 <= most_instructions <= MOST_INSTRUCTIONS:
            raise ValueError(f"most_instructions must be 1 to {MOST_INSTRUCTIONS}")
        self.tail = b""
        self.first = skip
        self.wanted = 0xFFFFFFFFFFFFFFFF - skip if accesses < 0 else min(accesses, 0xFFFFFFFFFFFFFFFF - skip)
        self.interval_limit = interval_limit
        self.most_instructions = most_instructions
        self.rate_instructions = 1
        self.rate_accesses = 1
        self.runs = <uint64_t *>malloc((interval_limit + 3) * sizeof(uint64_t))  # memory only where there are runs
        if self.runs == NULL:
            raise MemoryError("no memory for an interval between two marks")
        self.front.top = self.runs
        self.front.last = NONE
        self.front.room = interval_limit
        self.front.previous = 0xFFFFFFFF

    def __dealloc__(self):
        free(self.statics)
        free(self.runs)

    def feed(self, const uint8_t[::1] data):
        """Decode one more piece of the stream; raises DecodeError with the offset of the first bad item."""
        cdef int64_t at = 0, waiting = len(self.tail)
        cdef bytes joined
        if not self.done and data.shape[0]:
            if not self.started:
                at = self.start(data)
                if not self.started:
                    return
            elif waiting:  # an item is cut: it and the beginning of what follows
                joined = self.tail + bytes(data[:LONGEST_ITEM])
                at = self.decode(<const uint8_t *>joined, len(joined)) - waiting
                if at < 0:  # not even with these bytes
                    self.tail = joined
                    return
            at += self.decode(&data[0] + at, data.shape[0] - at)
            self.tail = bytes(data[at:])

    cdef int64_t start(self, const uint8_t[::1] data) except -1:
        """Look at the magic: where the first item begins in this piece."""
        cdef int64_t missing = len(MTR_MAGIC) - len(self.tail)
        self.tail += bytes(data[:missing])
        if len(self.tail) == len(MTR_MAGIC):
            if self.tail != MTR_MAGIC:
                raise DecodeError(f"it begins with {self.tail!r}, not with {MTR_MAGIC!r}", 0)
            self.started = True
            self.offset = len(MTR_MAGIC)
            self.tail = b""
        return min(missing, data.shape[0])

    cdef int64_t decode(self, const uint8_t *data, int64_t size) except -1:
        """As many whole items as there are: how many bytes they have."""
        cdef const uint8_t *at = data
        cdef int status = MTR_MORE
        if not self.done:
            with nogil:
                status = self.run(data, data + size, &at)
        self.offset += at - data
        if status != MTR_OK and status != MTR_MORE:
            raise self.error(status)
        return at - data

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

    cdef int run(self, const uint8_t *data, const uint8_t *end, const uint8_t **at) except -1 nogil:
        cdef Front f = self.front
        cdef Number tag, a, b
        cdef Static *s
        cdef uint64_t word
        cdef uint32_t index, address
        cdef uint64_t first = self.first, wanted = self.wanted
        cdef int status = MTR_OK
        while status == MTR_OK:
            at[0] = data
            if end - data >= 2 and (data[0] | data[1]) < 128:     # most items
                tag.value = data[0]
                a.value = data[1]
                a.end = data + 2
            else:
                tag = number(data, end)
                if RARELY(tag.end == NULL):
                    status = trouble(data, end)
                    break
                a = number(tag.end, end)
                if RARELY(a.end == NULL):
                    status = trouble(data, end)
                    break
            data = a.end
            if tag.value > 2:
                index = f.previous + 1 + unzigzag(tag.value - 3)
                if RARELY(index >= self.static_count):
                    self.bad_value = index
                    status = MTR_NO_STATIC
                    break
                f.previous = index
                s = &self.statics[index]
                address = s.last + s.stride + unzigzag(a.value)
                s.stride = address - s.last
                s.last = address
                word = <uint64_t>(address >> 12) << DATA_SHIFT | <uint32_t>s.kind << KIND_SHIFT | 1
                if RARELY(not f.entered or f.accesses - first >= wanted):
                    if not f.page_known:
                        f.code = <uint64_t>(s.pc >> 12) << FETCH_SHIFT
                        f.page_known = True
                    if f.accesses - first >= wanted:
                        word = GHOST | 1
                        address = 0
                    else:
                        self.visit(&f)
                if word != (GHOST | 1):
                    word |= f.code
                join(&f, word)
                if RARELY((address & 0xFFF) + s.reach > 0xFFF):
                    address = (address + s.reach) >> 12
                    push(&f, word & ~(<uint64_t>PAGE << DATA_SHIFT) | <uint64_t>address << DATA_SHIFT | HALF)
                f.accesses += 1
                f.room -= 1
                self.write_early(&f)
            elif tag.value == 1:
                f.code = <uint64_t>(<uint32_t>(f.code >> FETCH_SHIFT) + unzigzag(a.value) & PAGE) << FETCH_SHIFT
                f.page_known = True
                self.visit(&f)
            elif tag.value == 2:
                self.front = f
                status = self.mark(a.value)
                f = self.front
                if status == MTR_OK and self.done:
                    at[0] = data
                    break
            else:
                b = number(data, end)
                if b.end == NULL:
                    status = trouble(data, end)
                    break
                data = b.end
                status = self.define(a.value, b.value)
        self.front = f
        return status

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
        self.statics[self.static_count] = Static(<uint32_t>pc, 0, 0, flags & 1, (1 << (flags >> 1)) - 1)
        self.static_count += 1
        return MTR_OK

    cdef inline int write_early(self, Front *f) except -1 nogil:
        """Without a mark, when no more may wait for one."""
        if RARELY(f.room <= 0):
            self.front = f[0]
            self.flush_by_rate()
            f[0] = self.front
        return 0

    cdef inline int visit(self, Front *f) except -1 nogil:
        """The code page is entered."""
        f.entered = f.accesses - self.first < self.wanted
        push(f, (f.code if f.entered else GHOST) | VISIT)
        f.visits += 1
        self.write_early(f)
        return 0

    cdef int mark(self, uint64_t count) except -1 nogil:
        cdef uint64_t passed, due
        cdef uint64_t accesses = self.front.accesses
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
            due = self.given + self.front.visits
            self.flush(count - due if due < count else 0)
            if self.marked and accesses > self.marked_at:
                self.rate_instructions = passed
                self.rate_accesses = accesses - self.marked_at
        self.marked = True
        self.last_mark = count
        self.marked_at = accesses
        self.done = accesses >= self.first and accesses - self.first >= self.wanted
        return MTR_OK

    cdef int flush_by_rate(self) except -1 nogil:
        # rate_instructions < 2^32 and what is spread <= interval_limit, so the product stays in 64 bits; a record's
        # fetches must stay in 32, whatever rate a strange stream has
        cdef uint64_t spread = self.front.accesses - self.flushed_at
        cdef uint64_t wanted = min(self.rate_instructions * spread // self.rate_accesses, <uint64_t>0xFFFFFFFFU)
        return self.flush(wanted - self.front.visits if wanted > self.front.visits else 0)

    cdef int flush(self, uint64_t shared) except -1 nogil:
        """Write the pending runs; `shared` instructions are spread evenly over their accesses."""
        cdef const uint64_t *run = self.runs
        cdef Front *f = &self.front
        cdef Spread spread
        cdef Two two
        cdef Space apart = Space(&two.fetch_page[0], &two.data_page[0], &two.kind[0], &two.accesses[0], &two.fetches[0],
                                 0, 2)
        cdef size_t i, runs, used
        memset(&spread, 0, sizeof(Spread))
        spread.shared = shared
        spread.over = f.accesses - self.flushed_at
        while run < f.top:
            runs = min(<size_t>(f.top - run), (self.to.room - self.to.used) // 2)
            if runs:
                used = self.to.used
                write_runs(run, run + runs, &self.to, &spread)
                self.total += self.to.used - used
                run += runs
            else:                # its records may be for different columns
                apart.used = 0
                write_runs(run, run + 1, &apart, &spread)
                for i in range(apart.used):
                    self.add(two.fetch_page[i], two.data_page[i], two.kind[i], two.accesses[i], two.fetches[i])
                run += 1
        self.instructions += spread.given + f.visits - spread.left_out
        if spread.over == 0 and shared and f.page_known and f.accesses - self.first < self.wanted:
            self.add(<uint32_t>(f.code >> FETCH_SHIFT), 0, 0, 0, <uint32_t>shared)
            self.instructions += shared
        self.given += f.visits + shared
        self.crossings += spread.crossings
        self.loads += spread.accesses - spread.ghosts - spread.stores
        self.stores += spread.stores
        self.flushed_at = f.accesses
        f.top = self.runs
        f.last = NONE
        f.room = self.interval_limit
        f.visits = 0
        return 0
