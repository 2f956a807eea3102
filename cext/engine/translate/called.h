/* SPDX-License-Identifier: BSD-3-Clause */
/* What translated code calls, besides `engine_once`: it is entered with all that an interpreter would have spilled. */
#ifndef CALLED_H
#define CALLED_H

#include "cpu440_engine.h"

enum { NO_LINE = 0, FAULTED = 1 };

/* The line for an access whose first byte is at `ea`, found as the interpreter's access begins; NO_LINE where there is
 * none for all of its bytes, FAULTED with an exception raised. A micro-TLB counts each look: then the interpreter looks. */
static uintptr_t called_line(CPU440 *c, uint32_t ea, uint32_t bytes, uint32_t kind) {
    if (c->micro[0].size) return NO_LINE;
    if (mmu_data(c, ea, ea, (int)kind)) return FAULTED;
    const DataLine *line = &c->data[ea >> 12 & (CACHE_LINES - 1)];
    uint32_t tag = kind == ACCESS_STORE ? line->write_tag : line->read_tag;
    return ((ea + bytes - 1) & ~4095u) == tag ? (uintptr_t)line : NO_LINE;
}

/* tlbwe, the most frequent of the instructions that are called for, in the way of `engine_once`. */
static int called_tlbwe(CPU440 *c, int part) {
    const Insn *p = c->live;
    if ((c->msr & MSR_PR) || (p->raw >> 11 & 31) > 2) return engine_once(c, part);
    engine_tlbwe(c, p);
    c->live_left -= cpu440_spend(c, COST_TLBWE);
    if (UNLIKELY(c->attention)) return engine_once(c, ONCE_DONE);
    if (c->near_used) code_forget_near(c);
    return NATIVE_ON;
}

#endif
