# SPDX-License-Identifier: BSD-3-Clause
"""The compiled machine from a twin's parameters: the same peers that SimObjects build, without the description side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from simobjects.cext.core.core import Core
from simobjects.cext.core.costs import Costs
from simobjects.cext.core.native import NativeVectors
from simobjects.cext.core.tlb import TLB
from simobjects.cext.guest.guest import Guest
from simobjects.cext.kvm.host import HostKernel
from simobjects.cext.kvm.host_probe import HostProbe
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.traces.blocks import SHIFT, Blocks, words_of
from simobjects.cext.traces.stream import TraceStream
from simobjects.framework import variants
from simobjects.guest.eras import ERAS
from simobjects.guest.kernel import BUILT_IN
from simobjects.guest.steps import Addresses
from simobjects.kvm.placement import hardware_pins, pin_host, pinned_slots
from simobjects.kvm.schemes import ShadowScheme
from simobjects.traces.columns import Columns

Record = tuple[int, int, int, int, int]
TYPES = (np.uint32, np.uint32, np.uint8, np.uint16, np.uint32)

LAYOUT = {
    "thread_base": 0xC040_0000,
    "stack_base": 0xC060_0000,
    "pgd_base": 0xC080_0000,
    "kernel_pgd": 0xC031_0000,
    "handler_code": 0xC000_0000,
    "index_variable": 0xC030_0000,
    "device_ea": 0xD100_0000,
    "device_word1": 0xEF60_0000,
    "device_word2": 0x507,
    "user_word2": 0x3F,
    "kernel_word2": 0x07,
}
SCHEME_PARAMETERS = {
    "tagged": {"hardware_pids": "pids"},
    "spare_host": {"patience": "patience"},
    "large_pages": {"largest": "largest"},
}
"""Parameters of the schemes' own, by what the twins call them."""
RATES = ("io", "syscall", "timer", "flush", "page_flush", "idle")
assert BUILT_IN, "importing the guest kernel makes its eras known"
FIXED_COSTS = {
    "write_entry": 6,
    "release_write": 1,
    "flush_base": 10,
    "flush_slot": 4,
    "e0_entry": 62,
    "e0_slot": 19,
    "e1_entry": 61,
    "e1_slot": 11,
    "e6_visit": 5,
    "e6_save": 12,
}
LATENCIES = (
    "micro_miss",
    "interrupt_latency",
    "rfi_latency",
    "tlbwe_latency",
    "spr_latency",
    "tlbsx_latency",
    "isync_latency",
    "device_latency",
    "iccci_refill",
)


def stream(records: Sequence[Record], shift: int = SHIFT) -> TraceStream:
    """A stream over records given as tuples, in blocks of 2^shift."""
    columns, words = _columns(tuple(records), shift)
    made = TraceStream(*columns)
    made.summarise(Blocks(np.frombuffer(words, np.uint32)))
    return made


@lru_cache(64)  # an idle guest's one record is that of a thousand machines
def _columns(records: tuple[Record, ...], shift: int) -> tuple[Columns, bytes]:
    columns = Columns(*(np.array(column, kind) for column, kind in zip(zip(*records, strict=True), TYPES, strict=True)))
    return columns, words_of(*columns, shift=shift)


