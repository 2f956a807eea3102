/* SPDX-License-Identifier: BSD-3-Clause */
/* Translation: the search of the array, the micro-TLBs, and the host-side caches that make hits cost nothing.
 * A host line exists only while the array (or, where there is a micro-TLB, the micro-TLB) holds its translation, so a
 * hit in a host line is a hit in the modelled hardware. Misses are never cached. */
#ifndef CPU440_MMU_H
#define CPU440_MMU_H

#include "cpu440_recorder.h"

enum { SLOT_NONE = -1, PA_NONE = -1 };

static inline int mmu_matches(const TlbView *t, int slot, uint32_t as, uint32_t pid, uint32_t ea) {
    uint32_t tag = t->tag[slot];
    return (ea & t->mask[slot]) == t->key[slot] && (tag == as << 8 || tag == (as << 8 | pid));
}

typedef uint32_t Words __attribute__((vector_size(16)));

static inline Words mmu_words(const uint32_t *from) { Words v; memcpy(&v, from, sizeof v); return v; }
static inline Words mmu_spread(uint32_t value) { return (Words){value, value, value, value}; }

/* The lowest matching slot, or SLOT_NONE: blocks of sixteen, four entries to a vector, without branches inside. */
static int mmu_search(const CPU440 *c, uint32_t as, uint32_t pid, uint32_t ea) {
    const TlbView *t = &c->tlb;
    Words address = mmu_spread(ea), shared = mmu_spread(as << 8), own = mmu_spread(as << 8 | pid);
    if (!c->overlapped && mmu_matches(t, c->last_written, as, pid, ea)) return c->last_written;
    for (int base = 0; base < t->padded; base += 16) {
        Words found = {0};
        for (int i = base; i < base + 16; i += 4) {
            Words tag = mmu_words(t->tag + i);
            Words same = (Words)((address & mmu_words(t->mask + i)) == mmu_words(t->key + i));
            found |= same & ((Words)(tag == shared) | (Words)(tag == own));
        }
        if (found[0] | found[1] | found[2] | found[3]) {
            int i = base;
            while (!mmu_matches(t, i, as, pid, ea)) i++;
            return i;
        }
    }
    return SLOT_NONE;
}

static void mmu_drop_lines(CPU440 *c, int kept, uint32_t key, uint32_t mask) {
    uint32_t pages = (~mask >> 12) + 1;
    for (int m = 0; m < 4; m++) {
        if (kept >> m & 1) {
            DataLine *lines = c->caches[m];
            if (pages >= CACHE_LINES)
                for (int i = 0; i < CACHE_LINES; i++) lines[i].read_tag = lines[i].write_tag = NO_TAG;
            else
                for (uint32_t i = 0; i < pages; i++) {
                    DataLine *line = &lines[((key >> 12) + i) & (CACHE_LINES - 1)];
                    line->read_tag = line->write_tag = NO_TAG;
                }
        }
        if (kept >> (4 + m) & 1) {
            FetchLine *lines = c->fetches[m];
            if (pages >= FETCH_LINES)
                for (int i = 0; i < FETCH_LINES; i++) lines[i].tag = NO_TAG;
            else
                for (uint32_t i = 0; i < pages; i++) lines[((key >> 12) + i) & (FETCH_LINES - 1)].tag = NO_TAG;
        }
    }
}

static void mmu_micro_forget(MicroTlb *micro, int slot) {
    for (int i = 0; i < micro->used; i++)
        if (micro->entry[i].slot == slot) micro->entry[i].mask = 0, micro->entry[i].key = 1;
}

/* What the host keeps of a slot goes; in the faithful mode a stale micro-TLB entry answers without a host line from then
 * on, so that every use of it is seen. */
static void mmu_drop_kept(CPU440 *c, int slot) {
    int kept = c->held[slot];
    mmu_drop_lines(c, kept, c->tlb.key[slot], c->tlb.mask[slot]);
    if (kept & 0xF0) c->attention = 1;   /* it may translate the page being executed */
    if (c->micro[0].size || c->micro[1].size) return;   /* a micro-TLB may go on holding it */
    c->held[slot] = 0;
    c->tlb.watched[slot] = 0;
}

