/* SPDX-License-Identifier: BSD-3-Clause */
/* The engines: one that runs as fast as it can and one that looks after every instruction, from the same bodies. */
#ifndef CPU440_ENGINE_H
#define CPU440_ENGINE_H

#include "cpu440_access.h"
#include "cpu440_spr.h"
#include "cpu440_tally.h"

enum { RUN_BUDGET, RUN_ATTENTION, RUN_EXCEPTION, RUN_SPIN };

static const void *const *engine_handlers;   /* of the fast engine: what predecoded records point to */

/* The array has as many entries as it has; an index beyond them is undefined, here it is taken modulo their number. */
static int engine_slot(CPU440 *c, uint32_t value) {
    if (value >= (uint32_t)c->tlb.entries) c->diagnostics[DIAG_invalid_slot]++;
    return (int)(value % (uint32_t)c->tlb.entries);
}

static int engine_word(CPU440 *c, const Insn *p) {
    int word = p->raw >> 11 & 31;
    if (word <= 2) return word;
    c->diagnostics[DIAG_invalid_form]++;
    cpu440_raise(c, V_PROGRAM, ESR_PIL, 0, 0);
    return -1;
}

static void engine_doubt_word(CPU440 *c, int word, uint32_t value) {
    uint32_t size = value >> 4 & 15;
    if (word == 0 && (value & W0_VALID) && !(PAGE_SIZES >> size & 1)) c->diagnostics[DIAG_unsupported_page_size]++;
    if (word == 2 && (value & (W2_I | W2_W)) == (W2_I | W2_W)) c->diagnostics[DIAG_write_through_inhibited]++;
}

/* A string over the registers that its address came from is an invalid form; the bytes stay. */
static void engine_doubt_string(CPU440 *c, const Insn *p, uint32_t count, uint32_t other) {
    uint32_t registers = (count + 3) / 4;
    int over_base = p->a != ZERO_REGISTER && ((p->a - p->d) & 31u) < registers;
    if (over_base || (other != ZERO_REGISTER && ((other - p->d) & 31u) < registers))
        c->diagnostics[DIAG_string_overwrites_base]++;
}

static int engine_tlbwe(CPU440 *c, const Insn *p) {
    int word = engine_word(c, p), slot;
    if (word < 0) return 1;
    slot = engine_slot(c, c->gpr[p->a]);
    engine_doubt_word(c, word, c->gpr[p->d]);
    if (word == 0) c->last_written = slot;
    c->tlb.write(c->tlb.owner, slot, word, c->gpr[p->d], (int)(c->mmucr & 255));
    return 0;
}

static int engine_tlbre(CPU440 *c, const Insn *p) {
    int word = engine_word(c, p), slot;
    if (word < 0) return 1;
    slot = engine_slot(c, c->gpr[p->a]);
    if (word == 0) c->mmucr = (c->mmucr & ~255u) | c->tlb.tid[slot];
    c->gpr[p->d] = word == 0 ? c->tlb.w0[slot] : word == 1 ? c->tlb.w1[slot] & 0xFFFFFC0Fu : c->tlb.w2[slot] & 0xFFBFu;
    return 0;
}

/* A miss leaves RT as it was: its value is undefined. */
static void engine_tlbsx(CPU440 *c, const Insn *p) {
    uint32_t ea = ((uint32_t *)c)[p->a] + c->gpr[p->b];
    int slot = mmu_search(c, (c->mmucr & MMUCR_STS) != 0, c->mmucr & 255, ea);
    if (slot >= 0) c->gpr[p->d] = (uint32_t)slot;
    if (p->raw & 1) c->cr[0] = (slot >= 0 ? 2 : 0) | c->so;
}

/* dlmzb: the place of the first zero byte of RS || RB, 1 to 8; 8 when there is none. */
static void engine_dlmzb(CPU440 *c, const Insn *p) {
    uint64_t text = (uint64_t)c->gpr[p->d] << 32 | c->gpr[p->b];
    uint32_t count = 0, found = 2;
    while (count < 8 && found == 2) {
        if (!(text >> (56 - 8 * count) & 255)) found = count < 4 ? 4 : 8;
        count++;
    }
    c->string_bytes = count;
    c->gpr[p->a] = count;
    if (p->raw & 1) c->cr[0] = found | c->so;
}

static int engine_breaks_at(const CPU440 *c, uint32_t pc) {
    for (int i = 0; i < c->break_count; i++)
        if (c->breaks[i] == pc) return 1;
    return 0;
}

static int engine_break(CPU440 *c, uint32_t pc) {
    if (!engine_breaks_at(c, pc)) return 0;
    c->stop_found = 1;
    c->stop_address = pc;
    return 1;
}

/* Exceptions one after the other without a completed instruction lead nowhere: the vector itself faults. */
static int engine_stuck(CPU440 *c) {
    int64_t done = c->insns[0] + c->insns[1];
    if (done != c->progress_mark || c->no_progress == 0) {
        c->no_progress = 0;
        c->first_raised = c->raised;
        c->first_pc = c->pc;
        c->first_ea = c->raised_ea;
        c->progress_mark = done;
    }
    c->no_progress++;
    if (c->raised < 0 || (c->raised == V_MACHINE_CHECK && !(c->msr & MSR_ME))) return 1;
    return c->no_progress > c->most_no_progress;
}

/* What translated code relies on, before it goes on: no line is kept by base register, CR fields have the present SO. */
static inline void engine_translated(CPU440 *c) {
    if (c->near_used) code_forget_near(c);
    c->order_lt = 8 | c->so;
    c->order_gt = 4 | c->so;
    c->order_eq = 2 | c->so;
}

enum { ONCE_WHOLE, ONCE_FAULTED, ONCE_DONE };    /* what `engine_once` is to do of an instruction */

#define FAST 0
#define STEPPING 1
#define ONCE 2
#define ENGINE engine_fast
#define KIND FAST
#include "engine440.inc"
#undef ENGINE
#undef KIND
#define ENGINE engine_step
#define KIND STEPPING
#include "engine440.inc"
#undef ENGINE
#undef KIND
#define ENGINE engine_once
#define KIND ONCE
#include "engine440.inc"
#undef ENGINE
#undef KIND
#undef FAST
#undef STEPPING
#undef ONCE

static void engine_prepare(void) {
    if (!engine_handlers) engine_fast(NULL);
    decode_prepare();
}

/* Run up to `budget` instructions' time. RUN_BUDGET: it is used up (or a breakpoint or watchpoint stopped it). */
static int engine_run(CPU440 *c, int64_t budget, int step_only) {
    step_only |= c->tally != NULL;
    c->synced = budget;
    c->step_only = step_only;
    while (c->synced > 0) {
        int fast = !step_only && c->synced > PAGE_INSNS && !c->fetch_once && !c->fetch_breaks;
        c->fetch_once = c->fetch_breaks = 0;
        int64_t before = c->synced;
        int why = fast ? engine_fast(c) : engine_step(c);
        if (c->synced != before) c->break_skip = 0;   /* it was for the first instruction only */
        if (why != RUN_BUDGET || c->stop_found) return why;
    }
    return RUN_BUDGET;
}

#endif
