# SPDX-License-Identifier: BSD-3-Clause
"""A vcpu as KVM keeps it: the registers that its guest's privileged instructions see, and what of KVM is of its time."""

from libc.stdint cimport int64_t, uint32_t

cdef extern from "priorities.h" nogil:
    enum:                    # pending interrupts, in the order in which they are looked at: priorities.def
        P_DSI, P_ISI, P_ALIGNMENT, P_PROGRAM, P_FP_UNAVAILABLE, P_SYSCALL, P_AP_UNAVAILABLE, P_DTLB, P_ITLB
        P_MACHINE_CHECK, P_DEBUG, P_CRITICAL, P_WATCHDOG, P_EXTERNAL, P_FIT, P_DECREMENTER, PRIORITIES
    ctypedef struct Priority:
        int vector           # which the guest goes on at
        uint32_t gate        # the MSR bit that lets it through, 0: nothing holds it up
        uint32_t kept        # what is left of the MSR
    const Priority *PRIORITY_ROWS
    int priority_of(int vector)

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
    bint helps               # what no release had: MCSR and TCR, processes' pages with their own permissions
    bint resets              # DBCR0[RST] is no mere number: it ends the run

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
