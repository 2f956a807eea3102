# SPDX-License-Identifier: BSD-3-Clause
"""What things cost: every number a parameter, with its source or marked as estimate."""

from __future__ import annotations

from typing import Any, Literal

from cext.costs import Costs
from simobjects.framework import Cycles, Ratio, SimObject, param


class CostModel(SimObject):
    """Instruction counts and latencies, from which cycles are made: instructions x CPI + latencies."""

    # The core (cycles; marked estimates have no published figure: sweep them)
    guest_cpi: Ratio = param("1.0", "cycles per guest instruction; estimate")
    host_cpi: Ratio = param("1.0", "cycles per host instruction; estimate")
    micro_miss: Cycles = param(3, "micro-TLB miss that hits the unified TLB (SA14-2613 p. 152)", ge=0, le=1_000_000)
    interrupt_latency: Cycles = param(10, "entering an exception; estimate", ge=0, le=1_000_000)
    rfi_latency: Cycles = param(5, "rfi beyond its instruction; estimate", ge=0, le=1_000_000)
    tlbwe_latency: Cycles = param(3, "tlbwe beyond its instruction; estimate", ge=0, le=1_000_000)
    spr_latency: Cycles = param(
        1, "other privileged instruction executed natively, beyond its instruction; estimate", ge=0, le=1_000_000
    )
    tlbsx_latency: Cycles = param(4, "tlbsx executed natively, beyond its instruction; estimate", ge=0, le=1_000_000)
    isync_latency: Cycles = param(
        7, "isync beyond its instruction: 6 cycles held (LLVM's 440 model) and a fetch; estimate", ge=0, le=1_000_000
    )
    device_latency: Cycles = param(50, "device access on the bare machine; estimate", ge=0, le=1_000_000)
    iccci: bool = param(True, "every guest entry invalidates the instruction cache (booke_interrupts.S, all eras)")
    iccci_refill: Cycles = param(
        200, "what that costs afterwards; estimate, there is no cache model", ge=0, le=1_000_000
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
    e6_visit: int = param(5, "E5, E6: each slot looked at by a put or a load; estimate", ge=0, le=1_000_000)
    e6_save: int = param(12, "E5, E6: each slot read back by a put; estimate", ge=0, le=1_000_000)
    e3b_entry: int = param(100, "E2 to E3b: entry, fixed part", ge=0, le=1_000_000)
    e3b_visit: int = param(5, "E2 to E3b: each slot 0..H-1 looked at", ge=0, le=1_000_000)
    e3b_write: int = param(10, "E2 to E3b: each modified slot written", ge=0, le=1_000_000)
    e4_entry: int = param(50, "E4 and later: entry", ge=0, le=1_000_000)

    # KVM in C (estimates of the size that real kernels showed: an emulated mfspr in 2.6.28 takes 676 instructions,
    # 514 of them assembly)
    c_dispatch: int = param(60, "exit handler's frame and dispatch; estimate", ge=0, le=1_000_000)
    c_deliver: int = param(60, "delivering an interrupt; estimate", ge=0, le=1_000_000)
    c_queue: int = param(20, "queueing one; estimate", ge=0, le=1_000_000)
    c_emulate: int = param(100, "decoding and emulating an instruction; estimate", ge=0, le=1_000_000)
    c_tlbwe: int = param(40, "tlbwe beyond that; estimate", ge=0, le=1_000_000)
    c_map: int = param(530, "mapping a page, get_user_pages included; fitted to path lengths", ge=0, le=1_000_000)
    c_release: int = param(90, "dropping a page reference; estimate", ge=0, le=1_000_000)
    c_tick: int = param(
        3000,
        "host timer interrupt; estimate (exit timing of a real kernel: 3580 from exit to entry)",
        ge=0,
        le=1_000_000,
    )
    c_to_user: int = param(300, "leaving the kernel for the VMM; estimate", ge=0, le=1_000_000)
    c_ioctl: int = param(400, "KVM_RUN again; estimate", ge=0, le=1_000_000)
    c_switch: int = param(800, "host context switch; estimate", ge=0, le=1_000_000)
    search_entry: int = param(
        13, "guest TLB search, each entry that does not match (compiled: 12 or 14)", ge=0, le=1_000_000
    )
    search_hit: int = param(20, "guest TLB search, the match", ge=0, le=1_000_000)
    scan_entry: int = param(7, "scan over the shadow references, each slot (compiled)", ge=0, le=1_000_000)
    scan_shadow: int = param(
        16, "scan over the shadow TLB by address, each slot; fitted to path lengths", ge=0, le=1_000_000
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
