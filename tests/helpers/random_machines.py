# SPDX-License-Identifier: BSD-3-Clause
"""Whole machines from a seed, cheaply: for tests that need many of them and compare two ways of running each.

`tests.property.machine_strategies` makes the same kind of machine for Hypothesis, which finds the smallest that fails;
these have longer streams, in which pages come back.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

Record = tuple[int, int, int, int, int]

ARRAYS = ("e0", "e1", "e2", "e3", "e3b")
KVM = (*ARRAYS, "e4", "e5", "e6", "flush_once", "tagged", "large_pages", "spare_host", "wide_guest", "magic_page")
CODE = (0x10000, 0x10001, 0x10004, 0x10200)
DATA = (0x20000, 0x20001, 0x20003, 0x20010, 0x20011, 0x30000, 0x7FFFF, 0x10000)


@dataclass(frozen=True)
class Drawn:
    """All that `RealMachine` is made of, and where its run stops."""

    params: dict[str, Any]
    streams: list[list[Record]]
    vmm: list[Record]
    tasks: list[list[Record]]
    stops: list[int]
    connect: dict[str, Any]
    """Further parameters of `HostKernel.connect`."""
    notes: bool
    """Whether debug notes are taken: then each exit is looked at."""


def stream(random: Random, most: int) -> list[Record]:
    """A loop over a few records, each time a little changed; sometimes a record of very many references."""
    data = random.choice((DATA, DATA[:3], DATA[:1]))
    code = random.choice((CODE, CODE[:2], CODE[:1]))

    def record() -> Record:
        fetches, accesses = random.choice(((0, 1), (3, 0), (1, 1), (5, 2), (2, 7), (12, 3), (7, 7), (40, 9)))
        if random.random() < 0.01:
            fetches, accesses = random.choice(((2000, 300), (1500, 0), (0, 900), (90, 2000)))
        if not accesses:
            return (random.choice(code), 0, 0, 0, fetches)
        return (random.choice(code), random.choice(data), random.randint(0, 1), accesses, fetches)

    body = [record() for _ in range(random.randint(1, 12))]
    made = []
    for _ in range(random.randint(1, most)):
        made += [record() if random.random() < 0.03 else one for one in body]
    return made


def host_stream(random: Random) -> list[Record]:
    """A stream that fetches, or a turn would never end."""
    return [*stream(random, 2), (random.choice(CODE), 0, 0, 0, random.randint(1, 5))]


def costs(random: Random) -> dict[str, Any]:
    """Costs that are all different where a mix-up could hide."""

    def small() -> int:
        return random.randint(0, 9)

    return {
        "guest_cpi_milli": random.choice((1000, 1000, 1250, 1777)), "host_cpi_milli": random.choice((1000, 1333)),
        "micro_miss": random.randint(0, 3), "interrupt_latency": small(), "rfi_latency": small(),
        "tlbwe_latency": small(), "spr_latency": small(), "tlbsx_latency": small(), "isync_latency": small(),
        "device_latency": random.randint(0, 50), "iccci": random.random() < 0.5, "iccci_refill": small(),
        "exit_stub": 11, "exit_common": 42, "exit_inst_copy": 26, "exit_dear": 2, "exit_esr": 3,
        "c_dispatch": random.randint(0, 60), "c_deliver": 61, "resume_guest": 6, "resume_guest_nv": 23,
        "search_entry": 13, "search_hit": 20, "c_queue": 19, "c_emulate": random.randint(0, 100),
        "c_hand_on": random.choice((0, 7)), "c_tlbwe": 40, "c_tick": random.randint(0, 3000),
        "c_map": random.randint(0, 600), "c_release": 90, "resume_host": 7, "resume_host_nv": 24, "heavy_block": 39,
        "c_to_user": 300, "c_ioctl": 400, "full_entry": 41, "flush_once": 12, "flush_page_hit": 14,
        "flush_page_miss": 9, "e3b_entry": 100, "e3b_visit": 5, "e3b_write": 10, "e4_entry": 50, "scan_entry": 7,
        "scan_shadow": 17, "host_miss_data": 55, "host_miss_inst": 53, "host_miss_kernel": 54,
        "host_miss_kernel_inst": 52, "host_fault": 40, "c_page_fault": random.randint(0, 300),
        "c_switch": random.randint(0, 800),
    }  # fmt: skip


def turns(random: Random) -> dict[str, int]:
    """What a task does in a turn."""
    return {
        "instructions": random.randint(1, 30),
        "flush_every": random.randint(0, 3),
        "page_flush_every": random.randint(0, 2),
        "fault_every": random.randint(0, 3),
        "every": random.randint(1, 3),
    }


def guest(random: Random) -> dict[str, Any]:
    """A guest's kernel, a third of them without events of their own but I/O."""
    if random.random() < 0.33:
        return {}
    rare = (0, 0, 13, 50, 400)
    return {
        "era": random.choice(("2.6.29", "6.1")),
        "kuap": random.random() < 0.5,
        "guest_page": random.choice((4096, 16384, 65536)),
        "driver_code": random.choice((0xC0040000, 0xD2345000)),
        **{f"{name}_every": random.choice(rare) for name in ("syscall", "timer", "flush", "idle")},
        "page_flush_every": random.choice((0, 5, 17, 300)),
        "idle_cycles": random.choice((0, 100, 50_000)),
    }


