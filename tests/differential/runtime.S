/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs random sequences one after the other and logs the machine's state at the end of each and at each exception.
 *
 * A sequence runs in address space 1, where only what image.py mapped for it exists; every exception leads to address
 * space 0, where this program and its data are. So a sequence can do what it likes with every register and address.
 * All addresses here are below 32 KiB and reached as displacement from 0: no register has to be free in a handler.
 */
#include "../data/programs/boot.inc"

        .set    FRAME, 0x100                    /* 44 words, logged as they are: records.py names them */
        .set    F_CR, FRAME + 128
        .set    F_XER, FRAME + 132
        .set    F_LR, FRAME + 136
        .set    F_CTR, FRAME + 140
        .set    F_SRR0, FRAME + 144
        .set    F_SRR1, FRAME + 148
        .set    F_ESR, FRAME + 152
        .set    F_DEAR, FRAME + 156
        .set    F_VECTOR, FRAME + 160
        .set    F_RUN, FRAME + 164              /* number of the run, counted from 0 */
        .set    F_COUNT, FRAME + 168            /* exceptions in this run so far */
        .set    F_HASH, FRAME + 172             /* of the data window */
        .set    RECORD, 176

        .set    P, 0x200                        /* parameters, filled in by image.py */
        .set    P_SEQUENCES, P + 0
        .set    P_ROUNDS, P + 4
        .set    P_SET_MASK, P + 8               /* register sets - 1 */
        .set    P_HASHED, P + 12                /* words of the data window that are filled and hashed, a multiple of 4 */
        .set    P_LOG, P + 16
        .set    P_LOG_END, P + 20
        .set    P_WINDOW, P + 24                /* 1: the window itself follows each record */
        .set    P_LIMIT, P + 28                 /* exceptions after which a run is ended */
        .set    P_END, P + 32                   /* EA after the sc that ends a sequence */
        .set    P_SETS, P + 36
        .set    P_TABLE, P + 40
        .set    P_TLB, P + 44                   /* rows of slot, word 0, word 1, word 2, TID; ended by slot -1 */
        .set    P_DATA, P + 48                  /* physical address of the data window */

        .set    V, 0x280                        /* variables */
        .set    V_SEQUENCE, V + 0
        .set    V_ROUND, V + 4
        .set    V_LOG, V + 8
        .set    V_RESUMED, V + 12               /* time base when the sequence went on */
        .set    V_EXECUTED, V + 16              /* its ticks inside sequences, 64 bits */
        .set    V_SCRATCH, V + 24
        .set    TBL, 268

        .section .vectors, "ax"
        .macro  vector number
        stmw    0, FRAME(0)
        li      3, \number
        b       event
        .balign 16
        .endm
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vector  \number
        .endr

        .text
        .globl  _start
_start:
        boot_mmu
        lwz     8, P_TLB(0)
map_next:
        lwz     3, 0(8)
        cmpwi   3, 0
        blt     mapped
        lwz     4, 4(8)
        lwz     5, 8(8)
        lwz     6, 12(8)
        lwz     7, 16(8)
        mtspr   MMUCR, 7
        tlbwe   5, 3, 1
        tlbwe   6, 3, 2
        tlbwe   4, 3, 0
        addi    8, 8, 20
        b       map_next
mapped:
        li      3, 0
        mtspr   MMUCR, 3
        mtspr   IVPR, 3
        mtspr   ESR, 3
        mtspr   DEAR, 3
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        li      4, 0x1000 + \number * 16
        mtspr   IVOR0 + \number, 4
        .endr
        /* what sequences write and read back: CSRR, MCSRR, USPRG0, SPRG, IAC, DAC, DVC, DECAR, DBCR1, DBCR2 */
        .irp    spr, 58, 59, 570, 571, 256, 272, 273, 274, 275, 276, 277, 278, 279, 312, 313, 314, 315, 316, 317, 318, 319, 54, 309, 310
        mtspr   \spr, 3
        .endr
        stw     3, V_SEQUENCE(0)
        stw     3, V_ROUND(0)
        stw     3, F_RUN(0)
        stw     3, V_EXECUTED(0)
        stw     3, V_EXECUTED + 4(0)
        lwz     4, P_LOG(0)
        stw     4, V_LOG(0)
        isync

