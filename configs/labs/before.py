# SPDX-License-Identifier: BSD-3-Clause
"""Lab 3: the computer as it was."""

from simobjects import VMM, GuestKernel, GuestTLB, HostKernel, HostTask, TraceWorkload
from simobjects.boards import stream_machine

host = HostKernel(scheme="e4", hz="250Hz", interrupt_pages=2, vmm=VMM(signal_every=5), tasks=[HostTask(every=10)])
system = stream_machine(TraceWorkload("sqlite"), host, guest=GuestKernel(io_every=1_000_000))
system.guest_tlb = GuestTLB(entries=64)
