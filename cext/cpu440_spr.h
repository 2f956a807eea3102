/* SPDX-License-Identifier: BSD-3-Clause */
/* Special purpose registers by number: who may read and write them, and what a write does. */
#ifndef CPU440_SPR_H
#define CPU440_SPR_H

#include "cpu440_exceptions.h"

enum { SPR_USER = 1, SPR_READ = 2, SPR_WRITE = 4, SPR_EXISTS = 8 };
enum { SPR_RW = SPR_READ | SPR_WRITE | SPR_EXISTS, SPR_RO = SPR_READ | SPR_EXISTS, SPR_WO = SPR_WRITE | SPR_EXISTS };

/* name, number, access: a plain word of the state, or one of those handled by their case below. */
#define CPU440_PLAIN_SPRS(P) \
    P(lr, 8, SPR_RW | SPR_USER) P(ctr, 9, SPR_RW | SPR_USER) P(usprg0, 256, SPR_RW | SPR_USER) \
    P(srr0, 26, SPR_RW) P(srr1, 27, SPR_RW) P(csrr0, 58, SPR_RW) P(csrr1, 59, SPR_RW) P(dear, 61, SPR_RW) \
    P(esr, 62, SPR_RW) P(mcsrr0, 570, SPR_RW) P(mcsrr1, 571, SPR_RW) P(decar, 54, SPR_WO) P(pvr, 287, SPR_RO) \
    P(sprg[0], 272, SPR_RW) P(sprg[1], 273, SPR_RW) P(sprg[2], 274, SPR_RW) P(sprg[3], 275, SPR_RW) \
    P(sprg[4], 276, SPR_RW) P(sprg[5], 277, SPR_RW) P(sprg[6], 278, SPR_RW) P(sprg[7], 279, SPR_RW) \
    P(sprg[4], 260, SPR_RO | SPR_USER) P(sprg[5], 261, SPR_RO | SPR_USER) \
    P(sprg[6], 262, SPR_RO | SPR_USER) P(sprg[7], 263, SPR_RO | SPR_USER) \
    P(dbcr[1], 309, SPR_RW) P(dbcr[2], 310, SPR_RW) P(iac[0], 312, SPR_RW) P(iac[1], 313, SPR_RW) \
    P(iac[2], 314, SPR_RW) P(iac[3], 315, SPR_RW) P(dac[0], 316, SPR_RW) P(dac[1], 317, SPR_RW) \
    P(dvc[0], 318, SPR_RW) P(dvc[1], 319, SPR_RW) P(ccr1, 888, SPR_RW) P(dbdr, 1011, SPR_RW) \
    P(dvlim, 920, SPR_RW) P(ivlim, 921, SPR_RW) \
    P(victim[0], 880, SPR_RW) P(victim[1], 881, SPR_RW) P(victim[2], 882, SPR_RW) P(victim[3], 883, SPR_RW) \
    P(victim[4], 884, SPR_RW) P(victim[5], 885, SPR_RW) P(victim[6], 886, SPR_RW) P(victim[7], 887, SPR_RW) \
    P(victim[8], 912, SPR_RW) P(victim[9], 913, SPR_RW) P(victim[10], 914, SPR_RW) P(victim[11], 915, SPR_RW) \
    P(victim[12], 916, SPR_RW) P(victim[13], 917, SPR_RW) P(victim[14], 918, SPR_RW) P(victim[15], 919, SPR_RW)

/* A user reads and writes what has b5 of the number clear; the rest is privileged whether or not it exists. */
static inline int spr_is_privileged(int n) { return n & 0x10; }

static RARE int spr_missing(CPU440 *c, int n, int diagnostic) {
    if ((c->msr & MSR_PR) && !spr_is_privileged(n)) return cpu440_raise(c, VEC_PROGRAM, ESR_PIL, 0, 0);
    c->diagnostics[diagnostic]++;
    return 0;
}

static inline int spr_refused(CPU440 *c, int n) {
    return UNLIKELY(c->msr & MSR_PR) && spr_is_privileged(n) ? cpu440_raise(c, VEC_PROGRAM, ESR_PPR, 0, 0) : 0;
}