/* Before a slot changes. In the faithful mode the micro-TLBs keep what they have. */
static void mmu_drop_slot(CPU440 *c, int slot) {
    if (!c->held[slot]) return;
    mmu_drop_kept(c, slot);
    if (c->faithful) return;
    mmu_micro_forget(&c->micro[0], slot);
    mmu_micro_forget(&c->micro[1], slot);
    c->held[slot] = 0;
    c->tlb.watched[slot] = 0;
}

static void mmu_drop_fetches(CPU440 *c) {
    for (int m = 0; m < 4; m++)
        for (int i = 0; i < FETCH_LINES; i++) c->fetches[m][i].tag = NO_TAG;
}

static void mmu_drop_every_line(CPU440 *c) {
    for (int m = 0; m < 5; m++)
        for (int i = 0; i < CACHE_LINES; i++) c->caches[m][i].read_tag = c->caches[m][i].write_tag = NO_TAG;
    mmu_drop_fetches(c);
}

static void mmu_drop_all(CPU440 *c) {
    mmu_drop_every_line(c);
    memset(c->held, 0, c->tlb.padded);
    memset(c->tlb.watched, 0, c->tlb.padded);
    for (int which = 0; which < 2; which++)
        for (int i = 0; i < c->micro[which].used; i++) {
            c->held[c->micro[which].entry[i].slot] |= which ? 0xF0 : 0x0F;
            c->tlb.watched[c->micro[which].entry[i].slot] = 1;
        }
}

/* Whether two valid entries can answer for one address. */
static int mmu_any_overlap(const CPU440 *c) {
    const TlbView *t = &c->tlb;
    for (int i = 0; i < t->entries; i++)
        for (int j = i + 1; t->mask[i] && j < t->entries; j++) {
            uint32_t apart = t->tag[i] ^ t->tag[j];
            int same_tid = !(apart & 255) || !(t->tag[i] & 255) || !(t->tag[j] & 255);
            if (t->mask[j] && !((t->key[i] ^ t->key[j]) & t->mask[i] & t->mask[j]) && apart < 0x100 && same_tid) return 1;
        }
    return 0;
}

static void mmu_empty_micro(CPU440 *c) {
    c->micro[0].used = c->micro[0].next = 0;
    c->micro[1].used = c->micro[1].next = 0;
}

/* A PID write: what was kept for entries of every PID stays, unless an entry of this PID may lie over it. */
static void mmu_set_pid(CPU440 *c, uint32_t pid) {
    if (c->pid == pid) return;
    c->pid = pid;
    if (c->overlapped) {
        mmu_drop_all(c);
        c->attention = 1;
        return;
    }
    for (int slot = 0; slot < c->tlb.entries; slot++)
        if (c->held[slot] && c->tlb.tid[slot]) mmu_drop_kept(c, slot);
}

static void mmu_tlb_changed(CPU440 *c, int slot) {
    if (slot >= 0) {
        mmu_drop_slot(c, slot);
        return;
    }
    c->overlapped = 1;
    mmu_drop_all(c);
    c->attention = 1;
}

/* Context synchronisation: both micro-TLBs are empty, and with them the lines that they vouched for. */
static __attribute__((noinline)) void mmu_lose_micro(CPU440 *c) {
    for (int which = 0; which < 2; which++) {
        MicroTlb *micro = &c->micro[which];
        for (int i = 0; i < micro->used; i++) {
            MicroEntry *e = &micro->entry[i];
            if (e->mask) mmu_drop_lines(c, which ? 0xF0 : 0x0F, e->key, e->mask);
        }
        micro->used = micro->next = 0;
    }
}

static inline void mmu_synchronise(CPU440 *c) {
    if (c->micro[0].used | c->micro[1].used) mmu_lose_micro(c);
}

typedef struct { uint32_t key, mask, w1, w2; int slot, stale; } Found;

/* The faithful micro-TLB answers by itself, as it was filled. */
static MicroEntry *mmu_micro_find(MicroTlb *micro, int as, uint32_t ea) {
    for (int i = 0; i < micro->used; i++) {
        MicroEntry *e = &micro->entry[i];
        if ((ea & e->mask) == e->key && e->as == as) return e;
    }
    return NULL;
}

