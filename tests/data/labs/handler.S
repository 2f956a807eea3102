/* SPDX-License-Identifier: BSD-3-Clause */
/* A solution of lab 1. */
    .globl data_miss
data_miss:
    mtspr 272, 10
    mtspr 273, 11
    mtspr 274, 12
    mfcr 12
    mtspr 275, 12
    mfspr 10, 61
    rlwinm 11, 10, 22, 22, 29       /* page number * 4 */
    lis 12, page_table@ha
    addi 12, 12, page_table@l
    lwzx 12, 12, 11
    cmplwi 12, 0
    beq 2f
    rlwinm 10, 10, 0, 0, 19
    ori 10, 10, 0x210
    lis 11, next_entry@ha
    lwz 11, next_entry@l(11)
    tlbwe 10, 11, 0
    rlwinm 10, 12, 0, 0, 19
    tlbwe 10, 11, 1
    tlbwe 12, 11, 2
    addi 11, 11, 1
    cmplwi 11, 64
    blt 1f
    li 11, 2
1:  lis 12, next_entry@ha
    stw 11, next_entry@l(12)
    mfspr 12, 275
    mtcr 12
    mfspr 12, 274
    mfspr 11, 273
    mfspr 10, 272
    rfi
2:  mfspr 12, 275
    mtcr 12
    mfspr 12, 274
    mfspr 11, 273
    mfspr 10, 272
    b no_page
