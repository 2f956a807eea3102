/* SPDX-License-Identifier: BSD-3-Clause */
/* Predecoded code, keyed by physical page and independent of where it is mapped. The 440's instruction cache is not
 * coherent: icbi, iccci and writers other than the core make a page stale, and it is decoded again when it is next
 * entered. The program's own stores are heard in two cases. In the strict mode they make a page stale at once. Where a
 * supervisor empties the cache at each entry to its guest, they do so for a page that was not executed since the last
 * entry, and at the next entry for one that was. A page being executed is never freed. */
#ifndef CPU440_CODE_H
#define CPU440_CODE_H

#include "cpu440_decode.h"
#include "cpu440_mmu.h"

enum { CODE_PAGES_MOST = 8192 };

static void code_make_stale(CPU440 *c, CodePage *page) {
    page->stale = 1;
    if (page->lines == 1 && page->line->page == page) page->line->tag = NO_TAG;
    for (int m = 0; m < 4 && page->lines > 1; m++)
        for (int i = 0; i < FETCH_LINES; i++)
            if (c->fetches[m][i].page == page) c->fetches[m][i].tag = NO_TAG;
    page->lines = 0;
}

/* Written by stores that nobody heard: any word of it may differ. */
static void code_whole(CodePage *page) { memset(page->stored, 0xFF, sizeof page->stored); }

static void code_mark(CPU440 *c, uint64_t page) {
    for (int little = 0; little < 2; little++) {
        CodePage *found = c->pages[page * 2 + little];
        if (!found) continue;
        code_whole(found);
        if (!found->stale) code_make_stale(c, found);
    }
}

static void code_written(CPU440 *c, uint64_t pa, uint64_t count) {
    if (count == 0 || pa >= c->ram_size) return;
    uint64_t last = (pa + count - 1) >> 12;
    for (uint64_t page = pa >> 12; page <= last && page < c->page_count; page++) code_mark(c, page);
}

/* Whether it is in the instruction cache: fetched since the guest was entered last; natively since ever. */
static int code_executed(const CPU440 *c, const CodePage *page) {
    if (page->seen == c->entries) return 1;
    if (page->lines == 1) return page->line->page == page && page->line->seen == c->entries;
    for (int m = 0; m < 4 && page->lines > 1; m++)
        for (int i = 0; i < FETCH_LINES; i++)
            if (c->fetches[m][i].page == page && c->fetches[m][i].seen == c->entries) return 1;
    return 0;
}

/* It is decoded anew after the next entry to the guest, not before. */
static void code_wait(CPU440 *c, CodePage *page) {
    if (page->waits) return;
    page->waits = 1;
    page->also = c->waiting;
    c->waiting = page;
}

/* A store of the program that was heard; it lies within a page. */
static RARE void code_stored(CPU440 *c, uint64_t pa, int size) {
    int found = 0;
    for (int little = 0; little < 2; little++) {
        CodePage *page = c->pages[(pa >> 12) * 2 + little];
        if (!page) continue;
        found = 1;
        for (uint64_t line = (pa & 4095) >> 5; line <= ((pa & 4095) + size - 1) >> 5; line++)
            page->stored[line >> 5] |= 1u << (line & 31);
        if (++page->stores >= STORES_MOST) code_whole(page);
        if (page->stale || page->waits) continue;
        if (c->strict || !(page == c->page || code_executed(c, page))) code_make_stale(c, page);
        else code_wait(c, page);
    }
    if (!found || !c->strict) return;
    c->diagnostics[DIAG_store_to_code]++;
    c->attention = 1;
}

static void code_all_stale(CPU440 *c) {
    for (uint64_t i = 0; i < 2 * c->page_count; i++)
        if (c->pages[i]) {
            c->pages[i]->stale = 1;
            code_whole(c->pages[i]);
        }
    mmu_drop_fetches(c);
}

