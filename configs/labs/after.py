# SPDX-License-Identifier: BSD-3-Clause
"""Lab 3: the same computer after an update of which nobody knows why it is slower. Several things were changed."""

from simobjects import VMM, GuestKernel, GuestTLB, HostKernel, HostTask, TraceWorkload
from simobjects.boards import stream_machine

host = HostKernel(scheme="e4", hz="300Hz", interrupt_pages=4, vmm=VMM(signal_every=4), tasks=[HostTask(every=8)])
system = stream_machine(TraceWorkload("sqlite"), host, guest=GuestKernel(io_every=900_000))
system.guest_tlb = GuestTLB(entries=60)
