/* SPDX-License-Identifier: BSD-3-Clause */
/* Special purpose registers by number: who may read and write them, and what a write does. */
#ifndef CPU440_SPR_H
#define CPU440_SPR_H

#include "cpu440_exceptions.h"

enum { SPR_DEC = 22, SPR_DECAR = 54, SPR_TSR = 336, SPR_TCR = 340 };   /* what belongs to the timers */

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

/* The value of a register as of `now`; its access, or -1 when there is none. Whoever reads a register that follows from
 * the time finds it up to date, so what else has been read, and when, changes nothing. */
static int spr_peek(CPU440 *c, int n, int64_t now, uint32_t *value) {
    if (n == SPR_DEC || n == SPR_TSR) timers_run(c, now);
#define PLAIN(name, number, access) case number: *value = c->name; return access;
    switch (n) {
    CPU440_PLAIN_SPRS(PLAIN)
    case 1: *value = cpu440_xer(c); return SPR_RW | SPR_USER;
    case SPR_DEC: *value = timers_dec(c, now); return SPR_RW;
    case SPR_DECAR: *value = c->decar; return SPR_WO;
    case 48: *value = c->pid; return SPR_RW;
    case 63: *value = c->ivpr; return SPR_RW;
    case 268: *value = (uint32_t)timers_tb(c, now); return SPR_RO | SPR_USER;
    case 269: *value = (uint32_t)(timers_tb(c, now) >> 32); return SPR_RO | SPR_USER;
    case 284: *value = (uint32_t)timers_tb(c, now); return SPR_WO;
    case 285: *value = (uint32_t)(timers_tb(c, now) >> 32); return SPR_WO;
    case 286: case 923: case 924: case 925: case 926: case 927: case 979: *value = 0; return SPR_RO;
    case 304: *value = c->dbsr; return SPR_RW;
    case 308: *value = c->dbcr[0]; return SPR_RW;
    case SPR_TSR: *value = c->tsr; return SPR_RW;
    case SPR_TCR: *value = c->tcr; return SPR_RW;
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
    timers_run(c, now);     /* what came before the write follows from the old values */
    tb = timers_tb(c, now);
    if (n == SPR_DEC) timers_set_dec(c, now, value);
    else if (n == SPR_DECAR) c->decar = value;
    else if (n == 284) timers_set_tb(c, now, (tb & ~0xFFFFFFFFull) | value);
    else if (n == 285) timers_set_tb(c, now, (tb & 0xFFFFFFFFull) | (uint64_t)value << 32);
    else if (n == SPR_TSR) c->tsr &= ~value;
    else if (n == SPR_TCR) spr_set_tcr(c, value);
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