static void code_free_all(CPU440 *c) {
    for (uint64_t i = 0; i < 2 * c->page_count; i++) {
        free(c->pages[i]);
        c->pages[i] = NULL;
    }
    c->pages_made = 0;
    c->page = NULL;
    c->waiting = NULL;
    memset(c->fetches, 0, sizeof c->fetches);   /* not their tags alone: they know pages by their address */
    mmu_drop_fetches(c);
}

static RARE void code_renew(CPU440 *c) {
    if (!c->hears) {   /* before the first entry nobody listened */
        c->hears = 1;
        mmu_drop_all(c);
        code_all_stale(c);
    }
    while (c->waiting) {
        CodePage *page = c->waiting;
        c->waiting = page->also;
        page->waits = 0;
        if (!page->stale) code_make_stale(c, page);
    }
    if (c->entries == 0) code_free_all(c);   /* the numbers begin again */
}

/* The guest is entered with an empty instruction cache: nothing is to do where no code was stored to. */
static inline void code_entered(CPU440 *c) {
    c->entries++;
    if (UNLIKELY(!c->hears || c->waiting || c->entries == 0)) code_renew(c);
}

static inline uint32_t code_word(const CodePage *page, const uint8_t *bytes, int i) {
    uint32_t raw;
    memcpy(&raw, bytes + 4 * i, 4);
    return page->little ? raw : __builtin_bswap32(raw);
}

/* A place where execution arrives from elsewhere is a place to translate from, when that happens often. */
static RARE void code_arrived(CPU440 *c, Insn *at) {
    int never = !c->translate || at->op == OP_end_of_page;
    at->native = never ? NATIVE_NEVER : 1;
    if (!never) at->handler = c->handlers[OP_counted];
}

/* So is the head of a loop, and a function of the page that it calls itself. */
static void code_mark_heads(CPU440 *c, CodePage *page) {
    for (int i = 0; i < PAGE_INSNS; i++) {
        const Insn *p = &page->insn[i];
        int back = p->op == OP_b_near || p->op == OP_bt_near || p->op == OP_bf_near || p->op == OP_bdnz_near;
        if (!(p->op == OP_bl_near || (back && p->imm < 0))) continue;
        Insn *head = &page->insn[i + p->imm];
        if (!head->native) code_arrived(c, head);
    }
}

static inline void code_forget_near(CPU440 *c) {
    for (; c->near_used; c->near_used &= c->near_used - 1) {
        int g = __builtin_ctz(c->near_used);
        c->near_read[g] = c->near_write[g] = NEAR_NONE;
    }
}

/* Its records lead to no translation any more. */
static void code_untranslate(CPU440 *c, CodePage *page) {
    if (!page->translated) return;
    page->translated = 0;
    for (int i = 0; i < PAGE_INSNS; i++) {
        Insn *p = &page->insn[i];
        if (p->handler != c->handlers[OP_native]) continue;
        p->handler = c->handlers[OP_counted];
        p->native = 1;
    }
}

/* Decode a page from its 4,096 bytes: all of it, or the words that differ in the lines that were stored to. */
static void code_decode(CPU440 *c, CodePage *page, const uint8_t *bytes, int all) {
    uint64_t moved = 0;      /* what the changed words add to the accesses before those that follow */
    for (int i = 0; i < PAGE_INSNS; i++) {
        Insn *insn = &page->insn[i];
        int stored = all || page->stored[i >> 8] >> (i >> 3 & 31) & 1;
        if (!stored && !moved) {
            i |= 7;
            continue;
        }
        uint64_t own = all ? 0 : insn[1].before - insn->before;
        uint32_t raw = code_word(page, bytes, i);
        insn->before = all ? moved : insn->before + moved;
        if (!all && (!stored || raw == insn->raw)) continue;
        code_untranslate(c, page);
        moved += decode_record_of(insn, raw, i) - own;
        insn->handler = c->handlers[insn->op];
        insn->native = 0;
    }
    page->insn[PAGE_INSNS].before = all ? moved : page->insn[PAGE_INSNS].before + moved;
    page->insn[PAGE_INSNS].op = OP_end_of_page;
    page->insn[PAGE_INSNS].handler = c->handlers[OP_end_of_page];
    memset(page->stored, 0, sizeof page->stored);
    page->stores = 0;
    page->stale = 0;
    if (c->translate) code_mark_heads(c, page);
}

