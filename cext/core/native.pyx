# SPDX-License-Identifier: BSD-3-Clause
"""The exception port connected to the guest itself: it runs on the bare machine."""

from simobjects.cext.arch.arch440 cimport FOREVER
from simobjects.cext.core.processor cimport CYCLES_KERNEL
from simobjects.cext.core.supervisor cimport Exit


cdef class NativeVectors(Supervisor):
    def __init__(self, Processor core not None):
        self.core = core

    cpdef void begin(self):
        self.core.enter_context(0, 1, 1)

    cdef void take(self, Exit *exit) noexcept nogil:
        if exit.host_timer:     # no host, no tick: a damaged checkpoint would tick for ever here
            self.core.deadline = FOREVER
            return
        self.core.spend(CYCLES_KERNEL, self.core.costs.of.interrupt_latency)
        self.core.enter_context(0, 0, self.core.context.pid)
        exit.vector = exit.kind

    cdef bint hands_on(self) noexcept nogil:
        return True
