/* SPDX-License-Identifier: BSD-3-Clause */
/* Predecoded code, keyed by physical page and independent of where it is mapped. The 440's instruction cache is not
 * coherent: icbi, iccci and writers other than the core make a page stale, and it is decoded again when it is next
 * entered; stores of the program do so only in the strict mode. A page being executed is never freed. */
#ifndef CPU440_CODE_H
#define CPU440_CODE_H

#include "cpu440_decode.h"
#include "cpu440_mmu.h"

enum { CODE_PAGES_MOST = 8192 };

static void code_mark(CPU440 *c, uint64_t page) {
    for (int little = 0; little < 2; little++) {
        CodePage *found = c->pages[page * 2 + little];
        if (found && !found->stale) {
            found->stale = 1;
            mmu_drop_fetches(c);
        }
    }
}

static void code_written(CPU440 *c, uint64_t pa, uint64_t count) {
    if (count == 0 || pa >= c->ram_size) return;
    uint64_t last = (pa + count - 1) >> 12;
    for (uint64_t page = pa >> 12; page <= last && page < c->page_count; page++) code_mark(c, page);
}

/* Strict mode: a store reached a page that has been decoded. */
static void code_stored(CPU440 *c, uint64_t pa) {
    uint64_t page = pa >> 12;
    if (!c->pages[page * 2] && !c->pages[page * 2 + 1]) return;
    c->diagnostics[DIAG_store_to_code]++;
    code_mark(c, page);
    c->attention = 1;
}

static void code_all_stale(CPU440 *c) {
    for (uint64_t i = 0; i < 2 * c->page_count; i++)
        if (c->pages[i]) c->pages[i]->stale = 1;
    mmu_drop_fetches(c);
}

static void code_free_all(CPU440 *c) {
    for (uint64_t i = 0; i < 2 * c->page_count; i++) {
        free(c->pages[i]);
        c->pages[i] = NULL;
    }
    c->pages_made = 0;
    c->page = NULL;
    mmu_drop_fetches(c);
}

static void code_decode(CPU440 *c, CodePage *page) {
    const uint8_t *from = c->ram + page->pa;
    uint64_t before = 0;
    for (int i = 0; i < PAGE_INSNS; i++) {
        Insn *insn = &page->insn[i];
        uint32_t raw;
        memcpy(&raw, from + 4 * i, 4);
        if (!page->little) raw = __builtin_bswap32(raw);
        insn->before = before;
        before += decode_record_of(insn, raw, i);
        insn->handler = c->handlers[insn->op];
    }
    page->insn[PAGE_INSNS].before = before;
    page->insn[PAGE_INSNS].op = OP_end_of_page;
    page->insn[PAGE_INSNS].handler = c->handlers[OP_end_of_page];
    page->stale = 0;
}

/* The decoded page at a physical address in RAM; NULL when memory is out. */
static CodePage *code_page(CPU440 *c, uint64_t pa, int little) {
    CodePage **slot = &c->pages[(pa >> 12) * 2 + little];
    if (!*slot) {
        if (c->pages_made >= CODE_PAGES_MOST) code_free_all(c);
        CodePage *made = aligned_alloc(64, (sizeof(CodePage) + 63) & ~(size_t)63);
        if (!made) return NULL;
        memset(made, 0, sizeof(CodePage));
        made->pa = pa & ~4095ull;
        made->little = (uint8_t)little;
        made->stale = 1;
        c->pages_made++;
        *slot = made;
        if (c->strict) mmu_drop_all(c);   /* lines that still let stores through */
    }
    if ((*slot)->stale) code_decode(c, *slot);
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
        return cpu440_raise(c, VEC_ITLB, 0, ea, ACCESS_FETCH);
    }
    if (!(f.w2 & (user ? 0x20 : 0x04))) {
        if (!c->micro[1].size) c->lookups++;
        c->more_lookups[c->statistics_mode]++;
        return cpu440_raise(c, VEC_ISI, 0, ea, ACCESS_FETCH);
    }
    uint64_t pa = mmu_physical(&f, ea);
    c->answer_pa = pa;
    if ((pa | 4095) >= c->ram_size) {
        c->mcsr |= MCSR_MCS | MCSR_IB;
        return cpu440_raise(c, VEC_MACHINE_CHECK, (uint32_t)ESR_MCI, ea, ACCESS_FETCH);
    }
    CodePage *page = code_page(c, pa, (f.w2 & W2_E) != 0);
    if (!page) return cpu440_raise(c, -2, 0, ea, ACCESS_FETCH);
    c->page = page;
    c->page_base = ea - (uint32_t)(pa & 4095);
    c->fetch_once = f.mask == ~1023u;
    c->fetch_breaks = 0;
    for (int i = 0; i < c->break_count; i++) c->fetch_breaks |= c->breaks[i] >> 12 == ea >> 12;
    if (c->fetch_once || c->fetch_breaks || f.stale) return 0;
    c->fetch[ea >> 12 & (FETCH_LINES - 1)] = (FetchLine){ea & ~4095u, c->page_base, page};
    if (c->micro[1].size) return 0;
    c->held[f.slot] |= 0x10 << (user << 1 | as);
    c->tlb.watched[f.slot] = 1;
    return 0;
}

#endif
