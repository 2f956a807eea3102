# SPDX-License-Identifier: BSD-3-Clause
"""Hypothesis strategies for whole machines: small arrays, few pages, and everything that can happen happening often.

The bounds keep every machine live.  A tick's period is longer than the longest tick can take (else time would never
pass in the guest), E3b has the two replaceable slots that it needs, and user pages lie below the kernel's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Record = tuple[int, int, int, int, int]

ARRAY_SCHEMES = ("e0", "e1", "e2", "e3", "e3b")
WHAT_IFS = ("flush_once", "tagged", "large_pages", "spare_host", "wide_guest", "magic_page")
SCHEMES = (*ARRAY_SCHEMES, "e4", "e5", "e6", *WHAT_IFS)
MODES = ("native", *SCHEMES)
HOST_PAGES = (4096, 16384, 65536)
MEBIBYTE = 1 << 20

CODE_PAGES = (0x10000, 0x10001, 0x10004, 0x10200)
DATA_PAGES = (0x20000, 0x20001, 0x20003, 0x20010, 0x20011, 0x30000, 0x7FFFF, 0x10000)
"""A few pages within and across 16 and 64 KiB pages and page-table pages, one of them code as well."""


@dataclass(frozen=True)
class MachineCase:
    """All that a twin, or the real machine, is made of."""

    params: dict[str, Any]
    streams: list[list[Record]]
    vmm_stream: list[Record]
    task_streams: list[list[Record]]
    stops: list[int]
    """References to run for before each stop; after the last, to the end."""
    last: int | None = None
    """References to run for after the last stop; None: to the end."""


def records(pages: tuple[int, ...] = DATA_PAGES) -> st.SearchStrategy[Record]:
    """One record; also of fetches only, and of accesses without a fetch. One number says all of it: a machine has
    hundreds of records, and a draw costs more than what the machine does with it. 0 is the simplest."""

    def spelt(number: int) -> Record:
        number, accesses = divmod(number, 9)
        number, fetches = divmod(number, 13)
        number, code = divmod(number, len(CODE_PAGES))
        store, data = divmod(number, len(pages))
        if accesses == 0:
            return (CODE_PAGES[code], 0, 0, 0, max(1, fetches))
        return (CODE_PAGES[code], pages[data], store, accesses, fetches)

    return st.integers(0, 9 * 13 * len(CODE_PAGES) * len(pages) * 2 - 1).map(spelt)


@st.composite
def streams(draw: st.DrawFn, most: int = 20, least: int = 0) -> list[Record]:
    """A process's stream of so many records; a loop, so that pages come back while they are still in the TLB."""
    # Three pages stay in the TLB together and still replace one another in a micro-TLB of two.
    pages = draw(st.sampled_from((DATA_PAGES, DATA_PAGES[:3])))
    return draw(st.lists(records(pages), min_size=least, max_size=most)) * draw(st.integers(1, 4))


@st.composite
def host_streams(draw: st.DrawFn) -> list[Record]:
    """A stream of a task or of the VMM; it has a fetch, or a turn would never end."""
    return [*draw(streams(8)), (draw(st.sampled_from(CODE_PAGES)), 0, 0, 0, draw(st.integers(1, 5)))]


@st.composite
def costs(draw: st.DrawFn) -> dict[str, Any]:
    """Costs all different where a mix-up could hide; the host's paths stay short so that ticks can come often."""
    small = st.integers(0, 9)
    return {
        "guest_cpi_milli": draw(st.sampled_from((1000, 1250, 1777))),
        "host_cpi_milli": draw(st.sampled_from((1000, 1333))),
        "micro_miss": draw(st.integers(0, 3)),
        "interrupt_latency": draw(small),
        "rfi_latency": draw(small),
        "tlbwe_latency": draw(small),
        "spr_latency": draw(small),
        "tlbsx_latency": draw(small),
        "isync_latency": draw(small),
        "device_latency": draw(st.integers(0, 50)),
        "iccci": draw(st.booleans()),
        "iccci_refill": draw(small),
        "exit_stub": 11, "exit_common": 42, "exit_inst_copy": 26, "exit_dear": 2, "exit_esr": 3,
        "c_dispatch": draw(st.integers(0, 60)), "c_deliver": 61, "resume_guest": 6, "resume_guest_nv": 23,
        "search_entry": 13, "search_hit": 20, "c_queue": 19, "c_emulate": draw(st.integers(0, 100)),
        "c_hand_on": draw(st.sampled_from((0, 7))), "c_tlbwe": 40,
        "c_tick": draw(st.integers(0, 3000)), "c_map": draw(st.integers(0, 600)), "c_release": 90,
        "resume_host": 7, "resume_host_nv": 24, "heavy_block": 39, "c_to_user": 300, "c_ioctl": 400,
        "full_entry": 41, "flush_once": 12, "flush_page_hit": 14,
        "flush_page_miss": 9, "e3b_entry": 100, "e3b_visit": 5, "e3b_write": 10, "e4_entry": 50,
        "e0_entry": 62, "e0_slot": 19, "e1_entry": 61, "e1_slot": 11, "e6_visit": 5, "e6_save": 12,
        "write_entry": 6, "release_write": 1,
        "scan_entry": 7, "scan_shadow": 17, "host_miss_data": 55, "host_miss_inst": 53, "host_miss_kernel": 54,
        "host_miss_kernel_inst": 52, "host_fault": 40, "c_page_fault": draw(st.integers(0, 300)),
        "c_switch": draw(st.integers(0, 800)),
    }  # fmt: skip


