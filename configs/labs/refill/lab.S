/* SPDX-License-Identifier: BSD-3-Clause */
/* What the handler of lab 1 is put into: vectors, start-up, and the two things that C cannot ask. */
    .section .vectors, "ax"
vectors:
    b unexpected
    .balign 16
data_miss_vector:
    b data_miss
    .text
    .include "handler.S"

    .section .text.start, "ax"
    .globl _start
_start:
    lis 3, vectors@h
    mtspr 63, 3             /* IVPR */
    lis 3, vectors@ha
    addi 3, 3, vectors@l
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15
    mtspr 400 + \n, 3
    .endr
    lis 3, data_miss_vector@ha
    addi 3, 3, data_miss_vector@l
    mtspr 413, 3
    li 3, 0
    mtspr 946, 3            /* MMUCR */
    lis 1, stack_top@ha
    addi 1, 1, stack_top@l
    li 0, 0
    stwu 0, -16(1)
    bl main
finish:
    lis 3, 0x3000
    mtspr 308, 3            /* DBCR0: system reset, the end */
    b .
unexpected:
    lis 3, message@ha
    addi 3, 3, message@l
    bl print
    b finish

/* word registers_kept(address): sets every register but 1 and 3 and all of CR, loads from a page that is not in the TLB,
 * and says (1 or 0) whether they are as before. */
    .globl registers_kept
registers_kept:
    stwu 1, -96(1)
    stmw 13, 16(1)
    mflr 0
    stw 0, 100(1)
    .irp n, 0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    lis \n, 0x5A00 + \n
    .endr
    lis 31, 0x1248
    ori 31, 31, 0x8421
    mtcr 31
    lwz 31, 0(3)            /* the miss */
    mfcr 31
    li 3, 0
    xoris 31, 31, 0x1248
    cmplwi 31, 0x8421
    bne 1f
    .irp n, 0, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    xoris \n, \n, 0x5A00 + \n
    cmplwi \n, 0
    bne 1f
    .endr
    li 3, 1
1:  lwz 0, 100(1)
    mtlr 0
    lmw 13, 16(1)
    addi 1, 1, 96
    blr

/* word loads(address): 1 when a page is there; 0 when the handler went to no_page, which comes back here. */
    .globl loads, no_page
loads:
    lis 4, resume@ha
    stw 3, resume@l(4)
    lis 10, 0x1111
    lis 11, 0x2222
    lis 12, 0x3333
    lwz 5, 0(3)
    li 3, 1
    blr
no_page:                    /* the load is given up; registers must be those of `loads` */
    lis 4, resume@ha
    lwz 5, resume@l(4)
    subf 3, 3, 5
    xoris 10, 10, 0x1111
    xoris 11, 11, 0x2222
    xoris 12, 12, 0x3333
    or 3, 3, 10
    or 3, 3, 11
    or 3, 3, 12
    cmplwi 3, 0
    beqlr                   /* r3 is 0 */
    li 3, 2
    blr

    .section .rodata
message:
    .asciz "unexpected interrupt\n"
    .data
    .globl next_entry
next_entry: .long 2
    .bss
resume: .space 4
    .balign 4096
    .globl page_table
page_table: .space 1024
    .space 4096
stack_top:
    .space 16
