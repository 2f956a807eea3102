# SPDX-License-Identifier: BSD-3-Clause
"""What a core passes over is what it would have done: the fast and the plain path leave the same machine.

Every statistic and every byte of the state is compared, at stops and at the end, whatever the slices were in between.
A case that fails is made again from its mode and number.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from random import Random
from typing import Any

import pytest

from simobjects import PythonScheme, RunningScheme
from simobjects.framework.events import StopReason
from simobjects.kvm.schemes import ShadowScheme
from tests.helpers.random_machines import KVM, Drawn, draw
from tests.helpers.real_machine import RealMachine, Record

CYCLE_LIMIT = int(StopReason.LIMIT)
CASES = 36
"""Of each mode: 15 modes, so more than 500."""


def parts(machine: RealMachine) -> dict[str, Any]:
    """Every peer that has state."""
    host = {} if machine.host is None else {"guest tlb": machine.guest_tlb, "host": machine.host}
    return {"core": machine.core, "guest": machine.guest, **host, "tlb": machine.tlb}


def build(case: Drawn, *, fast: bool, shift: int = 4, scheme: ShadowScheme | None = None) -> RealMachine:
    made = RealMachine(
        case.params, case.streams, case.vmm, case.tasks, case.connect, fast=fast, shift=shift, scheme=scheme
    )
    if case.notes and made.host is not None:
        made.host.debug_enable(["exits", "maps", "schedule"], 0, -1)
    return made


def differing(some: RealMachine, other: RealMachine, without: str = "") -> list[str]:
    """Names of the state in which two machines differ: all that a checkpoint holds, `without` one part."""
    found = []
    for (name, first), second in zip(parts(some).items(), parts(other).values(), strict=True):
        if name == without:
            continue
        one, two = first.save(), second.save()
        assert one.keys() == two.keys()
        found += [f"state of the {name}: {key}" for key in one if one[key] != two[key]]
    return found


def advance(machine: RealMachine, stop: int | None, random: Random) -> str:
    """Go on for so many references, in two slices: where they meet leaves no trace."""
    first = random.randint(0, stop or 500)
    reason = machine.run(first)
    if reason != "limit":
        return reason
    return machine.run(None if stop is None else stop - first)


def compared(mode: str, number: int) -> int:
    """One machine on both paths; its references."""
    random = Random(f"{mode} {number}")
    case = draw(mode, random)
    fast, plain = build(case, fast=True, shift=random.choice((1, 1, 2, 4))), build(case, fast=False)
    for stop in (*case.stops, None):
        assert advance(fast, stop, random) == plain.run(stop), f"case {number}"
        assert fast.stats() == plain.stats(), f"case {number}"
        if case.notes and fast.host is not None and plain.host is not None:
            assert fast.host.debug_drain() == plain.host.debug_drain(), f"case {number}"
    assert differing(fast, plain) == [], f"case {number}"
    return int(plain.stats()["core"]["references"])


@pytest.mark.parametrize("mode", ("native", *KVM))
def test_the_fast_path_leaves_the_same_machine_as_the_plain_one(mode: str) -> None:
    assert sum(compared(mode, number) for number in range(CASES)) > 1000 * CASES


@pytest.mark.parametrize("mode", ["e2", "e3b", "e4", "e5", "e6"])
def test_refills_in_one_go_leave_the_same_machine(mode: str) -> None:
    """Without micro-TLBs, with pages and slots enough that the handler's own pages mostly stay."""
    written = 0
    for number in range(3):
        random = Random(f"refills {mode} {number}")
        case = draw(mode, random)
        params = case.params | {"micro_i": 0, "micro_d": 0, "n": random.randint(24, 64), "g": random.randint(8, 24)}
        params |= {"hz": 1000, "watchdog": 1000, "host_page": 4096, "guest_page": 4096}
        records = [(0x100 + random.randrange(8), 0x300 + random.randrange(40), i % 2, 2, 20) for i in range(1500)]
        fast, plain = (
            RealMachine(params, [records], case.vmm, case.tasks, case.connect, fast=each) for each in (True, False)
        )
        for stop in (997, 20_011, None):
            assert fast.run(stop) == plain.run(stop), f"case {number}"
            assert fast.stats() == plain.stats(), f"case {number}"
            assert differing(fast, plain) == [], f"case {number}"
        written += int(fast.guest_tlb.read_stats()["tlbwe"])
    assert written > 1000


