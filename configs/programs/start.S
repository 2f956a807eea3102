/* SPDX-License-Identifier: BSD-3-Clause */
/* Start-up of the example programs: vectors, a stack, main, and the end.
 *
 * The board leaves one 256 MiB entry at 0 and one for the devices at 0xEF600000. The data miss handler maps
 * 0x40000000 + n to physical 0x01000000 + n in pages of 4 KiB, round robin over the entries 2 to `refill_last`.
 */
    .section .vectors, "ax"
    .globl vectors
vectors:
    b unexpected            /* every IVOR but 13 */
    .balign 16
data_miss:                  /* IVOR13: 27 instructions, 29 when it begins anew */
    mtspr 272, 10           /* SPRG0, 1: scratch */
    mtspr 273, 11
    mtspr 274, 12
    mfcr 12
    mtspr 275, 12
    lis 10, refill_next@ha
    lwz 11, refill_next@l(10)
    lis 12, refill_last@ha
    lwz 12, refill_last@l(12)
    cmplw 11, 12
    addi 12, 11, 1
    ble 1f
    li 11, 2
    li 12, 3
1:  stw 12, refill_next@l(10)
    mfspr 10, 61            /* DEAR */
    rlwinm 10, 10, 0, 0, 19
    ori 12, 10, 0x210       /* valid, 4 KiB */
    tlbwe 12, 11, 0
    addis 12, 10, -0x3F00   /* 0x40000000 + n becomes 0x01000000 + n */
    tlbwe 12, 11, 1
    li 12, 7                /* SX, SW, SR */
    tlbwe 12, 11, 2
    mfspr 12, 275
    mtcr 12
    mfspr 12, 274
    mfspr 11, 273
    mfspr 10, 272
    rfi

    .section .text.start, "ax"
    .globl _start
_start:
    lis 3, vectors@h
    mtspr 63, 3             /* IVPR */
    lis 3, vectors@ha
    addi 3, 3, vectors@l
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15
    mtspr 400 + \n, 3       /* one place for all that is unexpected */
    .endr
    lis 3, data_miss@ha
    addi 3, 3, data_miss@l
    mtspr 413, 3
    li 3, 0
    mtspr 946, 3            /* MMUCR: new entries have TID 0 */
    lis 1, stack_top@ha
    addi 1, 1, stack_top@l
    li 0, 0
    stwu 0, -16(1)
    bl main
    .globl finish
finish:                     /* system reset: the simulation ends */
    lis 3, 0x3000
    mtspr 308, 3            /* DBCR0 */
    b .
unexpected:
    lis 3, message@ha
    addi 3, 3, message@l
    bl print
    b finish

    .section .rodata
message:
    .asciz "unexpected interrupt\n"
    .data
    .globl refill_last
refill_next: .long 2
refill_last: .long 63
    .bss
    .balign 16
    .space 4096
stack_top:
    .space 16