def draw(mode: str, random: Random) -> Drawn:
    """A machine of a mode: `native`, or one of KVM."""
    memory, early = random.choice((256, 512, 768)) << 20, random.random() < 0.5
    pinned = 1 if mode == "native" else (memory >> 28) + early
    least = max(3, pinned + (2 if mode in (*ARRAYS, "magic_page") else 1))
    tasks = [turns(random) for _ in range(random.randint(0, 2))]
    micro = (0, 0, 0, 1, 2, 4)
    params = {
        "mode": mode,
        "n": random.choice((random.randint(least, 12), random.randint(12, 40), random.randint(40, 80))),
        "g": random.choice((random.randint(3, 12), random.randint(12, 64))),
        "memory": memory,
        "clock_hz": 400_000_000,
        # The longest tick must end before the next is due, and it grows with the TLB: 13k to 400k cycles.
        "hz": random.choice((1000, 2000, 4000)),
        "host_page": random.choice((4096, 16384, 65536)),
        "early_debug": early,
        "guest_memory": 64 << 20,
        "quantum": random.choice((0, 1, 7, 40, 100, 3000)),
        "io_every": random.choice((0, 9, 30, 80, 2000)),
        **guest(random),
        "watchdog": random.choice((1000, 1000, 1000, 1000, 2)),
        "micro_i": random.choice(micro),
        "micro_d": random.choice(micro),
        "signal_every": random.randint(0, 3),
        "interrupt_pages": random.randint(0, 3),
        "interrupt_code_pages": random.randint(0, 2),
        "flush": random.choice(("walk", "once")),
        "patience": random.choice((0, 1, 2, 5, 4096)),
        "largest": random.choice((4096, 64 << 10, 1 << 20, 256 << 20)),
        "hardware_pids": random.choice((2, 3, 4, 255)),
        "duplicates": random.choice(("lowest", "lowest", "lowest", "drop_older", "stop")),
        "vmm": turns(random),
        "tasks": tasks,
        "costs": costs(random),
    }
    return Drawn(
        params,
        [stream(random, 60) for _ in range(random.choice((1, 1, 2, 3)))],
        host_stream(random),
        [host_stream(random) for _ in tasks],
        [random.choice((1, 7, 60, 400, 3000)) for _ in range(random.randint(0, 3))],
        {} if mode == "native" or random.random() < 0.6 else host(random),
        mode != "native" and random.random() < 0.1,
    )


def host(random: Random) -> dict[str, Any]:
    """What differs between the kernels of a host, and what they measure."""
    return {
        "exit_timing": random.choice((0, 0, 1, 2)),
        "timebase": random.choice((1000, 4000)),
        "era": {
            **{name: random.random() < 0.5 for name in ("late_syndrome", "exact_timer", "dec_clears", "helps")},
            "dis": random.choice((0, 1, 2)),
            "emulates": random.choice((0, 2, 3)),
        },
    }