start_run:
        lwz     3, V_SEQUENCE(0)                /* r8: the table's row; r9: round */
        slwi    3, 3, 4
        lwz     8, P_TABLE(0)
        add     8, 8, 3
        lwz     9, V_ROUND(0)
        /* the window, from the row's seed and the round */
        lwz     4, 12(8)
        lis     5, 0x1234
        ori     5, 5, 0x567
        mullw   5, 5, 9
        add     4, 4, 5
        lwz     5, P_HASHED(0)
        mtctr   5
        lwz     6, P_DATA(0)
        addi    6, 6, -4
        lis     10, 0x19
        ori     10, 10, 0x660d
        lis     11, 0x3c6e
        ori     11, 11, 0xf35f
fill:
        mullw   4, 4, 10
        add     4, 4, 11
        stwu    4, 4(6)
        bdnz    fill
        li      6, V_SCRATCH
        stwcx.  4, 0, 6                         /* no reservation from the run before */
        /* slots and registers of the MMU that sequences change */
        li      3, 0
        mtspr   MMUCR, 3
        mfspr   4, PID
        cmpwi   4, 0
        beq     pid_is_zero
        mtspr   PID, 3
pid_is_zero:
        li      4, 32
        li      5, 16
        mtctr   5
unmap:
        tlbre   5, 4, 0
        andi.   5, 5, 0x200
        beq     unmapped
        tlbwe   3, 4, 0
unmapped:
        addi    4, 4, 1
        bdnz    unmap
        mtspr   ESR, 3
        mtspr   DEAR, 3
        stw     3, F_COUNT(0)
        /* registers: set number (row's + 11 * round) & mask, 40 words each */
        lwz     3, 8(8)
        mulli   4, 9, 11
        add     3, 3, 4
        lwz     4, P_SET_MASK(0)
        and     3, 3, 4
        mulli   3, 3, 160
        lwz     4, P_SETS(0)
        add     4, 4, 3
        addi    4, 4, -4
        li      5, FRAME - 4
        li      6, 36
        mtctr   6
copy_set:
        lwzu    6, 4(4)
        stwu    6, 4(5)
        bdnz    copy_set
        lwz     3, 0(8)
        stw     3, F_SRR0(0)
        lwz     4, 4(8)
        stw     4, F_SRR1(0)
        .irp    spr, 256, 272, 273, 274, 275, 276, 277, 278, 279
        mtspr   \spr, 9
        .endr
        b       resume

event:
        mfspr   12, TBL
        stw     3, F_VECTOR(0)
        mfcr    4
        mfxer   5
        mflr    6
        mfctr   7
        mfspr   8, SRR0
        mfspr   9, SRR1
        mfspr   10, ESR
        mfspr   11, DEAR
        stw     4, F_CR(0)
        stw     5, F_XER(0)
        stw     6, F_LR(0)
        stw     7, F_CTR(0)
        stw     8, F_SRR0(0)
        stw     9, F_SRR1(0)
        stw     10, F_ESR(0)
        stw     11, F_DEAR(0)
        lwz     13, V_RESUMED(0)
        lwz     15, V_EXECUTED + 4(0)
        lwz     14, V_EXECUTED(0)
        subf    12, 13, 12
        addc    15, 15, 12
        addze   14, 14
        stw     15, V_EXECUTED + 4(0)
        stw     14, V_EXECUTED(0)
        /* four words at a time, each with its place's own multiplier */
        lwz     4, P_HASHED(0)
        srwi    4, 4, 2
        mtctr   4
        lwz     5, P_DATA(0)
        lis     10, 0x9e37
        ori     10, 10, 0x79b1
        li      6, 1
        li      7, 2
        li      8, 3
        li      9, 4