/* The functional one says nothing else than the array: what counts is whether it holds the slot that matches. */
static MicroEntry *mmu_micro_holds(MicroTlb *micro, int slot) {
    for (int i = 0; i < micro->used; i++)
        if (micro->entry[i].slot == slot && micro->entry[i].mask) return &micro->entry[i];
    return NULL;
}

/* Round robin: the oldest goes, and its lines with it. */
static MicroEntry *mmu_micro_fill(CPU440 *c, int which, int slot, int as) {
    MicroTlb *micro = &c->micro[which];
    MicroEntry *e = &micro->entry[micro->next];
    if (micro->used < micro->size) micro->used++;
    else if (e->mask) mmu_drop_lines(c, which ? 0xF0 : 0x0F, e->key, e->mask);
    micro->next = micro->next + 1 < micro->size ? micro->next + 1 : 0;
    e->key = c->tlb.key[slot];
    e->mask = c->tlb.mask[slot];
    e->w1 = c->tlb.w1[slot];
    e->w2 = c->tlb.w2[slot];
    e->slot = slot;
    e->as = as;
    c->held[slot] |= which ? 0xF0 : 0x0F;
    c->tlb.watched[slot] = 1;
    return e;
}

static int mmu_stale(const CPU440 *c, const MicroEntry *e) {
    const TlbView *t = &c->tlb;
    int slot = e->slot;
    return t->key[slot] != e->key || t->mask[slot] != e->mask || t->w1[slot] != e->w1 || t->w2[slot] != e->w2
        || (t->tid[slot] && t->tid[slot] != c->pid);
}

/* Through a micro-TLB; NULL when the array has no entry either. Only what misses it looks into the array. */
static MicroEntry *mmu_through_micro(CPU440 *c, int which, int as, uint32_t ea) {
    MicroTlb *micro = &c->micro[which];
    MicroEntry *e = c->faithful ? mmu_micro_find(micro, as, ea) : NULL;
    if (e) return e;
    int slot = mmu_search(c, (uint32_t)as, c->pid, ea);
    if (slot >= 0 && !c->faithful) e = mmu_micro_holds(micro, slot);
    if (e) return e;
    c->lookups++;
    if (slot < 0) return NULL;
    c->micro_misses[which]++;
    c->owed += cpu440_spend(c, COST_MICRO);
    return mmu_micro_fill(c, which, slot, as);
}

/* What look-ups through the data micro-TLB change, noted where a watchpoint may stop the access that they are for. */
typedef struct { MicroTlb micro; int64_t misses, lookups, stale, extra, synced, owed; } MicroNote;

static MicroNote mmu_note_micro(const CPU440 *c) {
    return (MicroNote){c->micro[0], c->micro_misses[0], c->lookups, c->diagnostics[DIAG_stale_micro_hit], c->extra,
                       c->synced, c->owed};
}

/* The look-ups since then are taken back; they come again with the instruction. */
static void mmu_take_back(CPU440 *c, const MicroNote *note) {
    for (int i = 0; i < c->micro[0].used; i++)
        if (c->micro[0].entry[i].mask) mmu_drop_lines(c, 0x0F, c->micro[0].entry[i].key, c->micro[0].entry[i].mask);
    c->micro[0] = note->micro;
    c->micro_misses[0] = note->misses;
    c->lookups = note->lookups;
    c->diagnostics[DIAG_stale_micro_hit] = note->stale;
    c->extra = note->extra;
    c->synced = note->synced;
    c->owed = note->owed;
}

/* One look-up as the hardware does it; 0 when there is no entry. `which`: 0 data, 1 instruction. */
static int mmu_find(CPU440 *c, int which, int as, uint32_t ea, Found *found) {
    if (c->micro[which].size) {
        const MicroEntry *e = mmu_through_micro(c, which, as, ea);
        if (!e) return 0;
        int stale = c->faithful && mmu_stale(c, e);
        c->diagnostics[DIAG_stale_micro_hit] += stale;
        *found = (Found){e->key, e->mask, e->w1, e->w2, e->slot, stale};
        return 1;
    }
    int slot = mmu_search(c, (uint32_t)as, c->pid, ea);
    if (slot < 0) return 0;
    *found = (Found){c->tlb.key[slot], c->tlb.mask[slot], c->tlb.w1[slot], c->tlb.w2[slot], slot, 0};
    return 1;
}

