# SPDX-License-Identifier: BSD-3-Clause
"""The numbers of the architecture, from the .def tables of this folder; constants for the C compiler."""

from libc.stdint cimport int64_t, uint32_t

cdef extern from "arch440.h" nogil:
    const int64_t FOREVER    # the time of what is not due
    enum:                # interrupts, by IVOR number
        V_NONE, V_CRITICAL, V_MACHINE_CHECK, V_DSI, V_ISI, V_EXTERNAL, V_ALIGNMENT, V_PROGRAM, V_FP_UNAVAILABLE
        V_SYSCALL, V_AP_UNAVAILABLE, V_DECREMENTER, V_FIT, V_WATCHDOG, V_DTLB, V_ITLB, V_DEBUG, VECTORS
    const char *const *VECTOR_NAMES
    enum:                # privileged operations, as exits report them
        OP_MTSPR, OP_MFSPR, OP_TLBWE, OP_RFI, OP_MTMSR, OP_MFMSR, OP_WRTEE, OP_TLBSX, OP_TLBRE, OP_TLBSYNC, OP_MTDCR
        OP_MFDCR, OP_CACHE, OP_RFCI, OP_RFMCI, OP_TRAP, OP_ILLEGAL, OPERATIONS
    enum:
        MSR_WE, MSR_CE, MSR_EE, MSR_PR, MSR_FP, MSR_ME, MSR_DE, MSR_IS, MSR_DS, MSR_GUEST
        ESR_PTR, ESR_ST, TCR_DIE, TCR_ARE, TCR_WRC, TSR_DIS, MMUCR_STS, DBCR0_RST
        PAGE_SIZES           # a bit for each code of the SIZE field that a page has
        W0_VALID, W0_TS, W0_SIZE, W0_SIZE_SHIFT, GUEST_SPACE, W2_U0_3, W2_I, W2_M, W2_G, W2_USER, W2_SUPERVISOR, W2_USER_SHIFT
        W2_SX, W2_SW, W2_SR
    const unsigned int W0_EPN, KERNEL_BASE, DEVICES_BASE, MAGIC_BASE
    enum:
        SPR_OTHER, SPR_DEC, SPR_SRR0, SPR_SRR1, SPR_PID, SPR_DECAR, SPR_CSRR0, SPR_CSRR1, SPR_DEAR, SPR_ESR, SPR_IVPR
        SPR_SPRG0, SPR_TBL, SPR_TBU, SPR_PIR, SPR_PVR, SPR_DBSR, SPR_DBCR0, SPR_DBCR1, SPR_TSR, SPR_TCR, SPR_IVOR0
        SPR_MCSR, SPR_CCR1, SPR_MMUCR, SPR_CCR0
        SPR_SHOWN, SPR_WRITE
    int decode_field10(uint32_t raw)   # the number of an SPR, TBR or DCR in an instruction word