class RealMachine:
    """As `tests.reference.machine.TwinMachine`, compiled."""

    def __init__(
        self,
        params: Mapping[str, Any],
        streams: Sequence[Sequence[Record]],
        vmm_stream: Sequence[Record] = (),
        task_streams: Sequence[Sequence[Record]] = (),
        connect: Mapping[str, Any] | None = None,
        *,
        fast: bool = True,
        shift: int = SHIFT,
        scheme: ShadowScheme | None = None,
    ) -> None:
        """`connect`: further parameters of `HostKernel.connect`; `shift`: of the blocks that the core passes over;
        `scheme`: in the place of the mode's."""
        self.given = scheme
        self.connect = connect or {}
        self.tlb, self.core, self.guest = TLB(params["n"]), Core(), Guest()
        self.host: HostKernel | None = None
        self.probe: HostProbe | None = None
        costs = self._costs(params)
        self.core.connect(
            self.tlb,
            costs,
            [stream(records, shift) for records in streams],
            micro_data=params["micro_d"],
            micro_inst=params["micro_i"],
            watchdog=params["watchdog"],
            fast=fast,
        )
        native = params["mode"] == "native"
        shift = params.get("guest_page", 4096).bit_length() - 1
        self.guest_tlb = managed = self.tlb if native else TLB(params["g"])
        self.guest.connect(
            self.core,
            managed,
            ERAS[params.get("era", "2.6.29")].script_list(
                Addresses(driver_code=params.get("driver_code", 0xC004_0000)), params.get("kuap", True)
            ),
            {**LAYOUT, "first_frame": 0x0100_0000 >> shift},
            processes=len(streams),
            quantum=params["quantum"],
            rates=[params.get(f"{name}_every", 0) for name in RATES],
            idle_time=params.get("idle_cycles", 0) * 1000,
            page_shift=shift,
            last_frame=params["guest_memory"] >> shift,
            native=native,
        )
        if native:
            self.core.attach(NativeVectors(self.core), self.guest)
        else:
            self.host = self._host(params, costs, managed, vmm_stream, task_streams)
            self.probe = HostProbe(self.host)
            self.core.attach(self.host, self.guest)
        self.core.begin()

    @staticmethod
    def _costs(params: Mapping[str, Any]) -> Costs:
        values = {**FIXED_COSTS, **params["costs"]}
        values["guest_cpi"], values["host_cpi"] = values.pop("guest_cpi_milli"), values.pop("host_cpi_milli")
        latencies = {name: values[name] * 1000 for name in LATENCIES}
        return Costs({**values, **latencies}, flush_in_one=params["flush"] == "once")

    def _host(
        self,
        params: Mapping[str, Any],
        costs: Costs,
        guest_tlb: TLB,
        vmm_stream: Sequence[Record],
        task_streams: Sequence[Sequence[Record]],
    ) -> HostKernel:
        pins = hardware_pins(params["n"], params["memory"], params["early_debug"])
        pin_host(self.tlb, pins)
        chosen = variants(ShadowScheme)[params["mode"]]
        own = {name: params[key] for key, name in SCHEME_PARAMETERS.get(params["mode"], {}).items() if key in params}
        taken = pinned_slots(params["memory"], params["early_debug"]) + chosen.pinned
        hwater = params["n"] - 1 - taken
        state = KvmState(
            self.core, costs, self.tlb, guest_tlb, hwater, params["host_page"], params["guest_memory"], 0x0100_0000
        )
        host = HostKernel()
        scheme = (self.given or chosen(**own)).build(state)
        scheme.set_duplicates(params.get("duplicates", "lowest"))
        host.connect(
            state,
            scheme,
            period=params["clock_hz"] * 1000 // params["hz"],
            signal_every=params["signal_every"],
            interrupt_pages=params["interrupt_pages"],
            interrupt_code_pages=params.get("interrupt_code_pages", 0),
            interrupt_base=0xF800_0000,
            iccci=params["costs"]["iccci"],
            vmm=_turns(params["vmm"], vmm_stream),
            tasks=[_turns(task, records) for task, records in zip(params["tasks"], task_streams, strict=True)],
            **self.connect,
        )
        return host

    def run(self, references: int | None = None) -> str:
        """Go on for so many references (None: to the end); says why it stopped."""
        reason, _ = self.core.advance(-1 if references is None else references, -1)
        return {0: "limit", 1: "end", 5: "watchdog", 8: "failed"}.get(reason, f"reason {reason}")

    def stats(self) -> dict[str, dict[str, Any]]:
        """Raw statistics by part."""
        found: dict[str, dict[str, Any]] = {
            "tlb": dict(self.tlb.read_stats()),
            "core": dict(self.core.read_stats()),
            "guest": dict(self.guest.read_stats()),
        }
        if self.host is not None:
            found["host"] = dict(self.host.read_stats())
        return found


def _turns(task: Mapping[str, int], records: Sequence[Record]) -> tuple[Any, ...]:
    return (
        stream(records),
        task.get("every", 0),
        task["instructions"],
        task.get("flush_every", 0),
        task.get("page_flush_every", 0),
        task.get("fault_every", 0),
    )