def missing_records(random: Random, pages: int, length: int) -> list[Record]:
    """Records that miss every few, of every order in which fetches and accesses can come; calm stretches between."""
    shapes = [(0, 1), (3, 0), (1, 1), (1, 2), (1, 7), (2, 5), (5, 2), (7, 7), (9, 1), (12, 3), (2, 2), (1, 0)]
    if random.random() < 0.6:  # all records begin with a fetch
        shapes = [(fetches, accesses) for fetches, accesses in shapes if fetches >= accesses]
    code = [0x300 + number for number in range(max(1, pages // 3))] + [0x10000]
    data = [0x200, 0x301, *(random.choice((0x20000, 0x20400, 0x7FE00)) + number for number in range(pages))]
    if random.random() < 0.3:  # which records without accesses name too
        random.choice((code, data))[0] = 0
    if random.random() < 0.2:  # the kernel's: one is held for ever, the other's refill is another
        random.choice((code, data)).append(random.choice((0xC0010, 0xD0000)))
    made: list[Record] = []
    idle = random.random() < 0.2  # pages of data are named where there is no access
    while len(made) < length:
        few = random.random() < 0.2
        near = (random.sample(code, 1), random.sample(data, 2)) if few else (code, data)
        for _ in range(random.randint(1, 200 if few else 60)):
            fetches, accesses = random.choice(shapes)
            datum = random.choice(near[1]) if accesses or idle else 0
            made.append((random.choice(near[0]), datum, random.randint(0, 1) if accesses else 0, accesses, fetches))
    return made


def compared_with_misses(entries: int, number: int) -> int:
    """The bare machine with pages of 4 KiB: where a refill may take the slot of its own record's other page, where
    frames run out, where an event, a process or a slice ends in between. Returns its misses."""
    random = Random(f"misses {entries} {number}")
    case = draw("native", random)
    every = {name: 0 for name in case.params if name.endswith("_every")}
    params = case.params | every | {"micro_i": 0, "micro_d": 0, "n": entries, "guest_page": 4096, "watchdog": 1000}
    params |= {"era": "2.6.29", "io_every": random.choice((0, 977, 20_011)), "quantum": random.choice((0, 1201))}
    params |= {"page_flush_every": random.choice((0, 3001)), "flush_every": random.choice((0, 9001))}
    if random.random() < 0.3:
        params["guest_memory"] = 0x0100_0000 + random.randint(8, 24) * 4096
    pages = random.randint(2, 2 * entries)
    streams = [missing_records(random, pages, 900) for _ in range(random.choice((1, 1, 3)))]
    shift = number % 3 + 2
    fast, plain = RealMachine(params, streams, shift=shift), RealMachine(params, streams, fast=False)
    ends, done = list(accumulate(fetches + accesses for *_, accesses, fetches in streams[0])), 0
    reason = "limit"
    while reason == "limit":
        # Of one stream mostly to the end of a block, up to which misses are within the pass.
        stop = random.choice((1, 3, random.randint(1, 900), 4_000))
        if len(streams) == 1 and done < ends[-1] and random.random() < 0.8:
            block = (bisect_right(ends, done) + stop // 16) >> shift
            stop = max(1, ends[min((block + 1) << shift, len(ends)) - 1] - done)
        assert (reason := plain.run(stop)) == fast.run(stop), f"case {number}"
        assert fast.stats() == plain.stats(), f"case {number}"
        assert differing(fast, plain, without="guest") == [], f"case {number}"
        done += stop
    assert differing(fast, plain) == [], f"case {number}"
    return int(sum(plain.stats()["core"]["misses"]))


@pytest.mark.parametrize("entries", [3, 4, 5, 8, 16, 40])
def test_misses_within_the_pass_leave_the_same_machine(entries: int) -> None:
    assert sum(compared_with_misses(entries, number) for number in range(8)) > 1000


@pytest.mark.parametrize("shift", [2, 3])
def test_the_program_counter_behind_a_pass_is_that_of_its_last_fetch_or_refill(shift: int) -> None:
    """One pass to the end of a block, whose last record may miss at its last fetch, behind it, or at one before."""
    random = Random(f"program counter {shift}")
    params = draw("native", random).params | {"micro_i": 0, "micro_d": 0, "guest_page": 4096, "quantum": 0}
    params |= {"era": "2.6.29", "watchdog": 1000} | {name: 0 for name in params if name.endswith("_every")}
    counters = set()
    for _ in range(150):
        shapes = random.choice((((1, 1), (2, 2)), ((1, 0), (1, 1), (2, 2), (3, 2)), ((2, 2), (1, 2), (0, 1), (9, 1))))
        records = [
            (0x300 + random.randrange(3), (0x400 + random.randrange(4)) * (n > 0), i % 2 * (n > 0), n, m)
            for i in range(40 << shift)
            for m, n in (random.choice(shapes),)
        ]
        params["n"] = random.randint(4, 6)
        fast, plain = (RealMachine(params, [records], fast=each, shift=shift) for each in (True, False))
        stop = sum(m + n for *_, n, m in records[: random.randint(2, 40) << shift])
        assert fast.run(stop) == plain.run(stop)
        assert differing(fast, plain, without="guest") == []
        counters.add(plain.core.save()["pc"])
    assert len(counters) > 2


@pytest.mark.parametrize("mode", ["native", "e4"])
def test_what_a_pass_has_found_out_ends_when_an_entry_is_written_by_hand(mode: str) -> None:
    """Pages that all fit, so that nothing else changes the TLB; a stop is mostly within a block that is held."""
    random = Random(f"by hand {mode}")
    case = draw(mode, random)
    params = case.params | {"micro_i": 0, "micro_d": 0, "n": 24, "guest_page": 4096, "quantum": 0}
    params |= {"era": "2.6.29", "watchdog": 1000} | {name: 0 for name in params if name.endswith("_every")}
    records = [(0x300 + i // 7 % 4, 0x400 + i * i % 9, i % 2, 1 + i % 3, 1 + i % 4) for i in range(6000)]
    fast, plain = (
        RealMachine(params, [records], case.vmm, case.tasks, fast=each, shift=2) for each in (True, False)
    )  # fmt: skip
    reason = "limit"
    while reason == "limit":
        stop = random.randint(1, 300)
        assert (reason := plain.run(stop)) == fast.run(stop)
        assert fast.stats() == plain.stats()
        slot = random.randrange(params["n"] - 1)
        fast.tlb.clear(slot)
        plain.tlb.clear(slot)
    assert differing(fast, plain) == []
    assert sum(plain.stats()["core"]["misses"]) > 50


def test_a_cycle_limit_ends_a_run_of_misses_at_the_same_reference() -> None:
    """With one the refills are taken one by one."""
    random = Random("cycle limit")
    params = draw("native", random).params | {"micro_i": 0, "micro_d": 0, "n": 6, "guest_page": 4096, "quantum": 0}
    params |= {"era": "2.6.29", "watchdog": 1000} | {name: 0 for name in params if name.endswith("_every")}
    records = missing_records(random, 12, 2000)
    fast, plain = (RealMachine(params, [records], fast=each) for each in (True, False))
    limit, reason = 0, CYCLE_LIMIT
    while reason == CYCLE_LIMIT:
        reason, _ = fast.core.advance(-1, limit := limit + 5_003)
        assert plain.core.advance(-1, limit)[0] == reason
        assert differing(fast, plain, without="guest") == [], limit
    assert limit > 50_000 and differing(fast, plain) == []


def long_records(micro: int, records: list[Record], io_every: int, *, fast: bool) -> RealMachine:
    """A bare machine on records of one page of code and one of data."""
    drawn = draw("native", Random("long records"))
    params = {name: 0 if name.endswith("_every") else value for name, value in drawn.params.items()}
    params |= {"n": 64, "quantum": 0, "micro_i": micro // 2, "micro_d": micro, "io_every": io_every}
    return RealMachine(params, [records], fast=fast)


@pytest.mark.parametrize("micro", [0, 1, 8])
@pytest.mark.parametrize("accesses", [0, 1, 7, 20_000, 65_535])
def test_a_record_is_passed_over_within_as_one_by_one(micro: int, accesses: int) -> None:
    """Slices, events and penalties end inside of records."""
    random = Random(f"{micro} {accesses}")
    records = [(0x100, 0x200, i % 2, accesses, random.choice((1, 19_000, 70_000))) for i in range(3)]
    fast, plain = (long_records(micro, records, 7_919, fast=each) for each in (True, False))
    while (reason := plain.run(stop := random.randint(1, 60_000))) == "limit":
        assert fast.run(stop) == reason
        assert fast.stats() == plain.stats()
        assert differing(fast, plain) == []
    assert fast.run(stop) == reason
    assert differing(fast, plain) == []


@pytest.mark.parametrize("micro", [0, 8])
def test_slices_of_a_long_record_leave_no_trace(micro: int) -> None:
    """Taken one by one, 10^9 references would last for seconds."""
    records = [(0x100, 0x200, 0, 100, 300_000_000)] * 3
    some, other = (long_records(micro, records, 10**7, fast=True) for _ in range(2))
    assert some.run(None) == "end"
    while other.run(2_000_003) == "limit":
        pass
    assert differing(some, other) == []
    assert some.stats()["core"]["references"] == 900_000_300


class Listening(RunningScheme):
    """E4, with an answer of its own at each guest entry and for each choice of a slot."""

    def choose(self, index: int, ea: int) -> int:
        return (self.next_slot() + index) % (self.last + 1)

    def on_enter(self) -> None:
        self.charge(3)


class Choosing(RunningScheme):
    """E4, with slots of its own, and nothing to do at an entry."""

    def choose(self, index: int, ea: int) -> int:
        return (index + (ea >> 12)) % (self.last + 1)


class ListeningScheme(PythonScheme):
    running = Listening


class ChoosingScheme(PythonScheme):
    running = Choosing


@pytest.mark.parametrize("scheme", [ListeningScheme, ChoosingScheme])
def test_schemes_in_python_count_the_same_on_both_paths(scheme: type[PythonScheme]) -> None:
    """Their state is their own, so all peers but the host are compared by state."""
    for number in range(10):
        random = Random(f"python {number}")
        case = draw("e4", random)
        fast, plain = (build(case, fast=each, scheme=scheme()) for each in (True, False))
        for stop in (*case.stops, None):
            assert advance(fast, stop, random) == plain.run(stop), f"case {number}"
            assert fast.stats() == plain.stats(), f"case {number}"
        assert differing(fast, plain, without="host") == [], f"case {number}"
