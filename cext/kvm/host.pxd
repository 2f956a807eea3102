# SPDX-License-Identifier: BSD-3-Clause
"""Linux as host, with KVM: every exception of a virtual machine, the host's timer, the scheduling of its processes."""

cimport cython

from simobjects.cext.kvm.by_hand cimport HandPlayedHost
from simobjects.cext.arch.state cimport State

@cython.final
cdef class HostKernel(HandPlayedHost):
    cdef void _boot(self)
