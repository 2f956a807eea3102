# SPDX-License-Identifier: BSD-3-Clause
"""Linux as host, with KVM: every exception of a virtual machine, the host's timer, the scheduling of its processes."""

cimport cython

from cext.by_hand cimport HandPlayedHost
from cext.state cimport State

@cython.final
cdef class HostKernel(HandPlayedHost):
    cdef void _boot(self)
