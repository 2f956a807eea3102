/* SPDX-License-Identifier: BSD-3-Clause */
/* Time base, decrementer, fixed interval and watchdog timers: nothing counts, everything is computed from the time. */
#ifndef CPU440_TIMERS_H
#define CPU440_TIMERS_H

#include "cpu440.h"

static inline uint64_t timers_tb(const CPU440 *c, int64_t now) {
    return (uint64_t)(now / c->tick) + (uint64_t)c->tb_offset;
}

/* The time base bit whose rise is an event: periods of 2^13, 2^17, ... (fixed interval), 2^21, ... (watchdog). */
static inline uint64_t timers_fit_bit(const CPU440 *c) { return 1ull << (12 + 4 * (c->tcr >> 24 & 3)); }
static inline uint64_t timers_watchdog_bit(const CPU440 *c) { return 1ull << (20 + 4 * (c->tcr >> 30)); }

/* How often the bit has risen up to a value of the time base. */
static inline uint64_t timers_rises(uint64_t tb, uint64_t bit) { return (tb + bit) / (2 * bit); }

static void timers_pending(CPU440 *c) {
    int pending = c->pending & PEND_MACHINE;
    if (c->critical_line) pending |= PEND_CRITICAL;
    if (c->external_line) pending |= PEND_EXTERNAL;
    if ((c->tsr & TSR_WIS) && (c->tcr & TCR_WIE)) pending |= PEND_WATCHDOG;
    if ((c->tsr & TSR_FIS) && (c->tcr & TCR_FIE)) pending |= PEND_FIT;
    if ((c->tsr & TSR_DIS) && (c->tcr & TCR_DIE)) pending |= PEND_DEC;
    c->pending = pending;
}

/* One time-out of the watchdog: first it arms itself, then it interrupts, then it resets as TCR[WRC] says. */
static void timers_watchdog(CPU440 *c) {
    if (!(c->tsr & TSR_ENW)) c->tsr |= TSR_ENW;
    else if (!(c->tsr & TSR_WIS)) c->tsr |= TSR_WIS;
    else if (c->tcr & TCR_WRC) {
        c->tsr = (c->tsr & ~TSR_WRS) | (c->tcr & TCR_WRC);
        c->reset_kind = c->tcr >> 28 & 3;
        c->attention = 1;
    }
}

static void timers_decrement(CPU440 *c, int64_t ticks) {
    if (c->dec_zero > ticks) return;
    c->tsr |= TSR_DIS;
    if (!(c->tcr & TCR_ARE) || c->decar == 0) c->dec_zero = FOREVER;
    else c->dec_zero += ((ticks - c->dec_zero) / c->decar + 1) * (int64_t)c->decar;
}

/* Everything up to `now`. */
static void timers_run(CPU440 *c, int64_t now) {
    int64_t ticks = now / c->tick;
    if (c->supervised || ticks == c->ticks_seen) return;
    uint64_t offset = (uint64_t)c->tb_offset, before = (uint64_t)c->ticks_seen + offset, after = (uint64_t)ticks + offset;
    uint64_t fit = timers_fit_bit(c), dog = timers_watchdog_bit(c);
    c->ticks_seen = ticks;
    timers_decrement(c, ticks);
    if (timers_rises(after, fit) != timers_rises(before, fit)) c->tsr |= TSR_FIS;
    uint64_t barks = timers_rises(after, dog) - timers_rises(before, dog);
    for (uint64_t i = 0; i < barks && i < 3; i++) timers_watchdog(c);
    timers_pending(c);
}

/* The first tick after `ticks` at which the bit rises. */
static int64_t timers_next_rise(const CPU440 *c, int64_t ticks, uint64_t bit) {
    uint64_t tb = (uint64_t)ticks + (uint64_t)c->tb_offset;
    uint64_t ahead = (bit - tb) & (2 * bit - 1);
    return ticks + (int64_t)(ahead ? ahead : 2 * bit);
}

/* When something of the timers can be seen without being asked for; FOREVER when nothing is armed, or all has come
 * that can come: once its status is set, an interrupt does not come again, and the watchdog without a reset rests.
 * `msr`: of the interrupts, only those that its EE and CE let through. */
static int64_t timers_next(const CPU440 *c, uint32_t msr) {
    int64_t tick = FOREVER, other;
    if (c->supervised) return FOREVER;
    if ((msr & MSR_EE) && (c->tcr & TCR_DIE) && !(c->tsr & TSR_DIS)) tick = c->dec_zero;
    if ((msr & MSR_EE) && (c->tcr & TCR_FIE) && !(c->tsr & TSR_FIS)) {
        other = timers_next_rise(c, c->ticks_seen, timers_fit_bit(c));
        if (other < tick) tick = other;
    }
    if ((c->tcr & TCR_WRC) || ((msr & MSR_CE) && (c->tcr & TCR_WIE) && !(c->tsr & TSR_WIS))) {
        other = timers_next_rise(c, c->ticks_seen, timers_watchdog_bit(c));
        if (other < tick) tick = other;
    }
    return tick >= FOREVER / c->tick ? FOREVER : tick * c->tick;
}

static uint32_t timers_dec(const CPU440 *c, int64_t now) {
    int64_t ticks = now / c->tick;
    return c->dec_zero == FOREVER || c->dec_zero <= ticks ? 0 : (uint32_t)(c->dec_zero - ticks);
}

static void timers_set_dec(CPU440 *c, int64_t now, uint32_t value) {
    c->dec_zero = value ? now / c->tick + (int64_t)value : FOREVER;
}

/* A write of the time base can make a bit rise by itself. */
static void timers_set_tb(CPU440 *c, int64_t now, uint64_t value) {
    uint64_t before = timers_tb(c, now), rising = value & ~before;
    c->tb_offset = (int64_t)(value - (uint64_t)(now / c->tick));
    if (rising & timers_fit_bit(c)) c->tsr |= TSR_FIS;
    if (rising & timers_watchdog_bit(c)) timers_watchdog(c);
}

#endif
