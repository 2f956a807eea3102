# SPDX-License-Identifier: BSD-3-Clause
"""Every event of every kernel in one run: the compiled guest and its twin agree, and nothing is left out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.real_machine import RealMachine
from tests.property.machine_strategies import MachineCase
from tests.property.test_machine_twin import agree

COSTS = {
    "guest_cpi_milli": 1000, "host_cpi_milli": 1000, "micro_miss": 3, "interrupt_latency": 7, "rfi_latency": 5,
    "tlbwe_latency": 2, "spr_latency": 1, "tlbsx_latency": 4, "isync_latency": 6, "device_latency": 40,
    "iccci": True, "iccci_refill": 9, "exit_stub": 11, "exit_common": 42, "exit_inst_copy": 26, "exit_dear": 2,
    "exit_esr": 3, "c_dispatch": 60, "c_deliver": 61, "resume_guest": 6, "resume_guest_nv": 23, "search_entry": 13,
    "search_hit": 20, "c_queue": 19, "c_emulate": 100, "c_hand_on": 15, "c_tlbwe": 40, "c_tick": 900, "c_map": 530,
    "c_release": 90, "resume_host": 7, "resume_host_nv": 24, "heavy_block": 39, "c_to_user": 300, "c_ioctl": 400,
    "full_entry": 41, "flush_once": 12, "flush_page_hit": 14, "flush_page_miss": 9, "e3b_entry": 100,
    "e3b_visit": 5, "e3b_write": 10, "e4_entry": 50, "e0_entry": 62, "e0_slot": 19, "e1_entry": 61, "e1_slot": 11,
    "e6_visit": 5, "e6_save": 12, "write_entry": 6, "release_write": 1, "scan_entry": 7, "scan_shadow": 17,
    "host_miss_data": 55, "host_miss_inst": 53, "host_miss_kernel": 54, "host_miss_kernel_inst": 52,
    "host_fault": 40, "c_page_fault": 2000, "c_switch": 800,
}  # fmt: skip


def case(mode: str, era: str, kuap: bool, page: int) -> MachineCase:
    params: dict[str, Any] = {
        "mode": mode, "n": 12, "g": 8, "memory": 256 << 20, "clock_hz": 400_000_000, "hz": 1000, "host_page": 4096,
        "early_debug": False, "guest_memory": 64 << 20, "quantum": 90, "io_every": 31, "era": era, "kuap": kuap,
        "guest_page": page, "driver_code": 0xD234_5000, "syscall_every": 17, "timer_every": 29, "flush_every": 67,
        "page_flush_every": 13, "idle_every": 41, "idle_cycles": 3_000, "watchdog": 1000, "micro_i": 2, "micro_d": 4,
        "signal_every": 0, "interrupt_pages": 1, "flush": "walk", "vmm": {"instructions": 5}, "tasks": [],
        "costs": COSTS,
    }  # fmt: skip
    stream = [(0x10000 + i % 3, 0x20000 + i * 5 % 7, i & 1, 2, 9) for i in range(24)]
    return MachineCase(params, [stream, stream[5:]], [(0x10000, 0x20000, 0, 1, 5)], [], [60])


@pytest.mark.parametrize("mode", ["native", "e0", "e3b", "e4", "e6"])
@pytest.mark.parametrize(
    ("era", "kuap", "page"), [("2.6.29", False, 4096), ("6.1", False, 16384), ("6.1", True, 65536), ("6.1", True, 4096)]
)
def test_all_events_at_once(mode: str, era: str, kuap: bool, page: int) -> None:
    made = case(mode, era, kuap, page)
    agree(made)
    machine = RealMachine(made.params, made.streams, made.vmm_stream, made.task_streams)
    machine.run()
    counts = machine.stats()["guest"]
    for name in ("switches", "ios", "syscalls", "timers", "flushes", "page_flushes", "idles"):
        assert counts[name] > 0, name
    assert all(counts["refills"])
