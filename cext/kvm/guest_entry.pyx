# SPDX-License-Identifier: BSD-3-Clause
"""The way back into the guest, put together; what it does at each exit is in the .pxd."""

from simobjects.cext.kvm.vcpu cimport P_DECREMENTER


cdef class GuestEntry:
    def __init__(self, VcpuThread thread not None, Delivery delivery not None, bint iccci):
        """`iccci`: each entry empties the instruction cache."""
        cdef KvmState kvm = thread.kvm
        cdef Costs costs = kvm.costs
        self.kvm = kvm
        self.core = kvm.core
        self.scheme = thread.scheme
        self.delivery = delivery
        self.timer = thread.timer
        self.scheduler = thread.scheduler
        self.thread = thread
        self.counts = thread.counts
        self.timing = thread.counts.timing
        self.core.empties_cache = iccci
        self.last_steps = costs.of.rfi_latency + (costs.of.iccci_refill if iccci else 0)

    cdef void force(self) noexcept nogil:
        """The interrupt that a replayed guest takes at this exit is pending, if it is not so by itself."""
        if self.delivery.forced_priority == P_DECREMENTER:
            self.timer.expire()
        self.kvm.regs.pending |= <uint32_t>1 << self.delivery.forced_priority
