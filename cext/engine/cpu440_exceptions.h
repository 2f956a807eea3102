/* SPDX-License-Identifier: BSD-3-Clause */
/* What an interrupt does to the machine state, and which of the pending ones comes first. */
#ifndef CPU440_EXCEPTIONS_H
#define CPU440_EXCEPTIONS_H

#include "cpu440_mmu.h"
#include "cpu440_timers.h"

static inline int exc_is_critical(const CPU440 *c, int vector) {
    return vector == V_CRITICAL || vector == V_WATCHDOG || vector == V_DEBUG
        || (vector == V_MACHINE_CHECK && c->mcheck_critical);
}

/* Enter a vector. `back`: where the handler returns to. Counters of the old privilege have been settled. */
static void exc_enter(CPU440 *c, int vector, uint32_t back) {
    uint32_t old = c->msr, msr = old & (MSR_CE | MSR_ME | MSR_DE);
    if (vector == V_MACHINE_CHECK && !c->mcheck_critical) {
        c->mcsrr0 = back;
        c->mcsrr1 = old;
        msr = 0;
    } else if (exc_is_critical(c, vector)) {
        c->csrr0 = back;
        c->csrr1 = old;
        msr = vector == V_MACHINE_CHECK ? 0 : old & MSR_ME;
    } else {
        c->srr0 = back;
        c->srr1 = old;
    }
    cpu440_set_msr(c, msr);
    c->pc = (c->ivpr & 0xFFFF0000u) | (c->ivor[vector] & 0xFFF0u);
    c->vectors[vector]++;
    c->break_skip = 0;    /* the instruction to go on at is another one */
    mmu_synchronise(c);
    if (UNLIKELY(c->entered != NULL)) c->entered(c->entered_owner, vector, back);
}

/* The registers that tell a handler what happened. */
static void exc_report(CPU440 *c) {
    switch (c->raised) {
    case V_DSI: case V_ALIGNMENT: case V_DTLB:
        c->dear = c->raised_ea;
        c->esr = c->raised_esr;
        break;
    case V_PROGRAM: case V_ISI: case V_MACHINE_CHECK:
        c->esr = c->raised_esr;
        break;
    default:
        break;
    }
}

/* The highest pending interrupt that the MSR lets through, or -1. */
static int exc_pending(const CPU440 *c) {
    if ((c->pending & PEND_MACHINE) && (c->msr & MSR_ME)) return V_MACHINE_CHECK;
    if (c->msr & MSR_CE) {
        if (c->pending & PEND_CRITICAL) return V_CRITICAL;
        if (c->pending & PEND_WATCHDOG) return V_WATCHDOG;
    }
    if (c->msr & MSR_EE) {
        if (c->pending & PEND_EXTERNAL) return V_EXTERNAL;
        if (c->pending & PEND_FIT) return V_FIT;
        if (c->pending & PEND_DEC) return V_DECREMENTER;
    }
    return -1;
}

/* Whether the MSR just written lets something through: then the engine goes back to its caller. */
static inline int exc_due(const CPU440 *c) {
    return UNLIKELY((c->msr & MSR_WE) != 0) || (UNLIKELY(c->pending) && exc_pending(c) >= 0);
}

#endif
