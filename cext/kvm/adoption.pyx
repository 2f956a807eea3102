# SPDX-License-Identifier: BSD-3-Clause
"""A guest that ran on the bare machine goes on as one of KVM: what its core held becomes the vcpu's.

The core has the registers that a guest itself uses, the guest's TLB its entries, and no shadow exists: the state of a
vcpu that was put together by its VMM and has not run yet.
"""

from libc.stdint cimport uint32_t

from simobjects.cext.arch.arch440 cimport MSR_PR, MSR_WE, TCR_DIE, TSR_DIS, VECTORS
from simobjects.cext.kvm.host cimport HostKernel
from simobjects.cext.kvm.kvm_state cimport KvmState
from simobjects.cext.kvm.vcpu cimport DIS_AT_EXPIRY, P_DECREMENTER, priority_of


def adopt(HostKernel host not None, registers):
    """`registers`: every register of the core by name, as it stands. The core's time is the machine's."""
    cdef KvmState kvm = host.kvm
    cdef bint waits = registers["tsr"] & TSR_DIS and registers["tcr"] & TCR_DIE
    cdef int number
    kvm.regs.msr = registers["msr"] & ~<uint32_t>MSR_WE    # KVM wakes a vcpu at any time, and clears WE then
    kvm.regs.pending = 0
    kvm.regs.srr0, kvm.regs.srr1 = registers["srr0"], registers["srr1"]
    kvm.regs.csrr0, kvm.regs.csrr1 = registers["csrr0"], registers["csrr1"]
    kvm.regs.mcsrr0, kvm.regs.mcsrr1 = registers["mcsrr0"], registers["mcsrr1"]
    kvm.regs.dear, kvm.regs.esr = registers["dear"], registers["esr"]
    kvm.regs.ivpr = registers["ivpr"]
    for number in range(VECTORS):
        kvm.regs.ivor[priority_of(number)] = registers[f"ivor{number}"]
    for number in range(8):
        kvm.regs.sprg[number] = registers[f"sprg{number}"]
    kvm.regs.mmucr = registers["mmucr"]
    kvm.stid = registers["mmucr"] & 255
    kvm.regs.ccr0, kvm.regs.ccr1 = registers["ccr0"], registers["ccr1"]
    kvm.regs.dbcr0, kvm.regs.dbcr1 = registers["dbcr0"], registers["dbcr1"]
    kvm.regs.dbsr, kvm.regs.decar = registers["dbsr"], registers["decar"]
    kvm.regs.tcr = registers["tcr"]
    _timer(host, registers["dec"], waits)
    # What the schemes see: the change from the vcpu that `begin` made, which costs nothing.
    kvm.pid = registers["pid"] & 255
    host.scheme.set_pid()
    kvm.user = (kvm.regs.msr & MSR_PR) != 0
    host.scheme.privilege()
    kvm.instructions = 0
    kvm.tlb_writes = 0
    kvm.extra = 0
    host.scheduler.next_tick = (kvm.core.time // host.scheduler.period + 1) * host.scheduler.period
    host.entry.plan()
    host.core.synchronise()
    host.entry.show()


cdef _timer(HostKernel host, dec, bint waits):
    """The guest's decrementer. One that has run out has told so in TSR, and does not count on."""
    cdef KvmState kvm = host.kvm
    kvm.regs.tsr = TSR_DIS if waits and kvm.era.dis == DIS_AT_EXPIRY else 0
    kvm.regs.dec = dec
    kvm.regs.dec_written = kvm.core.time
    if dec:
        host.timer.write_dec(dec)
    if waits:
        kvm.regs.pending |= 1 << P_DECREMENTER
