# SPDX-License-Identifier: BSD-3-Clause
"""The numbers of a CostModel as C integers: instruction counts, and latencies and CPIs in 1/1000 cycle."""

from libc.stdint cimport int64_t

cdef extern from "costs.h" nogil:
    ctypedef struct CostNumbers:       # the names of costs.def, as far as Cython needs them
        int64_t guest_cpi, host_cpi, micro_miss, interrupt_latency, rfi_latency, tlbwe_latency, spr_latency
        int64_t tlbsx_latency, isync_latency, device_latency, iccci, iccci_refill, exit_stub, exit_common
        int64_t exit_inst_copy, exit_dear, exit_esr, resume_guest, resume_guest_nv, resume_host, resume_host_nv
        int64_t heavy_block, full_entry, e0_entry, e0_slot, e1_entry, e1_slot, e6_visit, e6_save, e3b_entry
        int64_t e3b_visit, e3b_write, e4_entry, c_dispatch, c_deliver, c_queue, c_emulate, c_hand_on, c_tlbwe, c_map
        int64_t c_release, c_tick, c_to_user, c_ioctl, c_switch, search_entry, search_hit, scan_entry, scan_shadow
        int64_t write_entry, release_write, flush_base, flush_slot, flush_once, flush_page_hit, flush_page_miss
        int64_t host_miss_data, host_miss_inst, host_miss_kernel, host_miss_kernel_inst, host_fault, c_page_fault
    ctypedef struct CostRow:
        const char *name
        size_t offset
    const CostRow *COST_ROWS
    int COSTS

cdef class Costs:
    cdef CostNumbers of
    cdef bint flush_in_one   # a sweep of the TLB is one instruction
