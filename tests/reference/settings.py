# SPDX-License-Identifier: BSD-3-Clause
"""The parameters of a twin machine, typed; the names of the costs are those of docs/model.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

MEBIBYTE = 1 << 20
PIN_BYTES = 256 * MEBIBYTE
"""One pinned entry of a Linux kernel."""


@dataclass(frozen=True)
class Costs:
    """Instructions on the host, latencies in cycles, CPI in thousandths."""

    guest_cpi_milli: int = 1000
    host_cpi_milli: int = 1000
    micro_miss: int = 3
    interrupt_latency: int = 10
    rfi_latency: int = 10
    tlbwe_latency: int = 2
    spr_latency: int = 2
    tlbsx_latency: int = 4
    isync_latency: int = 7
    device_latency: int = 100
    iccci: bool = False
    iccci_refill: int = 0
    exit_stub: int = 11
    exit_common: int = 42
    exit_inst_copy: int = 26
    exit_dear: int = 2
    exit_esr: int = 2
    c_dispatch: int = 60
    c_deliver: int = 60
    resume_guest: int = 6
    resume_guest_nv: int = 23
    search_entry: int = 13
    search_hit: int = 20
    c_queue: int = 20
    c_emulate: int = 100
    c_hand_on: int = 0
    c_tlbwe: int = 40
    c_tick: int = 3000
    c_map: int = 530
    c_release: int = 90
    resume_host: int = 7
    resume_host_nv: int = 24
    heavy_block: int = 39
    c_to_user: int = 300
    c_ioctl: int = 400
    full_entry: int = 41
    flush_once: int = 12
    flush_page_hit: int = 12
    flush_page_miss: int = 9
    e3b_entry: int = 100
    e3b_visit: int = 5
    e3b_write: int = 10
    e4_entry: int = 50
    e0_entry: int = 62
    e0_slot: int = 19
    e1_entry: int = 61
    e1_slot: int = 11
    e6_visit: int = 5
    e6_save: int = 12
    write_entry: int = 6
    release_write: int = 1
    scan_entry: int = 7
    scan_shadow: int = 16
    host_miss_data: int = 55
    host_miss_inst: int = 53
    host_miss_kernel: int = 54
    host_miss_kernel_inst: int = 52
    host_fault: int = 40
    c_page_fault: int = 2000
    c_switch: int = 800

    def emulation(self, operation: str) -> int:
        """Decoding and emulating an instruction, before what it does."""
        return self.c_emulate + (0 if operation in ("mtspr", "mfspr") else self.c_hand_on)


@dataclass(frozen=True)
class TurnSettings:
    """A host task, or the VMM (whose `every` is not used)."""

    instructions: int
    flush_every: int = 0
    page_flush_every: int = 0
    fault_every: int = 0
    every: int = 0


@dataclass(frozen=True)
class Settings:
    """A whole machine; sizes in bytes, frequencies in Hz."""

    mode: Literal[
        "native",
        "e0",
        "e1",
        "e2",
        "e3",
        "e3b",
        "e4",
        "e5",
        "e6",
        "flush_once",
        "tagged",
        "large_pages",
        "spare_host",
        "wide_guest",
        "magic_page",
    ]
    n: int
    memory: int
    g: int = 64
    clock_hz: int = 400_000_000
    hz: int = 250
    host_page: int = 4096
    early_debug: bool = False
    guest_memory: int = 64 * MEBIBYTE
    quantum: int = 0
    io_every: int = 0
    syscall_every: int = 0
    timer_every: int = 0
    flush_every: int = 0
    page_flush_every: int = 0
    idle_every: int = 0
    idle_cycles: int = 0
    era: Literal["2.6.29", "6.1"] = "2.6.29"
    kuap: bool = True
    guest_page: int = 4096
    driver_code: int = 0xC0040000
    watchdog: int = 1000
    micro_i: int = 0
    micro_d: int = 0
    signal_every: int = 0
    interrupt_pages: int = 0
    interrupt_code_pages: int = 0
    flush: Literal["walk", "once"] = "walk"
    hardware_pids: int = 255
    patience: int = 4096
    """Of spare_host."""
    largest: int = 256 * MEBIBYTE
    """Of large_pages: bytes of a shadow, at most."""
    """That the tagged scheme may use."""
    duplicates: Literal["lowest", "drop_older", "stop"] = "lowest"
    vmm: TurnSettings = field(default_factory=lambda: TurnSettings(0))
    tasks: tuple[TurnSettings, ...] = ()
    costs: Costs = field(default_factory=Costs)

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Settings:
        """From plain nested dicts; an unknown name is a TypeError that names it."""
        plain = dict(params)
        vmm = TurnSettings(**plain.pop("vmm", {"instructions": 0}))
        tasks = tuple(TurnSettings(**task) for task in plain.pop("tasks", ()))
        costs = Costs(**plain.pop("costs", {}))
        if plain["mode"] == "flush_once":
            plain["flush"] = "once"
        return cls(**plain, vmm=vmm, tasks=tasks, costs=costs)

    @property
    def native(self) -> bool:
        return self.mode == "native"

    @property
    def pinned(self) -> int:
        """Slots at the top that the host's kernel pins."""
        further = max(0, -(-self.memory // PIN_BYTES) - 1)
        return 1 + further + (1 if self.early_debug else 0)

    @property
    def hwater(self) -> int:
        """H: the last slot that the host replaces."""
        return self.n - 1 - self.pinned - (self.mode == "magic_page")

    @property
    def guest_entries(self) -> int:
        """Entries of the TLB that the guest manages."""
        return self.n if self.native else self.g

    @property
    def guest_ram(self) -> int:
        """Bytes of memory that the guest has."""
        return self.memory if self.native else self.guest_memory

    @property
    def tick_period(self) -> int:
        """Thousandths of a cycle between host timer ticks."""
        return self.clock_hz * 1000 // self.hz
