# SPDX-License-Identifier: BSD-3-Clause
"""Numbers of the special purpose registers that KVM or a reference stream knows."""

cdef enum:
    SPR_OTHER = 0            # of a reference stream, which does not say which
    SPR_DEC = 0x16
    SPR_SRR0 = 0x1A
    SPR_SRR1 = 0x1B
    SPR_PID = 0x30
    SPR_DECAR = 0x36
    SPR_CSRR0 = 0x3A
    SPR_CSRR1 = 0x3B
    SPR_DEAR = 0x3D
    SPR_ESR = 0x3E
    SPR_IVPR = 0x3F
    SPR_SPRG0 = 0x110        # SPRG0 to 7
    SPR_TBL = 0x11C
    SPR_TBU = 0x11D
    SPR_PIR = 0x11E
    SPR_PVR = 0x11F
    SPR_DBSR = 0x130
    SPR_DBCR0 = 0x134
    SPR_DBCR1 = 0x135
    SPR_TSR = 0x150
    SPR_TCR = 0x154
    SPR_IVOR0 = 0x190        # IVOR0 to 15
    SPR_MCSR = 0x23C
    SPR_CCR1 = 0x378
    SPR_MMUCR = 0x3B2
    SPR_CCR0 = 0x3B3