/* The page at a physical address in RAM, decoded now or before; NULL when memory is out. */
static CodePage *code_page(CPU440 *c, uint64_t pa, int little) {
    CodePage **slot = &c->pages[(pa >> 12) * 2 + little];
    int all = !*slot, unheard = all || (*slot)->stores >= STORES_MOST;
    if (all) {
        if (c->pages_made >= CODE_PAGES_MOST) code_free_all(c);
        CodePage *made = aligned_alloc(64, (sizeof(CodePage) + 63) & ~(size_t)63);
        if (!made) return NULL;
        memset(made, 0, sizeof(CodePage));
        made->pa = pa & ~4095ull;
        made->little = (uint8_t)little;
        made->stale = 1;
        c->pages_made++;
        *slot = made;
    }
    if (!(*slot)->stale) return *slot;
    code_decode(c, *slot, c->ram + (*slot)->pa, all);
    if (c->hears && unheard) mmu_withhold(c, pa);
    return *slot;
}

/* Fetch translation. 0: c->page and c->page_base are set; else an exception is raised. */
static __attribute__((noinline)) int code_fetch(CPU440 *c, uint32_t ea) {
    Found f;
    int user = (c->msr & MSR_PR) != 0, as = (c->msr & MSR_IS) != 0;
    c->fetch_once = 0;
    if (!mmu_find(c, 1, as, ea, &f)) {
        if (!c->micro[1].size) c->lookups++;
        c->missed++;
        c->misses[c->statistics_mode][ACCESS_FETCH]++;
        c->more_lookups[c->statistics_mode]++;
        return cpu440_raise(c, V_ITLB, 0, ea, ACCESS_FETCH);
    }
    if (!(f.w2 & (user ? 0x20 : 0x04))) {
        if (!c->micro[1].size) c->lookups++;
        c->more_lookups[c->statistics_mode]++;
        return cpu440_raise(c, V_ISI, 0, ea, ACCESS_FETCH);
    }
    uint64_t pa = mmu_physical(&f, ea);
    c->answer_pa = pa;
    if ((pa | 4095) >= c->ram_size) {
        c->mcsr |= MCSR_MCS | MCSR_IB;
        return cpu440_raise(c, V_MACHINE_CHECK, (uint32_t)ESR_MCI, ea, ACCESS_FETCH);
    }
    CodePage *page = code_page(c, pa, (f.w2 & W2_E) != 0);
    if (!page) return cpu440_raise(c, -2, 0, ea, ACCESS_FETCH);
    page->seen = c->entries;
    c->page = page;
    c->page_base = ea - (uint32_t)(pa & 4095);
    c->fetch_once = f.mask == ~1023u;
    c->fetch_breaks = 0;
    for (int i = 0; i < c->break_count; i++) c->fetch_breaks |= c->breaks[i] >> 12 == ea >> 12;
    if (UNLIKELY(c->recorder != NULL)) {
        rec_page(c, ea);
        c->recorder->full |= c->fetch_once ? REC_SMALL_PAGE : 0;
    }
    if (c->fetch_once || c->fetch_breaks || f.stale) return 0;
    if (UNLIKELY(c->recorder != NULL)) {      /* without a line: each entry of a page comes by */
        c->held[f.slot] |= 0x10 << (user << 1 | as);
        c->tlb.watched[f.slot] = 1;
        return 0;
    }
    FetchLine *line = &c->fetch[ea >> 12 & (FETCH_LINES - 1)];
    if (line->page && line->seen == c->entries) line->page->seen = c->entries;   /* what it knows must not be lost */
    *line = (FetchLine){ea & ~4095u, c->entries, page};
    page->lines = page->lines == 0 || (page->lines == 1 && page->line == line) ? 1 : 2;
    page->line = line;
    if (c->micro[1].size) return 0;
    c->held[f.slot] |= 0x10 << (user << 1 | as);
    c->tlb.watched[f.slot] = 1;
    return 0;
}

#endif
