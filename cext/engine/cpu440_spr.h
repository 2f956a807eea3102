/* SPDX-License-Identifier: BSD-3-Clause */
/* Special purpose registers by number: who may read and write them, and what a write does. */
#ifndef CPU440_SPR_H
#define CPU440_SPR_H

#include "cpu440_exceptions.h"

/* A user reads and writes what has b5 of the number clear; the rest is privileged whether or not it exists. */
static inline int spr_is_privileged(int n) { return n & 0x10; }

static RARE int spr_missing(CPU440 *c, int n, int diagnostic) {
    if ((c->msr & MSR_PR) && !spr_is_privileged(n)) return cpu440_raise(c, V_PROGRAM, ESR_PIL, 0, 0);
    c->diagnostics[diagnostic]++;
    return 0;
}

static inline int spr_refused(CPU440 *c, int n) {
    return UNLIKELY(c->msr & MSR_PR) && spr_is_privileged(n) ? cpu440_raise(c, V_PROGRAM, ESR_PPR, 0, 0) : 0;
}

/* The value of a register as of `now`; its access, or -1 when there is none. Whoever reads a register that follows from
 * the time finds it up to date, so what else has been read, and when, changes nothing. */
static int spr_peek(CPU440 *c, int n, int64_t now, uint32_t *value) {
    if (n == SPR_DEC || n == SPR_TSR) timers_run(c, now);
#define PLAIN(id, number, access, word) case number: *value = c->word; return access;
#define SPECIAL(id, number, access, ...) __VA_OPT__(case number: *value = c->__VA_ARGS__; return access;)
#define COMPUTED(id, expression) case SPR_##id: *value = (expression); return SPR_##id##_ACCESS;
    switch (n) {
#include "spr440.def"
    COMPUTED(XER, cpu440_xer(c))
    COMPUTED(DEC, timers_dec(c, now))
    COMPUTED(DECAR, c->decar)
    COMPUTED(UTBL, (uint32_t)timers_tb(c, now))
    COMPUTED(UTBU, (uint32_t)(timers_tb(c, now) >> 32))
    COMPUTED(TBL, (uint32_t)timers_tb(c, now))
    COMPUTED(TBU, (uint32_t)(timers_tb(c, now) >> 32))
    COMPUTED(TSR, c->tsr)
    COMPUTED(PIR, 0)
    COMPUTED(RSTCFG, 0)
    COMPUTED(DCDBTRL, 0)
    COMPUTED(DCDBTRH, 0)
    COMPUTED(ICDBTRL, 0)
    COMPUTED(ICDBTRH, 0)
    COMPUTED(ICDBDR, 0)
    default:
        if (n >= SPR_IVOR0 && n <= SPR_IVOR15) {
            *value = c->ivor[n - SPR_IVOR0];
            return SPR_IVOR0_ACCESS;
        }
        *value = 0;
        return -1;
    }
#undef PLAIN
#undef SPECIAL
#undef COMPUTED
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
    c->tcr = (value & (uint32_t)TCR_MASK) | (c->tcr & TCR_WRC);   /* WRC can be set, not cleared */
}

/* The effect of a write; n exists and may be written. */
static void spr_store(CPU440 *c, int n, int64_t now, uint32_t value) {
    uint64_t tb;
#define PLAIN(id, number, access, word) case number: c->word = value; return;
#define SPECIAL(id, number, access, ...)
    switch (n) {
#include "spr440.def"
    case SPR_XER: cpu440_set_xer(c, value); return;
    case SPR_PID: mmu_set_pid(c, value & 255); return;
    case SPR_IVPR: c->ivpr = value & 0xFFFF0000u; return;
    case SPR_DBSR: c->dbsr &= ~value; return;
    case SPR_MCSR: c->mcsr &= ~value; return;
    case SPR_MMUCR: c->mmucr = value & MMUCR_MASK; return;
    case SPR_CCR0:
        c->ccr0 = value;
        c->slow_only = (value & CCR0_FLSTA) || c->recorder != NULL;
        cpu440_set_msr(c, c->msr);
        return;
    case SPR_DBCR0:
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
#undef SPECIAL
    if (n >= SPR_IVOR0 && n <= SPR_IVOR15) {
        c->ivor[n - SPR_IVOR0] = value & 0xFFF0;
        return;
    }
    timers_run(c, now);     /* what came before the write follows from the old values */
    tb = timers_tb(c, now);
    if (n == SPR_DEC) timers_set_dec(c, now, value);
    else if (n == SPR_DECAR) c->decar = value;
    else if (n == SPR_TBL) timers_set_tb(c, now, (tb & ~0xFFFFFFFFull) | value);
    else if (n == SPR_TBU) timers_set_tb(c, now, (tb & 0xFFFFFFFFull) | (uint64_t)value << 32);
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
    if (UNLIKELY(c->msr & MSR_PR) && n >= SPR_USPRG4 && n <= SPR_USPRG7) return spr_missing(c, n, DIAG_read_only_spr);
    spr_store(c, n, cpu440_now(c), value);
    return 0;
}

#endif
