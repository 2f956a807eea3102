# SPDX-License-Identifier: BSD-3-Clause
"""Plain Python twins of `mtr`, `lackey` and `columns` in `cext/traces`: slow, and easy to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Record = tuple[int, int, int, int, int]
"""fetch_page, data_page, kind, accesses, fetches"""

Lookup = tuple[str, int]
"""What looks up ("F", "L" or "S") and the page."""


def expand(records: Iterable[Sequence[int]]) -> Iterator[Lookup]:
    """Every look-up of the records, in order: the definition of a record."""
    for fetch_page, data_page, kind, n, m in records:
        if n == 0:
            yield from [("F", fetch_page)] * m
        for i in range(n):
            yield from [("F", fetch_page)] * ((i + 1) * m // n - i * m // n)
            yield ("LS"[kind], data_page)


def fifo_misses(lookups: Iterable[Lookup], entries: int) -> int:
    """Misses of one first-in-first-out TLB."""
    resident: list[int] = []
    misses = 0
    for _, page in lookups:
        if page not in resident:
            misses += 1
            resident.append(page)
            if len(resident) > entries:
                del resident[0]
    return misses


def fifo_misses_on_entry(records: Iterable[Sequence[int]], entries: int) -> int:
    """The same, looking the code page up only where it changes."""
    lookups: list[Lookup] = []
    last = None
    for fetch_page, data_page, kind, n, m in records:
        if m and fetch_page != last:
            lookups.append(("F", fetch_page))
        last = fetch_page
        lookups += [("LS"[kind], data_page)] * n
    return fifo_misses(lookups, entries)


# ------------------------------------------------------------------------------------------------------------------ mtr


@dataclass
class _Run:
    fetch_page: int
    data_page: int = 0
    kind: int = 0
    accesses: int = 0
    visit: bool = False
    half: bool = False
    wanted: bool = True


@dataclass
class MtrTwin:
    """Imports a whole `PPCMTR01` stream; `records` and `totals` hold the outcome. No error checks."""

    first: int = 0
    last: float = float("inf")
    limit: int = 1 << 20
    records: list[Record] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=lambda: {"instructions": 0, "loads": 0, "stores": 0, "crossings": 0})

    def __post_init__(self) -> None:
        self.runs: list[_Run] = []
        self.given = 0
        self.page: int | None = None
        self.entered = False
        self.index = 0

    def read(self, stream: bytes) -> MtrTwin:
        """Import all of it."""
        statics: list[list[int]] = []
        previous = -1
        last_mark: int | None = None
        since_mark = 0
        rate = (1, 1)
        numbers = _varints(stream[8:])
        for tag in numbers:
            value = next(numbers)
            if tag == 0:
                statics.append([value, next(numbers), 0, 0])
            elif tag == 1:
                self.page = ((self.page or 0) + _unzigzag(value)) % (1 << 20)
                self.visit()
                self.spread_when_full(rate)
            elif tag == 2:
                if last_mark is None and value > 1 << 20:  # recorded from the middle of a program
                    self.spread_by_rate(rate)
                    self.given = value
                else:
                    self.spread(value - self.given - self.visits())
                    if last_mark is not None and since_mark:
                        rate = (value - last_mark, since_mark)
                last_mark = value
                since_mark = 0
                if self.index >= self.last:
                    return self
            else:
                previous = (previous + 1 + _unzigzag(tag - 3)) % (1 << 32)
                static = statics[previous]
                pc, flags, last_address, stride = static
                address = (last_address + stride + _unzigzag(value)) % (1 << 32)
                static[2:] = [address, (address - last_address) % (1 << 32)]
                if self.page is None:
                    self.page = pc >> 12
                if self.wanted() and not self.entered:
                    self.visit()
                    self.spread_when_full(rate)
                self.access(address, 1 << (flags >> 1), flags & 1)
                since_mark += 1
                self.spread_when_full(rate)
        self.spread_by_rate(rate)
        return self

    def wanted(self) -> bool:
        return self.first <= self.index < self.last

    def visits(self) -> int:
        return sum(run.visit for run in self.runs)

    def pending_accesses(self) -> int:
        return sum(run.accesses for run in self.runs if not run.half)

    def visit(self) -> None:
        assert self.page is not None
        self.entered = self.wanted()
        self.runs.append(_Run(self.page, visit=True, wanted=self.wanted()))

    def access(self, address: int, size: int, kind: int) -> None:
        assert self.page is not None
        page, upper, wanted = address >> 12, (address + size - 1) % (1 << 32) >> 12, self.wanted()
        run = self.runs[-1] if self.runs else None
        alike = (
            run is not None
            and run.wanted == wanted
            and not run.half
            and run.accesses < 0xFFFF
            and (
                not wanted or run.accesses == 0 or (run.fetch_page, run.data_page, run.kind) == (self.page, page, kind)
            )
        )
        if run is None or not alike:
            run = _Run(self.page, wanted=wanted)
            self.runs.append(run)
        run.data_page, run.kind = page, kind
        run.accesses += 1
        self.index += 1
        if upper != page and wanted:
            self.runs.append(_Run(self.page, upper, kind, 1, half=True))

    def spread_when_full(self, rate: tuple[int, int]) -> None:
        if self.pending_accesses() + len(self.runs) >= self.limit:
            self.spread_by_rate(rate)

    def spread_by_rate(self, rate: tuple[int, int]) -> None:
        self.spread(min(rate[0] * self.pending_accesses() // rate[1], 0xFFFFFFFF) - self.visits())

    def spread(self, shared: int) -> None:
        shared = max(0, shared)
        total = self.pending_accesses()
        self.given += self.visits() + shared
        done = 0
        for run in self.runs:
            if run.half:
                self.emit(run.fetch_page, run.data_page, run.kind, 1, 0)
                self.totals["crossings"] += 1
                continue
            m = (done + run.accesses) * shared // total - done * shared // total if run.accesses else 0
            done += run.accesses
            if not run.wanted:
                continue
            self.totals["stores" if run.kind else "loads"] += run.accesses
            if run.visit and run.accesses and m + 1 >= run.accesses:
                m += 1
            elif run.visit:
                self.emit(run.fetch_page, 0, 0, 0, 1)
            if run.accesses:
                self.emit(run.fetch_page, run.data_page, run.kind, run.accesses, m)
        if total == 0 and shared and self.page is not None and self.wanted():
            self.emit(self.page, 0, 0, 0, shared)
        self.runs = []

    def emit(self, *record: int) -> None:
        self.records.append(record)  # type: ignore[arg-type]
        self.totals["instructions"] += record[4]


def _varints(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            yield value
            value = shift = 0


def _unzigzag(value: int) -> int:
    value %= 1 << 32
    return -(value + 1) // 2 if value & 1 else value // 2


def encode_mtr(events: Iterable[tuple[str, tuple[int, ...]]]) -> bytes:
    """A stream of events: ("static", (pc, flags)), ("page", (page,)), ("mark", (count,)), ("access", (id, address))."""
    out = bytearray(b"PPCMTR01")
    statics: list[list[int]] = []
    previous, page = -1, 0

    def put(value: int) -> None:
        while value >= 128:
            out.append(value & 127 | 128)
            value >>= 7
        out.append(value)

    def zigzag(value: int) -> int:
        value = (value + (1 << 31)) % (1 << 32) - (1 << 31)
        return value * 2 if value >= 0 else -value * 2 - 1

    for kind, values in events:
        if kind == "static":
            out.append(0)
            put(values[0])
            put(values[1])
            statics.append([0, 0])
        elif kind == "page":
            out.append(1)
            put(zigzag(values[0] - page))
            page = values[0]
        elif kind == "mark":
            out.append(2)
            put(values[0])
        else:
            index, address = values
            put(3 + zigzag(index - previous - 1))
            previous = index
            last, stride = statics[index]
            put(zigzag(address - last - stride))
            statics[index] = [address, address - last]
    return bytes(out)


# --------------------------------------------------------------------------------------------------------------- lackey


def lackey_lookups(lines: Iterable[str], renumber: str = "auto") -> list[Lookup]:
    """Every look-up that lackey's text stands for, renumbered if need be. No error checks."""
    found: list[Lookup] = []
    wide = renumber == "always"
    for line in lines:
        if line[:2] in ("==", "--", "**") or not line:
            continue
        what = line[:2].strip()
        text, size = line[3:].split(",")
        start, end = int(text, 16), int(text, 16) + int(size) - 1
        wide |= end >= 1 << 32 and renumber == "auto"
        pages = [start >> 12] if start >> 12 == end >> 12 else [start >> 12, end >> 12]
        for letter in {"I": "F", "L": "L", "S": "S", "M": "LS"}[what]:
            found += [(letter, page) for page in pages]
    if not wide:
        return found
    chunks: dict[int, int] = {}
    for _, page in found:
        chunks.setdefault(page >> 8, 0x100 + len(chunks))
    return [(letter, chunks[page >> 8] << 8 | page & 0xFF) for letter, page in found]