/* A register of a number for tools: 0, or -1 when there is none. Timers are as of `now`. */
static int spr_peek(CPU440 *c, int n, int64_t now, uint32_t *value) {
#define PLAIN(name, number, access) case number: *value = c->name; return access;
    switch (n) {
    CPU440_PLAIN_SPRS(PLAIN)
    case 1: *value = cpu440_xer(c); return SPR_RW | SPR_USER;
    case 22: *value = timers_dec(c, now); return SPR_RW;
    case 48: *value = c->pid; return SPR_RW;
    case 63: *value = c->ivpr; return SPR_RW;
    case 268: *value = (uint32_t)timers_tb(c, now); return SPR_RO | SPR_USER;
    case 269: *value = (uint32_t)(timers_tb(c, now) >> 32); return SPR_RO | SPR_USER;
    case 284: *value = (uint32_t)timers_tb(c, now); return SPR_WO;
    case 285: *value = (uint32_t)(timers_tb(c, now) >> 32); return SPR_WO;
    case 286: case 923: case 924: case 925: case 926: case 927: case 979: *value = 0; return SPR_RO;
    case 304: *value = c->dbsr; return SPR_RW;
    case 308: *value = c->dbcr[0]; return SPR_RW;
    case 336: timers_run(c, now); *value = c->tsr; return SPR_RW;
    case 340: *value = c->tcr; return SPR_RW;
    case 572: *value = c->mcsr; return SPR_RW;
    case 946: *value = c->mmucr; return SPR_RW;
    case 947: *value = c->ccr0; return SPR_RW;
    default:
        if (n >= 400 && n < 416) {
            *value = c->ivor[n - 400];
            return SPR_RW;
        }
        *value = 0;
        return -1;
    }
#undef PLAIN
}

static int spr_read(CPU440 *c, int n, uint32_t *value) {
    uint32_t found;
    if (spr_refused(c, n)) return 1;
    int access = spr_peek(c, n, cpu440_now(c), &found);
    if (UNLIKELY(access < 0)) return spr_missing(c, n, DIAG_unimplemented_spr);
    if (UNLIKELY(!(access & SPR_READ))) return spr_missing(c, n, DIAG_write_only_spr);
    *value = found;
    return 0;
}

static void spr_set_tcr(CPU440 *c, uint32_t value) {
    c->tcr = (value & 0xFFC00000u) | (c->tcr & TCR_WRC);   /* WRC can be set, not cleared */
}

/* The effect of a write; n exists and may be written. */
static void spr_store(CPU440 *c, int n, int64_t now, uint32_t value) {
    uint64_t tb;
#define PLAIN(name, number, access) case number: c->name = value; return;
    switch (n) {
    CPU440_PLAIN_SPRS(PLAIN)
    case 1: cpu440_set_xer(c, value); return;
    case 48: mmu_set_pid(c, value & 255); return;
    case 63: c->ivpr = value & 0xFFFF0000u; return;
    case 304: c->dbsr &= ~value; return;
    case 572: c->mcsr &= ~value; return;
    case 946: c->mmucr = value & MMUCR_MASK; return;
    case 947:
        c->ccr0 = value;
        c->slow_only = (value & CCR0_FLSTA) != 0;
        cpu440_set_msr(c, c->msr);
        return;
    case 308:
        c->dbcr[0] = value;
        if (value & DBCR0_RST) {
            c->reset_kind = value >> 28 & 3;
            c->attention = 1;
        }
        return;
    default:
        break;
    }
#undef PLAIN
    if (n >= 400 && n < 416) {
        c->ivor[n - 400] = value & 0xFFF0;
        return;
    }
    timers_run(c, now);
    tb = timers_tb(c, now);
    if (n == 22) timers_set_dec(c, now, value);
    else if (n == 284) timers_set_tb(c, now, (tb & ~0xFFFFFFFFull) | value);
    else if (n == 285) timers_set_tb(c, now, (tb & 0xFFFFFFFFull) | (uint64_t)value << 32);
    else if (n == 336) c->tsr &= ~value;
    else if (n == 340) spr_set_tcr(c, value);
    timers_pending(c);
    c->attention = 1;   /* the next event is another one now */
}

static int spr_write(CPU440 *c, int n, uint32_t value) {
    uint32_t old;
    if (spr_refused(c, n)) return 1;
    int access = spr_peek(c, n, cpu440_now(c), &old);
    if (UNLIKELY(access < 0)) return spr_missing(c, n, DIAG_unimplemented_spr);
    if (UNLIKELY(!(access & SPR_WRITE))) return spr_missing(c, n, DIAG_read_only_spr);
    if (UNLIKELY(c->msr & MSR_PR) && n >= 260 && n <= 263) return spr_missing(c, n, DIAG_read_only_spr);
    spr_store(c, n, cpu440_now(c), value);
    return 0;
}

#endif
