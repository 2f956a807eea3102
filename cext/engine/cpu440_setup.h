/* SPDX-License-Identifier: BSD-3-Clause */
/* Making, resetting, describing and freeing a core; the layout of its state for tools outside of C. */
#ifndef CPU440_SETUP_H
#define CPU440_SETUP_H

#include "cpu440_trapped.h"

typedef struct { const char *name; size_t offset, size; int count; } FieldRow;

/* Every field of the state that is saved, restored, compared: name, offset in bytes, bytes an element, elements. */
static const FieldRow CPU440_LAYOUT[] = {
#define WORD(name) {#name, offsetof(CPU440, name), 4, 1},
#define ARRAY(name, count) {#name, offsetof(CPU440, name), 4, count},
#define TIME(name) {#name, offsetof(CPU440, name), 8, 1},
    CPU440_FIELDS(WORD, ARRAY, TIME)
#undef WORD
#undef ARRAY
#undef TIME
};
static const FieldRow CPU440_RUN_LAYOUT[] = {
#define VALUE(name) {#name, offsetof(CPU440, name), 8, 1},
#define VALUES(name, count) {#name, offsetof(CPU440, name), 8, count},
    CPU440_RUN_FIELDS(VALUE, VALUES)
    {"misses", offsetof(CPU440, misses), 8, 6},
#undef VALUE
#undef VALUES
};
enum { CPU440_LAYOUT_COUNT = sizeof CPU440_LAYOUT / sizeof *CPU440_LAYOUT,
       CPU440_RUN_LAYOUT_COUNT = sizeof CPU440_RUN_LAYOUT / sizeof *CPU440_RUN_LAYOUT };

typedef struct { const char *name; int number, access; } SprRow;

static const SprRow CPU440_SPRS[] = {
#define PLAIN(id, number, access, word) {#id, number, access},
#define SPECIAL(id, number, access, ...) {#id, number, access},
#include "spr440.def"
#undef PLAIN
#undef SPECIAL
};
enum { CPU440_SPR_COUNT = sizeof CPU440_SPRS / sizeof *CPU440_SPRS };

static const char *const CPU440_DIAGNOSTIC_NAMES[] = {
#define NAME(name) #name,
    CPU440_DIAGNOSTICS(NAME)
#undef NAME
};

static void cpu440_delete(CPU440 *c) {
    if (!c) return;
    if (c->pages) code_free_all(c);
    free(c->pages);
    free(c->held);
    free(c->tally);
    free(c);
}

/* A core at reset over `ram` and a TLB of `padded` slots; NULL when memory is out. */
static CPU440 *cpu440_new(uint8_t *ram, uint64_t ram_size, int padded) {
    CPU440 *c = aligned_alloc(64, (sizeof(CPU440) + 63) & ~(size_t)63);
    if (!c) return NULL;
    memset(c, 0, sizeof *c);
    engine_prepare();
    c->handlers = engine_handlers;
    c->ram = ram;
    c->ram_size = ram_size;
    c->page_count = ram_size >> 12;
    c->pages = calloc(2 * c->page_count + 2, sizeof *c->pages);
    c->held = calloc((size_t)padded, 1);
    c->raised = -1;
    c->pass_mark = -1;
    c->dec_zero = FOREVER;
    c->next_event = FOREVER;
    c->tick = 1000;
    c->most_no_progress = 16;
    if (!c->pages || !c->held) {
        cpu440_delete(c);
        return NULL;
    }
    cpu440_set_msr(c, 0);
    return c;
}

/* Latencies in time units, and in instructions rounded up: what they may take off a budget without coming too late. */
static void cpu440_set_costs(CPU440 *c, int64_t cpi, const int64_t *latencies) {
    c->cpi = cpi;
    for (int i = 0; i < COST_COUNT; i++) {
        c->cost[i] = latencies[i];
        c->owe[i] = latencies[i] == 0 ? 0 : cpi ? (latencies[i] + cpi - 1) / cpi : (int64_t)1 << 41;
    }
}

/* Nobody records any more. */
static void cpu440_no_recorder(CPU440 *c) {
    c->recorder = NULL;
    c->slow_only = (c->ccr0 & CCR0_FLSTA) != 0;
    cpu440_set_msr(c, c->msr);
}

/* After registers, TLB or memory were set from outside: nothing derived may survive. */
static void cpu440_forget(CPU440 *c) {
    c->slow_only = (c->ccr0 & CCR0_FLSTA) || c->recorder != NULL;
    c->overlapped = mmu_any_overlap(c);
    c->zero = 0;
    mmu_drop_all(c);
    mmu_empty_micro(c);
    code_all_stale(c);
    cpu440_set_msr(c, c->msr);
    c->statistics_mode = c->supervised ? c->statistics_mode : (c->msr & MSR_PR) != 0;
    timers_pending(c);
}

