# SPDX-License-Identifier: BSD-3-Clause
"""The numbers of a CostModel as C integers: instruction counts, and latencies and CPIs in 1/1000 cycle."""

from libc.stdint cimport int64_t

cdef class Costs:
    cdef int64_t guest_cpi, host_cpi
    cdef int64_t micro_miss, interrupt_latency, rfi_latency, tlbwe_latency, spr_latency, tlbsx_latency, isync_latency
    cdef int64_t device_latency, iccci_refill
    cdef int64_t exit_stub, exit_common, exit_inst_copy, exit_dear, exit_esr
    cdef int64_t resume_guest, resume_guest_nv, resume_host, resume_host_nv, heavy_block, full_entry
    cdef int64_t e0_entry, e0_slot, e1_entry, e1_slot, e6_visit, e6_save
    cdef int64_t e3b_entry, e3b_visit, e3b_write, e4_entry
    cdef int64_t c_dispatch, c_deliver, c_queue, c_emulate, c_tlbwe, c_map, c_release
    cdef int64_t c_tick, c_to_user, c_ioctl, c_switch
    cdef int64_t search_entry, search_hit, scan_entry, scan_shadow, write_entry, release_write
    cdef int64_t flush_base, flush_slot, flush_once, flush_page_hit, flush_page_miss
    cdef int64_t host_miss_data, host_miss_inst, host_miss_kernel, host_miss_kernel_inst, host_fault, c_page_fault
    cdef bint flush_in_one
