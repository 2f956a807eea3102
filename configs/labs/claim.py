# SPDX-License-Identifier: BSD-3-Clause
"""Lab 4: a guest that does much input and output: a system call with device accesses every 2,000 instructions."""

from simobjects import GuestKernel, GuestTLB, HostKernel, HostTask, TraceWorkload
from simobjects.boards import stream_machine

host = HostKernel(scheme="e4", hz="250Hz", tasks=[HostTask(every=10)])
system = stream_machine(TraceWorkload("sqlite"), host, guest=GuestKernel(memory="128MiB", io_every=2_000))
system.guest_tlb = GuestTLB(entries=64)
