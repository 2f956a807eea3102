# SPDX-License-Identifier: BSD-3-Clause
"""A vcpu as KVM keeps it: the registers that its guest's privileged instructions see, and what of KVM is of its time."""

from libc.stdint cimport int64_t, uint32_t

cdef enum:                   # MSR (WE: cext/core/processor.pxd)
    MSR_CE = 0x20000
    MSR_EE = 0x8000
    MSR_PR = 0x4000
    MSR_ME = 0x1000
    MSR_DE = 0x200
    MSR_IS = 0x20
    MSR_DS = 0x10
    MSR_GUEST = 0x2D230      # CE EE PR ME DE IS DS: set in hardware whenever a guest runs

cdef enum:                   # other bits
    ESR_PTR = 0x02000000
    TCR_DIE = 0x04000000
    TCR_ARE = 0x00400000
    TCR_WRC = 0x30000000
    TSR_DIS = 0x08000000
    MMUCR_STS = 0x00010000

cdef enum:                   # pending interrupts, in the order in which they are looked at
    P_DSI = 0
    P_ISI = 1
    P_ALIGNMENT = 2
    P_PROGRAM = 3
    P_FP_UNAVAILABLE = 4
    P_SYSCALL = 5
    P_AP_UNAVAILABLE = 6
    P_DTLB = 7
    P_ITLB = 8
    P_MACHINE_CHECK = 9
    P_DEBUG = 10
    P_CRITICAL = 11
    P_WATCHDOG = 12
    P_EXTERNAL = 13
    P_FIT = 14
    P_DECREMENTER = 15
    PRIORITIES = 16

cdef enum:                   # which instructions and registers KVM emulates
    EMULATES_2_6_29 = 0
    EMULATES_2_6_33 = 1      # also mfspr DEC
    EMULATES_3_6 = 2         # also TSR, TCR, DBSR, CSRR0/1 and DECAR, rfci, the register form of trap, lha
    EMULATES_3_14 = 3        # also MCSR, mtspr PIR, mfdcrx and mtdcrx; TCR[WRC] stays; an mtdcr returns nothing

cdef enum:                   # when the virtual TSR[DIS] is set
    DIS_AT_DELIVERY = 0      # until 2.6.28
    DIS_NEVER = 1            # 2.6.29 to 3.3
    DIS_AT_EXPIRY = 2        # from 3.4: the interrupt is pending as long as it is set

cdef struct Era:             # KVM's behaviour where its releases differ
    bint index_bug           # tlbwe accepts the index just past the guest's TLB
    bint late_syndrome       # DEAR and ESR are set when an interrupt is delivered, not when it is queued
    bint exact_timer         # the guest's decrementer by hrtimer, not by jiffies
    bint dec_clears          # mtspr DEC takes a pending decrementer interrupt back
    int dis
    int emulates

cdef struct Registers:
    uint32_t msr
    uint32_t pending         # a bit for each priority
    uint32_t srr0, srr1, csrr0, csrr1, mcsrr0, mcsrr1
    uint32_t dear, esr, queued_dear, queued_esr
    uint32_t ivpr
    uint32_t ivor[PRIORITIES]    # by priority
    uint32_t sprg[8]
    uint32_t mmucr, ccr0, ccr1, dbcr0, dbcr1, dbsr
    uint32_t tcr, tsr, dec, decar
    uint32_t pvr, cpr0_address, mcsr
    uint32_t io_gpr          # where the last load from a device or DCR went
    int64_t dec_written      # when, 1/1000 cycle