def turns(every: bool) -> st.SearchStrategy[dict[str, int]]:
    """What a task (or the VMM, which has no `every`) does in a turn."""
    fields = {
        "instructions": st.integers(1, 30),
        "flush_every": st.integers(0, 3),
        "page_flush_every": st.integers(0, 2),
        "fault_every": st.integers(0, 3),
    }
    if every:
        fields["every"] = st.integers(1, 3)
    return st.fixed_dictionaries(fields)


def entries(mode: str, memory: int, early_debug: bool) -> st.SearchStrategy[int]:
    """Hardware entries with which the machine can work, at most 12 (natively G - 2 >= 0, an array H >= 1)."""
    pinned = 1 if mode == "native" else -(-memory // (256 * MEBIBYTE)) + early_debug
    least = pinned + (2 if mode in (*ARRAY_SCHEMES, "magic_page") else 1)
    return st.integers(max(3, least), 12)


@st.composite
def guests(draw: st.DrawFn) -> dict[str, Any]:
    """The guest's kernel: half of them the default one without further events."""
    if draw(st.booleans()):
        return {}
    rare = st.sampled_from((0, 0, 13, 50))
    return {
        "era": draw(st.sampled_from(("2.6.29", "6.1"))),
        "kuap": draw(st.booleans()),
        "guest_page": draw(st.sampled_from((4096, 16384, 65536))),
        "driver_code": draw(st.sampled_from((0xC0040000, 0xD2345000))),
        "syscall_every": draw(rare),
        "timer_every": draw(rare),
        "flush_every": draw(rare),
        "page_flush_every": draw(st.sampled_from((0, 5, 17))),
        "idle_every": draw(rare),
        "idle_cycles": draw(st.sampled_from((0, 100, 50_000))),
    }


@st.composite
def machines(
    draw: st.DrawFn, modes: tuple[str, ...] = MODES, least: int = 0, idle: list[Record] | None = None
) -> MachineCase:
    """A machine with its streams, each of at least so many records; or with this one for its guest."""
    mode = draw(st.sampled_from(modes))
    memory = draw(st.sampled_from((256, 512, 768))) * MEBIBYTE
    early_debug = draw(st.booleans())
    tasks = draw(st.lists(turns(every=True), max_size=2))
    micro = st.sampled_from((0, 1, 2, 2, 4))
    params: dict[str, Any] = {
        "mode": mode,
        "n": draw(entries(mode, memory, early_debug)),
        "g": draw(st.integers(3, 12)),
        "memory": memory,
        "clock_hz": 400_000_000,
        # 13k to 400k cycles a period; the longest tick with two tasks is below 13k with these costs and arrays.
        "hz": draw(st.sampled_from((1000, 4000, 7001, 10_000, 30_000))),
        "host_page": draw(st.sampled_from(HOST_PAGES)),
        "early_debug": early_debug,
        "guest_memory": 64 * MEBIBYTE,
        "quantum": draw(st.sampled_from((0, 1, 7, 40, 100))),
        "io_every": draw(st.sampled_from((0, 9, 30, 80))),
        **draw(guests()),
        # Each reference of a live machine hits within a few look-ups; the small value makes some runs end early.
        "watchdog": draw(st.sampled_from((1000, 1000, 1000, 1000, 2))),
        "micro_i": draw(micro),
        "micro_d": draw(micro),
        "signal_every": draw(st.integers(0, 3)),
        "interrupt_pages": draw(st.integers(0, 3)),
        "interrupt_code_pages": draw(st.integers(0, 2)),
        "flush": draw(st.sampled_from(("walk", "once"))),
        "patience": draw(st.sampled_from((0, 1, 2, 5, 4096))),
        "largest": draw(st.sampled_from((4096, 64 << 10, 1 << 20, 256 << 20))),
        "hardware_pids": draw(st.sampled_from((2, 3, 4, 255))),
        "duplicates": draw(st.sampled_from(("lowest", "lowest", "lowest", "drop_older", "drop_older", "stop"))),
        "vmm": draw(turns(every=False)),
        "tasks": tasks,
        "costs": draw(costs()),
    }
    return MachineCase(
        params=params,
        streams=[idle] if idle else draw(st.lists(streams(least=least), min_size=1, max_size=3)),
        vmm_stream=draw(host_streams()),
        task_streams=[draw(host_streams()) for _ in tasks],
        stops=draw(st.lists(st.integers(1, 60), max_size=3)),
        # A guest that switches at every instruction does the same again and again; a hundred times are enough.
        last=100 * params["quantum"] if params["quantum"] else None,
    )
