# SPDX-License-Identifier: BSD-3-Clause
"""A million events against the twins: long random lives of a machine under every scheme, from first map to teardown.

The property tests beside this one are short and shrink; this one is long, so that FIFOs wrap many times, references go
stale and are met again, and hardware PIDs run out. An event is what a scheme hears of: an exit (a miss, a tlbwe, a
change of PID or privilege, another instruction), a miss of the host's, a put, a sweep.
"""

from __future__ import annotations

import random
from dataclasses import asdict
from typing import Any

import pytest

from simobjects import HostKernel
from tests.helpers.labels import by_label
from tests.property.event_strategies import HOST_PAGES, KERNEL_PAGES, REAL_PAGES, SIZES, USER_PAGES, Event
from tests.property.machine_strategies import ARRAY_SCHEMES, SCHEMES, MachineCase
from tests.property.test_scheme_events import Pair, dropped
from tests.reference.settings import Costs
from tests.reference.tlb import SPACE, VALID

EVENTS = 1_000_000
EACH = -(-EVENTS // len(SCHEMES))
LIFE = 1500
"""Steps of one machine; a step is several events."""
COSTS = asdict(Costs(exit_esr=3, flush_page_hit=14, c_queue=19, scan_shadow=17))
"""Different wherever a mix-up could hide."""
BETWEEN_CHECKS = 100


def words(pick: random.Random) -> tuple[int, int, int]:
    valid = VALID if pick.random() < 0.85 else 0
    space = SPACE if pick.random() < 0.1 else 0
    word0 = pick.choice(USER_PAGES) | pick.choice(SIZES) << 4 | valid | space
    return (word0, pick.choice(REAL_PAGES), pick.choice((0x3F, 0x2D, pick.randrange(0xFFC0))))


def host_touch(pick: random.Random) -> Event:
    return ("host touch", pick.randrange(4), pick.choice(HOST_PAGES), pick.random() < 0.5, pick.random() < 0.8)


def step(pick: random.Random) -> Event:
    """The next step of a life. TID 0 is left to the short tests: a user's access through it ends the run."""
    kind = pick.randrange(100)
    tid = pick.choice((1, 1, 1, 2, 2, 3, 255))
    if kind < 45:
        return ("touch", pick.choice(USER_PAGES), pick.choice((0, 0, 0xFFC)), pick.randrange(3))
    if kind < 52:
        return ("kernel touch", pick.choice(KERNEL_PAGES), 0, pick.randrange(2))
    if kind < 62:
        return ("entry", pick.randrange(64), words(pick), tid, pick.choice(((1, 0, 2), (0, 1, 2), (1, 2, 0))))
    if kind < 68:
        return ("word", pick.randrange(64), pick.randrange(3), words(pick), tid)
    if kind < 73:
        return ("pid", pick.choice((1, 1, 2, 2, 3, 255)))
    if kind < 83:
        return ("privilege", pick.random() < 0.7)
    if kind < 91:
        return host_touch(pick)
    if kind < 94:
        return ("away", [host_touch(pick) for _ in range(pick.randrange(4))])
    if kind < 97:
        return (pick.choice(("mfspr", "mtmsr", "system call", "put", "load", "enter", "flush all")),)
    if kind < 99:
        return ("flush page", pick.randrange(4), pick.choice(HOST_PAGES))
    return ("index", pick.randrange(64))


def machine(scheme: str, pick: random.Random) -> MachineCase:
    """Small arrays, so that everything happens often, or the 440's."""
    least = 3 if scheme in (*ARRAY_SCHEMES, "magic_page") else 2
    params: dict[str, Any] = {
        "mode": scheme,
        "n": pick.choice((least, least + 1, 5, 6, 8, 8, 12, 64)),
        "g": pick.choice((3, 4, 8, 16)),
        "memory": 256 << 20,
        "clock_hz": 400_000_000,
        "hz": 1,
        "early_debug": False,
        "guest_memory": 64 << 20,
        "quantum": 0,
        "watchdog": 20,
        "signal_every": 0,
        "interrupt_pages": 0,
        "tasks": [],
        "host_page": pick.choice((4096, 4096, 16384, 65536)),
        "micro_i": 0,
        "micro_d": pick.choice((0, 2)),
        "flush": pick.choice(("walk", "once")),
        "duplicates": pick.choice(("lowest", "drop_older")),
        "hardware_pids": pick.choice((2, 3, 5, 255)),
        "vmm": {"instructions": 1},
        "costs": COSTS,
    }
    idle = [(0x10000, 0, 0, 0, 1)]
    return MachineCase(params, [idle], idle, [], [])


def heard(stats: dict[str, Any]) -> int:
    host = stats["host"]
    return int(sum(host["exits_by_kind"]) + sum(host["host_misses"]) + host["puts"] + host["sweeps"])


def live_and_die(scheme: str, pick: random.Random) -> int:
    """One machine's life; how many events it had."""
    pair = Pair(machine(scheme, pick))
    for number in range(LIFE):
        pair.play(step(pick))
        if number % BETWEEN_CHECKS == 0:
            pair.check()
        if pair.ended:
            break
    pair.check()
    events = heard(pair.real.stats())
    for _ in range(2):
        pair.real_host.teardown()
        pair.host.teardown()
        pair.check()
        stats = pair.real.stats()["host"]
        assert stats["pages_taken"] == dropped(stats)
        exits = by_label(HostKernel, stats, "exits_by_kind")
        assert sum(stats["virt_miss_causes"]) == exits["itlb_v"] + exits["dtlb_v"]
    return events


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_million_events_in_all(scheme: str) -> None:
    pick = random.Random(f"many events of {scheme}")
    events = lives = 0
    while events < EACH:
        events += live_and_die(scheme, pick)
        lives += 1
        assert lives < 500, "machines die before anything happens"
