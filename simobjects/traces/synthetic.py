# SPDX-License-Identifier: BSD-3-Clause
"""Made-up reference streams with known working sets."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Literal, NamedTuple

from simobjects.cext.traces.stream import TraceStream
from simobjects.framework import Address, Problem, param
from simobjects.ppc440.workload import Workload

if TYPE_CHECKING:
    import numpy as np

USER_END = 0xC000_0000


class SyntheticWorkload(Workload):
    """References over a given number of code and data pages, the same for the same parameters on every machine.

    A record is `instructions` fetched from one code page with `accesses` accesses to one data page spread among them.
    """

    code_pages: int = param(8, "pages of code", ge=1, le=1 << 16)
    data_pages: int = param(24, "pages of data", ge=1, le=1 << 18)
    pattern: Literal["loop", "random", "zipf"] = param(
        "loop", "order of the pages: in turn, uniform, or few of them most of the time"
    )
    records: int = param(4096, "records until the stream ends", ge=1, le=1 << 24)
    instructions: int = param(60, "instructions of a record", ge=1, le=1 << 20)
    accesses: int = param(20, "data accesses of a record", ge=0, le=65535)
    stores: int = param(30, "of 100 records, those that store", ge=0, le=100)
    seed: int = param(1, "seed of the random choices", ge=0, le=2**32 - 1)
    code_base: Address = param(0x1000_0000, "first code page", le=0xBFFF_F000, multiple_of=4096)
    data_base: Address = param(0x3000_0000, "first data page", le=0xBFFF_F000, multiple_of=4096)

    def check(self) -> Iterable[Problem]:
        for name, base in (("code_pages", self.code_base), ("data_pages", self.data_base)):
            most = (USER_END - int(base)) // 4096
            if getattr(self, name) > most:
                expected = f"at most {most} pages from {int(base):#x} on: user addresses end below {USER_END:#x}"
                self.problem(name, getattr(self, name), expected, "take fewer, or a lower base")
        return ()

    def make_peer(self) -> TraceStream:
        made = _Made(
            **{name: getattr(self, name) for name in _Made._fields if not name.endswith("_base")},
            code_base=int(self.code_base),
            data_base=int(self.data_base),
        )
        return _kept(made).rewound() if made.records <= _SHORT else made.stream()


_SHORT = 1 << 16
"""Records of a stream that a process makes once for all its machines."""

_FEW = 1 << 13
"""Records of which the kinds are drawn in less time than the import of NumPy's generators takes."""


class _Made(NamedTuple):
    """What a stream is made of."""

    code_pages: int
    data_pages: int
    pattern: str
    records: int
    instructions: int
    accesses: int
    stores: int
    seed: int
    code_base: int
    data_base: int

    def stream(self) -> TraceStream:
        # A KVM's host has such streams, of few records: a machine without others does not wait for NumPy.
        return self._few() if self.pattern == "loop" and self.records <= _FEW else self._many()

    def _few(self) -> TraceStream:
        code = self._in_turn(self.code_base, self.code_pages)
        if self.accesses:
            data = self._in_turn(self.data_base, self.data_pages)
            kind = bytes(value < self.stores for value in below_hundred(self.seed, self.records))
        else:
            data, kind = array("I", bytes(4 * self.records)), bytes(self.records)
        accesses = array("H", [self.accesses]) * self.records
        return TraceStream(code, data, kind, accesses, array("I", [self.instructions]) * self.records)

    def _in_turn(self, base: int, pages: int) -> array[int]:
        first, pages = base // 4096, min(pages, self.records)
        return (array("I", range(first, first + pages)) * -(-self.records // pages))[: self.records]

    def _many(self) -> TraceStream:
        import numpy as np

        # The legacy generator: its sequence is frozen by NumPy, unlike that of the newer ones.
        random = np.random.RandomState(self.seed)
        code, data = self._order(self.code_pages, random), self._order(self.data_pages, random)
        hundredths = random.randint(0, 100, self.records)
        code, data = self.code_base // 4096 + code, self.data_base // 4096 + data
        kind = (hundredths < self.stores).astype(np.uint8)
        if self.accesses == 0:
            data[:] = 0
            kind[:] = 0
        return TraceStream(
            code.astype(np.uint32),
            data.astype(np.uint32),
            kind,
            np.full(self.records, self.accesses, np.uint16),
            np.full(self.records, self.instructions, np.uint32),
        )

    def _order(self, pages: int, random: np.random.RandomState) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        import numpy as np

        if self.pattern == "loop":
            return np.arange(self.records, dtype=np.int64) % pages
        if self.pattern == "random":
            return random.randint(0, pages, self.records).astype(np.int64)
        weights = 1.0 / np.arange(1, pages + 1)
        bounds = np.cumsum(weights) / weights.sum()
        return np.searchsorted(bounds, random.random_sample(self.records)).clip(0, pages - 1).astype(np.int64)


def below_hundred(seed: int, count: int) -> list[int]:
    """What `numpy.random.RandomState(seed).randint(0, 100, count)` gives, of Python's own Mersenne Twister."""
    state = [seed]
    for number in range(1, 624):
        state.append((1_812_433_253 * (state[-1] ^ state[-1] >> 30) + number) & 0xFFFF_FFFF)
    twister = Random()
    twister.setstate((3, (*state, 624), None))
    draw, found = twister.getrandbits, list[int]()
    while len(found) < count:
        found += [value for _ in range(count - len(found)) if (value := draw(32) & 127) < 100]
    return found


@lru_cache(maxsize=16)
def _kept(made: _Made) -> TraceStream:
    """A stream that no machine runs, with the summary that each core would otherwise make."""
    stream = made.stream()
    stream.summarise()
    return stream
