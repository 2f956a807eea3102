# SPDX-License-Identifier: BSD-3-Clause
"""What things cost: every number a parameter, with its source or marked as estimate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from simobjects.cext.core.costs import Costs
from simobjects.framework import Cycles, Ratio, SimObject, estimate, param


class CostModel(SimObject):
    """Instruction counts and latencies, from which cycles are made: instructions x CPI + latencies."""

    kind: ClassVar[str] = "costs"

    stateless: ClassVar[bool] = True
    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = {"*": "any"}

    # The core (cycles). An estimate has no published figure; its range is what `simobjects sensitivity` varies it over.
    guest_cpi: Ratio = estimate("1.0", "cycles per guest instruction", "0.8", "2.0", gt=0, le=1000)
    host_cpi: Ratio = estimate("1.0", "cycles per host instruction", "0.8", "2.0", gt=0, le=1000)
    micro_miss: Cycles = param(3, "micro-TLB miss that hits the unified TLB (SA14-2613 p. 152)", ge=0, le=1_000_000)
    interrupt_latency: Cycles = estimate(10, "entering an exception", 6, 20, ge=0, le=1_000_000)
    rfi_latency: Cycles = estimate(5, "rfi beyond its instruction", 3, 20, ge=0, le=1_000_000)
    tlbwe_latency: Cycles = estimate(3, "tlbwe beyond its instruction", 0, 6, ge=0, le=1_000_000)
    spr_latency: Cycles = estimate(
        1, "other privileged instruction executed natively, beyond its instruction", 0, 3, ge=0, le=1_000_000
    )
    tlbsx_latency: Cycles = estimate(4, "tlbsx executed natively, beyond its instruction", 2, 8, ge=0, le=1_000_000)
    isync_latency: Cycles = estimate(
        7, "isync beyond its instruction: 6 cycles held (LLVM's 440 model) and a fetch", 5, 14, ge=0, le=1_000_000
    )
    device_latency: Cycles = estimate(50, "device access on the bare machine", 20, 200, ge=0, le=1_000_000)
    iccci: bool = param(True, "every guest entry invalidates the instruction cache (booke_interrupts.S, all eras)")
    iccci_refill: Cycles = estimate(
        200, "what that costs afterwards (there is no cache model)", 0, 2000, ge=0, le=1_000_000
    )

    # Exit and entry assembly (booke_interrupts.S, opcodes counted)
    exit_stub: int = param(11, "vector stub", ge=0, le=1_000_000)
    exit_common: int = param(42, "common part of kvmppc_resume_host", ge=0, le=1_000_000)
    exit_inst_copy: int = param(26, "fetching the guest's instruction: program, DTLB miss", ge=0, le=1_000_000)
    exit_dear: int = param(2, "saving DEAR: DTLB miss", ge=0, le=1_000_000)
    exit_esr: int = param(2, "saving ESR: program, DTLB miss", ge=0, le=1_000_000)
    resume_guest: int = param(6, "back to the guest from C", ge=0, le=1_000_000)
    resume_guest_nv: int = param(
        23, "back to the guest, non-volatile registers reloaded: emulated instructions", ge=0, le=1_000_000
    )
    resume_host: int = param(7, "towards user space", ge=0, le=1_000_000)
    resume_host_nv: int = param(24, "towards user space, non-volatile registers saved: MMIO", ge=0, le=1_000_000)
    heavy_block: int = param(39, "registers of a heavyweight exit", ge=0, le=1_000_000)
    full_entry: int = param(41, "__kvmppc_vcpu_run before the lightweight label", ge=0, le=1_000_000)
    e0_entry: int = param(62, "E0: entry, fixed part (2.6.27; 59 in 2.6.26)", ge=0, le=1_000_000)
    e0_slot: int = param(19, "E0: each slot 0..H-1, the host's read out and the guest's written", ge=0, le=1_000_000)
    e1_entry: int = param(61, "E1: entry, fixed part", ge=0, le=1_000_000)
    e1_slot: int = param(11, "E1: each slot 0..H-1 written", ge=0, le=1_000_000)
    e6_visit: int = estimate(5, "E5, E6: each slot looked at by a put or a load", 3, 8, ge=0, le=1_000_000)
    e6_save: int = estimate(12, "E5, E6: each slot read back by a put", 8, 20, ge=0, le=1_000_000)
    e3b_entry: int = param(100, "E2 to E3b: entry, fixed part", ge=0, le=1_000_000)
    e3b_visit: int = param(5, "E2 to E3b: each slot 0..H-1 looked at", ge=0, le=1_000_000)
    e3b_write: int = param(10, "E2 to E3b: each modified slot written", ge=0, le=1_000_000)
    e4_entry: int = param(50, "E4 and later: entry", ge=0, le=1_000_000)

    # KVM in C (estimates of the size that real kernels showed: an emulated mfspr in 2.6.28 takes 676 instructions,
    # 514 of them assembly)
    c_dispatch: int = estimate(60, "exit handler's frame and dispatch", 40, 120, ge=0, le=1_000_000)
    c_deliver: int = estimate(60, "delivering an interrupt", 40, 120, ge=0, le=1_000_000)
    c_queue: int = estimate(20, "queueing one", 10, 40, ge=0, le=1_000_000)
    c_emulate: int = estimate(100, "decoding and emulating an instruction", 60, 200, ge=0, le=1_000_000)
    c_tlbwe: int = estimate(40, "tlbwe beyond that", 20, 80, ge=0, le=1_000_000)
    c_map: int = estimate(
        530, "mapping a page, get_user_pages included; fitted to path lengths", 400, 900, ge=0, le=1_000_000
    )
    c_release: int = estimate(90, "dropping a page reference", 50, 150, ge=0, le=1_000_000)
    c_tick: int = estimate(
        3000,
        "host timer interrupt (exit timing of a real kernel: 3580 from exit to entry)",
        1500,
        5000,
        ge=0,
        le=1_000_000,
    )
    c_to_user: int = estimate(300, "leaving the kernel for the VMM", 150, 1000, ge=0, le=1_000_000)
    c_ioctl: int = estimate(400, "KVM_RUN again", 200, 1500, ge=0, le=1_000_000)
    c_switch: int = estimate(800, "host context switch", 400, 2500, ge=0, le=1_000_000)
    search_entry: int = estimate(
        13, "guest TLB search, each entry that does not match (compiled: 12 or 14)", 12, 14, ge=0, le=1_000_000
    )
    search_hit: int = estimate(20, "guest TLB search, the match", 15, 25, ge=0, le=1_000_000)
    scan_entry: int = estimate(7, "scan over the shadow references, each slot (compiled)", 5, 9, ge=0, le=1_000_000)
    scan_shadow: int = estimate(
        16, "scan over the shadow TLB by address, each slot; fitted to path lengths", 12, 20, ge=0, le=1_000_000
    )
    write_entry: int = param(6, "writing a hardware entry: MMUCR and three tlbwe", ge=0, le=1_000_000)
    release_write: int = param(1, "invalidating a hardware entry", ge=0, le=1_000_000)

    # Linux as host (head_44x.S, tlb_nohash_low.S, opcodes counted)
    flush_base: int = param(10, "sweep of the TLB, fixed part", ge=0, le=1_000_000)
    flush_slot: int = param(4, "sweep of the TLB, each of H slots", ge=0, le=1_000_000)
    flush_once: int = param(12, "the same with a flush instruction such as tlbivax (what if)", ge=0, le=1_000_000)
    flush_page_hit: int = param(12, "flush of one page that is there (_tlbil_va)", ge=0, le=1_000_000)
    flush_page_miss: int = param(9, "flush of one page that is not", ge=0, le=1_000_000)
    host_miss_data: int = param(55, "data TLB miss, user address", ge=0, le=1_000_000)
    host_miss_inst: int = param(53, "instruction TLB miss, user address", ge=0, le=1_000_000)
    host_miss_kernel: int = param(54, "data TLB miss, kernel address", ge=0, le=1_000_000)
    host_miss_kernel_inst: int = param(52, "instruction TLB miss, kernel address", ge=0, le=1_000_000)
    host_fault: int = estimate(
        40, "TLB miss that finds no page and goes on to the page-fault handler", 30, 50, ge=0, le=1_000_000
    )
    c_page_fault: int = estimate(2000, "page fault of a host process, in C", 800, 6000, ge=0, le=1_000_000)

    flush: Literal["walk", "once"] = param(
        "walk", "sweep of the TLB slot by slot, as the 440 must, or in one instruction (what if)"
    )

    def make_peer(self) -> Costs:
        values: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        for name, value in values.items():
            if isinstance(value, Ratio):
                values[name] = value.milli
            elif name in _LATENCIES:
                values[name] = int(value) * 1000
        return Costs({**values, "flush_in_one": self.flush == "once"})


_LATENCIES = frozenset(
    (
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
)