static inline uint64_t mmu_physical(const Found *f, uint32_t ea) {
    return (uint64_t)(f->w1 & 15) << 32 | (f->w1 & f->mask) | (ea & ~f->mask);
}

/* Stores to a decoded page that are many and heard each: a page of data that was code once, or code among data. */
enum { STORES_MOST = 256 };

/* Whether stores to this page of RAM must be heard: somebody wants to know when decoded code changes, and here is some. */
static int mmu_hears(const CPU440 *c, uint64_t pa) {
    for (int little = 0; little < 2; little++) {
        const CodePage *page = c->pages[(pa >> 12) * 2 + little];
        if (page && (c->strict || page->stores < STORES_MOST)) return 1;
    }
    return 0;
}

/* No line lets stores to this page of RAM through any more. */
static void mmu_withhold(CPU440 *c, uint64_t pa) {
    uintptr_t host = (uintptr_t)c->ram + (pa & ~4095ull);
    for (int m = 0; m < 4; m++)
        for (int i = 0; i < CACHE_LINES; i++) {
            DataLine *line = &c->caches[m][i];
            if (line->write_tag != NO_TAG && line->addend + line->write_tag == host) line->write_tag = NO_TAG;
        }
}

/* Whether anybody watches accesses to this page; such pages never get a line. */
static int mmu_page_watched(const CPU440 *c, uint32_t ea) {
    for (int i = 0; i < c->watch_count; i++)
        if (ea >> 12 >= c->watch_ea[i] >> 12 && ea >> 12 <= (c->watch_ea[i] + c->watch_size[i] - 1) >> 12) return 1;
    return 0;
}

static void mmu_keep(CPU440 *c, const Found *f, uint32_t ea, uint64_t pa) {
    uint32_t page = ea & ~4095u;
    int user = (c->msr & MSR_PR) != 0;
    DataLine *line = &c->data[ea >> 12 & (CACHE_LINES - 1)];
    if (c->slow_only || f->stale || f->mask == ~1023u || (f->w2 & W2_E) || (c->watch_count && mmu_page_watched(c, ea))) return;
    if ((pa | 4095) >= c->ram_size) return;
    line->read_tag = f->w2 & (user ? 0x08 : 0x01) ? page : NO_TAG;
    line->write_tag = f->w2 & (user ? 0x10 : 0x02) ? page : NO_TAG;
    if (f->w2 & (W2_I | W2_W)) line->write_tag = NO_TAG;    /* dcbz is refused there */
    if (c->hears && mmu_hears(c, pa)) line->write_tag = NO_TAG;
    line->addend = (uintptr_t)c->ram + (pa & ~4095ull) - page;
    if (c->micro[0].size) return;   /* its entry already stands for the line */
    c->held[f->slot] |= 1 << (user << 1 | ((c->msr & MSR_DS) != 0));
    c->tlb.watched[f->slot] = 1;
}

/* Data translation. 0: answer_pa and answer_w2 are set; else an exception is raised with DEAR `dear`. */
static int mmu_data(CPU440 *c, uint32_t ea, uint32_t dear, int kind) {
    Found f;
    uint32_t esr = kind == ACCESS_STORE ? ESR_ST : 0;
    int user = (c->msr & MSR_PR) != 0;
    if (!mmu_find(c, 0, (c->msr & MSR_DS) != 0, ea, &f)) {
        if (!c->micro[0].size) c->lookups++;
        c->missed++;
        c->misses[c->statistics_mode][kind]++;
        c->more_lookups[c->statistics_mode]++;
        return cpu440_raise(c, V_DTLB, esr, dear, kind);
    }
    if (!(f.w2 & ((kind == ACCESS_STORE ? 0x02 : 0x01) << (user ? 3 : 0)))) {
        if (!c->micro[0].size) c->lookups++;
        c->more_lookups[c->statistics_mode]++;
        return cpu440_raise(c, V_DSI, esr, dear, kind);
    }
    c->answer_pa = mmu_physical(&f, ea);
    c->answer_w2 = f.w2;
    if (UNLIKELY(c->recorder != NULL)) {
        rec_access(c, ea, kind);
        c->recorder->full |= f.mask == ~1023u ? REC_SMALL_PAGE : 0;
    }
    mmu_keep(c, &f, ea, c->answer_pa);
    return 0;
}

#endif
