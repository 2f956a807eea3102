/* SPDX-License-Identifier: BSD-3-Clause */
/* Start-up of the C programs: MMU, vectors, a stack, main, reset. */
#include "boot.inc"

        .section .vectors, "ax"
        .macro  vector number
        mtspr   272, 1                          /* SPRG0, SPRG1 */
        mtspr   273, 3
        li      3, \number
        b       unexpected
        .balign 32
        .endm
        .globl  vectors
vectors:
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7
        vector  \number
        .endr
        /* System call: r3 := r3 * 3 + r4, to be seen by the caller. */
        mulli   3, 3, 3
        add     3, 3, 4
        rfi
        .balign 32
        .irp    number, 9, 10, 11, 12
        vector  \number
        .endr
        mtspr   272, 1                          /* data TLB miss */
        mtspr   273, 3
        b       refill
        .balign 32
        .irp    number, 14, 15
        vector  \number
        .endr

        /* Pages at 0x40000000 + n * 4096 lie at 0x400000 + (n mod 64) * 4096; slots 0 to 31 in turn. */
refill:
        mtspr   274, 4
        mtspr   275, 5
        mfcr    5
        mtspr   276, 5
        mfspr   3, DEAR
        srwi    4, 3, 28
        cmplwi  4, 4
        bne     lost
        li      5, 0x3f
        rlwinm  4, 3, 20, 26, 31
        and     4, 4, 5
        slwi    4, 4, 12
        addis   4, 4, 0x40
        lis     5, next_slot@ha
        lwz     1, next_slot@l(5)
        tlbwe   4, 1, 1
        li      4, 3
        tlbwe   4, 1, 2
        clrrwi  3, 3, 12
        ori     3, 3, 0x210
        tlbwe   3, 1, 0
        addi    1, 1, 1
        clrlwi  1, 1, 27
        stw     1, next_slot@l(5)
        lis     5, refills@ha
        lwz     1, refills@l(5)
        addi    1, 1, 1
        stw     1, refills@l(5)
        mfspr   5, 276
        mtcr    5
        mfspr   5, 275
        mfspr   4, 274
        mfspr   3, 273
        mfspr   1, 272
        rfi
lost:
        li      3, 13
unexpected:
        lis     1, stack_top@ha
        addi    1, 1, stack_top@l
        mfspr   4, SRR0
        mfspr   5, DEAR
        bl      report_exception

        .text
        .globl  _start
_start:
        boot_mmu
        li      3, 61                           /* the serial line, 4 KiB, inhibited and guarded */
        lis     4, 0xef60
        ori     5, 4, 0x210
        li      6, 0x503
        tlbwe   4, 3, 1
        tlbwe   6, 3, 2
        tlbwe   5, 3, 0
        isync
        lis     3, vectors@ha
        addi    3, 3, vectors@l
        mtspr   IVPR, 3
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        addi    4, 3, \number * 32
        mtspr   IVOR0 + \number, 4
        .endr
        lis     3, bss_start@ha
        addi    3, 3, bss_start@l
        lis     4, bss_end@ha
        addi    4, 4, bss_end@l
        li      5, 0
clear:
        cmplw   3, 4
        bge     cleared
        stw     5, 0(3)
        addi    3, 3, 4
        b       clear
cleared:
        lis     1, stack_top@ha
        addi    1, 1, stack_top@l
        stwu    5, -16(1)
        bl      main
        .globl  reset
reset:
        lis     3, 0x3000
        mtspr   DBCR0, 3
        b       .

        .bss
        .balign 16
        .globl  refills
next_slot:      .space  4
refills:        .space  4
        .balign 16
        .space  65536
stack_top:
        .space  16