hash:
        lwz     11, 0(5)
        lwz     12, 4(5)
        lwz     13, 8(5)
        lwz     14, 12(5)
        xor     6, 6, 11
        xor     7, 7, 12
        xor     8, 8, 13
        xor     9, 9, 14
        addi    5, 5, 16
        mullw   6, 6, 10
        mullw   7, 7, 10
        mullw   8, 8, 10
        mullw   9, 9, 10
        bdnz    hash
        rotlwi  7, 7, 7
        rotlwi  8, 8, 14
        rotlwi  9, 9, 21
        add     6, 6, 7
        add     8, 8, 9
        xor     6, 6, 8
        stw     6, F_HASH(0)
        /* the record */
        lwz     4, V_LOG(0)
        lmw     8, FRAME(0)
        stmw    8, 0(4)
        lmw     12, FRAME + 96(0)
        stmw    12, 96(4)
        addi    4, 4, RECORD
        lwz     5, P_WINDOW(0)
        cmpwi   5, 0
        beq     logged
        lwz     5, P_HASHED(0)
        mtctr   5
        lwz     5, P_DATA(0)
        addi    5, 5, -4
        addi    4, 4, -4
copy_window:
        lwzu    6, 4(5)
        stwu    6, 4(4)
        bdnz    copy_window
        addi    4, 4, 4
logged:
        stw     4, V_LOG(0)
        lwz     5, P_LOG_END(0)
        cmplw   4, 5
        bge     finish
        /* what comes next */
        lwz     3, F_VECTOR(0)
        lwz     8, F_SRR0(0)
        lwz     6, F_COUNT(0)
        addi    6, 6, 1
        stw     6, F_COUNT(0)
        lwz     7, P_LIMIT(0)
        cmplw   6, 7
        bge     next_run
        cmpwi   3, 8
        bne     not_a_call
        lwz     7, P_END(0)
        cmplw   8, 7
        beq     next_run
        b       resume_at                       /* a system call's SRR0 is the next instruction */
not_a_call:
        cmpwi   3, 3
        beq     bad_branch
        cmpwi   3, 14
        beq     bad_branch
        addi    8, 8, 4                         /* go on after the instruction that failed */
        b       resume_at
bad_branch:
        lwz     8, F_LR(0)                      /* such a branch is always one that leaves its return address */
resume_at:
        stw     8, F_SRR0(0)
resume:
        li      3, 0
        mtspr   ESR, 3
        mtspr   DEAR, 3
        lwz     3, F_SRR0(0)
        lwz     4, F_SRR1(0)
        rlwinm  4, 4, 0, 15, 11                 /* bits 12 to 14: QEMU marks program interrupts there */
        mtspr   SRR0, 3
        mtspr   SRR1, 4
        lwz     5, F_CR(0)
        lwz     6, F_XER(0)
        lwz     7, F_LR(0)
        lwz     8, F_CTR(0)
        mtcr    5
        mtxer   6
        mtlr    7
        mtctr   8
        mfspr   12, TBL
        stw     12, V_RESUMED(0)
        lmw     2, FRAME + 8(0)
        lwz     1, FRAME + 4(0)
        lwz     0, FRAME(0)
        rfi

next_run:
        lwz     3, F_RUN(0)
        addi    3, 3, 1
        stw     3, F_RUN(0)
        lwz     3, V_SEQUENCE(0)
        addi    3, 3, 1
        lwz     4, P_SEQUENCES(0)
        cmplw   3, 4
        blt     same_round
        lwz     5, V_ROUND(0)
        addi    5, 5, 1
        stw     5, V_ROUND(0)
        lwz     6, P_ROUNDS(0)
        cmplw   5, 6
        bge     finish
        li      3, 0
same_round:
        stw     3, V_SEQUENCE(0)
        b       start_run

finish:
        lis     3, 0x3000                       /* system reset */
        mtspr   DBCR0, 3
        b       .