/* For tools: where `ea` is for an access of the given space, or -1. No side effects, no permissions. */
static int64_t cpu440_debug_pa(CPU440 *c, uint32_t ea, int as) {
    int slot = mmu_search(c, (uint32_t)as, c->pid, ea);
    if (slot < 0) return -1;
    Found f = {c->tlb.key[slot], c->tlb.mask[slot], c->tlb.w1[slot], c->tlb.w2[slot], slot, 0};
    return (int64_t)mmu_physical(&f, ea);
}

/* Both micro-TLBs as words: used, next, and six words for each place. */
enum { MICRO_WORDS = 2 * (2 + 6 * MICRO_MOST) };

static void cpu440_save_micro(const CPU440 *c, uint32_t *out) {
    memset(out, 0, 4 * MICRO_WORDS);
    for (int which = 0; which < 2; which++, out += 2 + 6 * MICRO_MOST) {
        const MicroTlb *micro = &c->micro[which];
        out[0] = (uint32_t)micro->used;
        out[1] = (uint32_t)micro->next;
        for (int i = 0; i < micro->used; i++) {
            const MicroEntry *e = &micro->entry[i];
            uint32_t words[6] = {e->key, e->mask, e->w1, e->w2, (uint32_t)e->slot, (uint32_t)e->as};
            memcpy(out + 2 + 6 * i, words, sizeof words);
        }
    }
}

/* 0, or 1 when the words are none that this core could have saved; the micro-TLBs are empty then. */
static int cpu440_restore_micro(CPU440 *c, const uint32_t *in) {
    int bad = 0;
    for (int which = 0; which < 2; which++, in += 2 + 6 * MICRO_MOST) {
        MicroTlb *micro = &c->micro[which];
        bad |= in[0] > (uint32_t)micro->size || in[1] > (micro->size ? (uint32_t)micro->size - 1 : 0);
        for (uint32_t i = 0; !bad && i < in[0]; i++) {
            const uint32_t *w = in + 2 + 6 * i;
            bad |= w[4] >= (uint32_t)c->tlb.entries || w[5] > 1;
            micro->entry[i] = (MicroEntry){w[0], w[1], w[2], w[3], (int)w[4], (int)w[5]};
        }
        if (bad) break;
        micro->used = (int)in[0];
        micro->next = (int)in[1];
    }
    if (bad) mmu_empty_micro(c);
    mmu_drop_all(c);
    return bad;
}

/* Decoded pages by their place: twice the number of the page, and 1 for little-endian code. Whether the instruction
 * cache holds this one, and whether it differs from memory: then the old words go on being executed. */
static int cpu440_code_cached(const CPU440 *c, uint64_t place) {
    const CodePage *page = c->pages[place];
    return page && !page->stale && code_executed(c, page);
}

static int cpu440_code_differs(const CPU440 *c, uint64_t place) {
    const CodePage *page = c->pages[place];
    for (int i = 0; i < PAGE_INSNS; i++)
        if (page->insn[i].raw != code_word(page, c->ram + page->pa, i)) return 1;
    return 0;
}

/* The 4,096 bytes that it was decoded from. */
static void cpu440_code_bytes(const CPU440 *c, uint64_t place, uint8_t *out) {
    const CodePage *page = c->pages[place];
    for (int i = 0; i < PAGE_INSNS; i++) {
        uint32_t raw = page->little ? page->insn[i].raw : __builtin_bswap32(page->insn[i].raw);
        memcpy(out + 4 * i, &raw, 4);
    }
}

/* Put a page back into the instruction cache, as memory has it or, with `bytes`, as these say; 1 when memory is out. */
static int cpu440_code_put(CPU440 *c, uint64_t place, const uint8_t *bytes) {
    decode_prepare();    /* its tables are each kernel's own */
    CodePage *page = code_page(c, place >> 1 << 12, place & 1);
    if (!page) return 1;
    page->seen = c->entries;
    if (!bytes) return 0;
    code_whole(page);
    code_decode(c, page, bytes, 0);
    code_whole(page);
    code_wait(c, page);
    return 0;
}

/* Whether times and ticks can be those of a core: the engines calculate with them without looking again. */
static int cpu440_times_fit(const CPU440 *c) {
    int64_t most = FOREVER / 4;
    return c->time >= 0 && c->time < most && c->extra >= 0 && c->extra < most
        && c->ticks_seen >= 0 && c->ticks_seen <= c->time / c->tick
        && (c->dec_zero == FOREVER || (c->dec_zero >= 0 && c->dec_zero < most));
}

#endif
