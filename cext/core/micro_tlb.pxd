# SPDX-License-Identifier: BSD-3-Clause
"""A micro-TLB: the newest translations of the TLB, replaced round robin."""

from libc.stdint cimport uint32_t

from simobjects.cext.arch.state cimport State

cdef struct MicroTLB:
    int size                 # entries, 0 to 64; 0: there is none
    int used
    int next
    uint32_t key[64]
    uint32_t mask[64]

cdef inline bint micro_holds(const MicroTLB *micro, uint32_t ea) noexcept nogil:
    cdef int i
    for i in range(micro.used):
        if (ea & micro.mask[i]) == micro.key[i]:
            return True
    return False

cdef inline void micro_fill(MicroTLB *micro, uint32_t key, uint32_t mask) noexcept nogil:
    """Take a translation in the place of the oldest."""
    if micro.size == 0:
        return
    micro.key[micro.next] = key
    micro.mask[micro.next] = mask
    micro.next = micro.next + 1 if micro.next + 1 < micro.size else 0
    if micro.used < micro.size:
        micro.used += 1

cdef inline void micro_empty(MicroTLB *micro) noexcept nogil:
    micro.used = 0
    micro.next = 0

cdef inline int micro_state(State state, str name, MicroTLB *micro) except -1:
    """Its part of a core's list of state."""
    state.small(f"{name}.used", &micro.used, 0, micro.size)
    state.small(f"{name}.next", &micro.next, 0, max(0, micro.size - 1))
    state.bytes_(f"{name}.key", micro.key, sizeof(micro.key))
    return state.bytes_(f"{name}.mask", micro.mask, sizeof(micro.mask))
