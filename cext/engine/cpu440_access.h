/* SPDX-License-Identifier: BSD-3-Clause */
/* Accesses that the engines' in-line path does not take: host line absent, page crossed, device, little-endian page,
 * alignment traps, multiples over a page boundary, strings, cache operations. Every helper returns 0 or, with an
 * exception raised and nothing of the guest changed, 1. */
#ifndef CPU440_ACCESS_H
#define CPU440_ACCESS_H

#include "cpu440_mmu.h"
#include "cpu440_code.h"

static inline uint32_t load_be32(const void *at) { uint32_t v; memcpy(&v, at, 4); return __builtin_bswap32(v); }
static inline uint32_t load_be16(const void *at) { uint16_t v; memcpy(&v, at, 2); return __builtin_bswap16(v); }
static inline void store_be32(void *at, uint32_t v) { v = __builtin_bswap32(v); memcpy(at, &v, 4); }
static inline void store_be16(void *at, uint32_t v) { uint16_t w = __builtin_bswap16((uint16_t)v); memcpy(at, &w, 2); }

static inline uint32_t reversed(uint32_t value, int size) {
    return size == 4 ? __builtin_bswap32(value) : size == 2 ? __builtin_bswap16((uint16_t)value) : value;
}

/* Whether the instruction being executed is the one before which the run has just stopped. */
static int acc_passes(const CPU440 *c) {
    return c->insns[0] + c->insns[1] + cpu440_since(c) == c->pass_mark
        && c->page_base + 4 * (uint32_t)(c->live - c->page->insn) == c->pass_pc;
}

/* A watched address is accessed; translation and alignment allow it. 1: the run stops before the access; else a stop
 * comes after it. */
static RARE int acc_watched(CPU440 *c, uint32_t ea, uint32_t size, int kind) {
    int before = 0;
    for (int i = 0; i < c->watch_count; i++) {
        int wanted = c->watch_kind[i];
        if (!(wanted >> kind & 1) || ea - c->watch_ea[i] + size - 1 >= c->watch_size[i] + size - 1) continue;
        if ((wanted & WATCH_BEFORE) && acc_passes(c)) continue;
        before |= wanted & WATCH_BEFORE;
        c->stop_found = 2;
        c->stop_address = c->watch_ea[i] > ea ? c->watch_ea[i] : ea;
        c->stop_ea = ea;
        c->stop_size = size;
        c->stop_kind = kind;
        c->attention = 1;
    }
    return before != 0;
}

/* The same for an access whose pages were looked up since `note`: where the run stops before it, nothing has changed. */
static RARE int acc_watch(CPU440 *c, uint32_t ea, uint32_t size, int kind, const MicroNote *note) {
    if (!acc_watched(c, ea, size, kind)) return 0;
    if (c->micro[0].size) mmu_take_back(c, note);
    return 1;
}

/* Nothing answered: a machine check that is reported later, where it is enabled. */
static RARE void acc_unanswered(CPU440 *c, int kind) {
    c->diagnostics[DIAG_unanswered_access]++;
    c->mcsr |= MCSR_MCS | (kind == ACCESS_STORE ? MCSR_DWB : MCSR_DRB);
    c->attention = 1;
    if (c->msr & MSR_ME || c->supervised) c->pending |= PEND_MACHINE;
    else c->diagnostics[DIAG_machine_check_lost]++;
}

static uint32_t acc_device_load(CPU440 *c, uint64_t pa, int size) {
    uint32_t value = 0, part;
    int64_t now = cpu440_now(c);
    c->attention = 1;
    c->owed += cpu440_spend(c, COST_DEVICE);
    if (UNLIKELY(c->recorder != NULL)) rec_device(c);
    if ((pa & (size - 1)) == 0) {
        if (c->bus.read(c->bus.owner, pa, size, &value, now) < 0) acc_unanswered(c, ACCESS_LOAD);
        return value;
    }
    for (int i = 0; i < size; i++) {
        if (c->bus.read(c->bus.owner, pa + i, 1, &part, now) < 0) acc_unanswered(c, ACCESS_LOAD);
        value = value << 8 | (part & 255);
    }
    return value;
}

static void acc_device_store(CPU440 *c, uint64_t pa, int size, uint32_t value) {
    int64_t now = cpu440_now(c);
    c->attention = 1;
    c->owed += cpu440_spend(c, COST_DEVICE);
    if (UNLIKELY(c->recorder != NULL)) rec_device(c);
    if ((pa & (size - 1)) == 0) {
        if (c->bus.write(c->bus.owner, pa, size, value, now) < 0) acc_unanswered(c, ACCESS_STORE);
        return;
    }
    for (int i = 0; i < size; i++)
        if (c->bus.write(c->bus.owner, pa + i, 1, value >> 8 * (size - 1 - i) & 255, now) < 0)
            acc_unanswered(c, ACCESS_STORE);
}

/* Where the bytes of one access are: up to two pieces. */
typedef struct { uint64_t pa[2]; uint32_t w2[2]; int first; } Place;

static int acc_place(CPU440 *c, uint32_t ea, int size, int kind, Place *place) {
    int room = 1024 - (int)(ea & 1023);
    uint32_t next = ea + room;
    int trapped;
    MicroNote note;
    if (UNLIKELY(c->watch_count)) note = mmu_note_micro(c);
    if (mmu_data(c, ea, ea, kind)) return 1;
    place->pa[0] = c->answer_pa;
    place->w2[0] = c->answer_w2;
    place->first = size;
    trapped = UNLIKELY(c->ccr0 & CCR0_FLSTA) && (ea & (size - 1));
    if (room < size) {
        if (mmu_data(c, next, next, kind)) return 1;
        place->first = room;
        place->pa[1] = c->answer_pa;
        place->w2[1] = c->answer_w2;
        if (UNLIKELY(c->recorder != NULL)) rec_second(c, (next & 4095) == 0);
    }
    if (UNLIKELY(c->watch_count) && !trapped && acc_watch(c, ea, size, kind, &note)) return 1;
    if (room < size && (next & 4095) == 0) {
        c->more_lookups[c->statistics_mode]++;
        if (!c->micro[0].size) c->lookups++;
    }
    return trapped ? cpu440_raise(c, V_ALIGNMENT, kind == ACCESS_STORE ? ESR_ST : 0, ea, kind) : 0;
}

/* Order of bytes in memory: big endian unless the page's E bit says otherwise. */
static uint32_t acc_get(CPU440 *c, uint64_t pa, uint32_t w2, int size) {
    uint32_t value;
    if (pa + size > c->ram_size) value = acc_device_load(c, pa, size);
    else value = size == 4 ? load_be32(c->ram + pa) : size == 2 ? load_be16(c->ram + pa) : c->ram[pa];
    return w2 & W2_E ? reversed(value, size) : value;
}

static void acc_put(CPU440 *c, uint64_t pa, uint32_t w2, int size, uint32_t value) {
    if (w2 & W2_E) value = reversed(value, size);
    if (pa + size > c->ram_size) {
        acc_device_store(c, pa, size, value);
        return;
    }
    if (size == 4) store_be32(c->ram + pa, value);
    else if (size == 2) store_be16(c->ram + pa, value);
    else c->ram[pa] = (uint8_t)value;
    if (UNLIKELY(c->hears)) code_stored(c, pa, size);
}

/* Over two pages byte by byte, in the order that the first one says. */
static uint32_t acc_get_from(CPU440 *c, const Place *place, int size) {
    uint32_t result = 0;
    if (place->first == size) return acc_get(c, place->pa[0], place->w2[0], size);
    for (int i = 0; i < size; i++) {
        int which = i >= place->first;
        uint32_t byte = acc_get(c, which ? place->pa[1] + (i - place->first) : place->pa[0] + i, 0, 1);
        if (place->w2[0] & W2_E) result |= byte << 8 * i;
        else result = result << 8 | byte;
    }
    return result;
}

static void acc_put_to(CPU440 *c, const Place *place, int size, uint32_t value) {
    if (place->first == size) {
        acc_put(c, place->pa[0], place->w2[0], size, value);
        return;
    }
    for (int i = 0; i < size; i++) {
        int which = i >= place->first;
        uint32_t byte = value >> 8 * (place->w2[0] & W2_E ? i : size - 1 - i) & 255;
        acc_put(c, which ? place->pa[1] + (i - place->first) : place->pa[0] + i, 0, 1, byte);
    }
}

static __attribute__((noinline)) int acc_load(CPU440 *c, uint32_t ea, int size, uint32_t *value) {
    Place place;
    if (acc_place(c, ea, size, ACCESS_LOAD, &place)) return 1;
    *value = acc_get_from(c, &place, size);
    return 0;
}

static __attribute__((noinline)) int acc_store(CPU440 *c, uint32_t ea, int size, uint32_t value) {
    Place place;
    if (acc_place(c, ea, size, ACCESS_STORE, &place)) return 1;
    acc_put_to(c, &place, size, value);
    return 0;
}

/* The places of all bytes of multiples and strings, at most 128 of them, before the first one moves: so a fault leaves
 * nothing half done. Alignment and watchpoints are judged for the whole. */
static int acc_places(CPU440 *c, uint32_t ea, uint32_t count, int kind, int aligned, Place *place) {
    uint32_t room = 1024 - (ea & 1023);
    int pieces = c->recorder && c->recorder->now == rec_done(c) + cpu440_since(c) ? c->recorder->pieces : 0;
    MicroNote note;
    if (UNLIKELY(c->watch_count)) note = mmu_note_micro(c);
    place->first = (int)count;
    if (count == 0) return 0;
    if (mmu_data(c, ea, ea, kind)) return 1;
    place->pa[0] = c->answer_pa;
    place->w2[0] = c->answer_w2;
    if (room < count) {
        if (mmu_data(c, ea + room, ea + room, kind)) return 1;
        place->first = (int)room;
        place->pa[1] = c->answer_pa;
        place->w2[1] = c->answer_w2;
    }
    if (UNLIKELY(c->recorder != NULL)) c->recorder->pieces = pieces;    /* its words come one by one */
    if (aligned && (ea & 3) && (c->ccr0 & CCR0_FLSTA))
        return cpu440_raise(c, V_ALIGNMENT, kind == ACCESS_STORE ? ESR_ST : 0, ea, kind);
    return UNLIKELY(c->watch_count) && acc_watch(c, ea, count, kind, &note);
}

/* The part of these places that begins `at` bytes behind the first one, for one word or byte of the whole. Nothing is
 * translated again: the first page may have left a small micro-TLB for the second. */
static Place acc_piece(CPU440 *c, const Place *whole, uint32_t ea, int at, int size, int kind) {
    Place piece = {{whole->pa[0] + at, whole->pa[1]}, {whole->w2[0], whole->w2[1]}, size};
    if (at >= whole->first) {
        piece.pa[0] = whole->pa[1] + (at - whole->first);
        piece.w2[0] = whole->w2[1];
    } else if (at + size > whole->first) piece.first = whole->first - at;
    uint32_t next = ea + at + piece.first;
    int crosses = piece.first < size && (next & 4095) == 0;
    if (UNLIKELY(c->recorder != NULL)) {
        rec_access(c, ea + at, kind);
        if (crosses) {
            rec_access(c, next, kind);
            rec_second(c, 1);
        }
    }
    if (crosses) {
        c->more_lookups[c->statistics_mode]++;
        if (!c->micro[0].size) c->lookups++;
    }
    return piece;
}

static uint32_t acc_piece_load(CPU440 *c, const Place *whole, uint32_t ea, int at, int size) {
    Place piece = acc_piece(c, whole, ea, at, size, ACCESS_LOAD);
    return acc_get_from(c, &piece, size);
}

static void acc_piece_store(CPU440 *c, const Place *whole, uint32_t ea, int at, int size, uint32_t value) {
    Place piece = acc_piece(c, whole, ea, at, size, ACCESS_STORE);
    acc_put_to(c, &piece, size, value);
}

static __attribute__((noinline)) int acc_lmw(CPU440 *c, uint32_t ea, int first) {
    uint32_t words[32];
    Place whole;
    if (acc_places(c, ea, 4 * (32 - first), ACCESS_LOAD, 1, &whole)) return 1;
    for (int r = first; r < 32; r++) words[r] = acc_piece_load(c, &whole, ea, 4 * (r - first), 4);
    memcpy(&c->gpr[first], &words[first], 4 * (32 - first));
    return 0;
}

static __attribute__((noinline)) int acc_stmw(CPU440 *c, uint32_t ea, int first) {
    Place whole;
    if (acc_places(c, ea, 4 * (32 - first), ACCESS_STORE, 1, &whole)) return 1;
    for (int r = first; r < 32; r++) acc_piece_store(c, &whole, ea, 4 * (r - first), 4, c->gpr[r]);
    return 0;
}

/* Strings: bytes into registers from the left, the last one filled up with zeros; registers wrap from 31 to 0. */
static int acc_load_string(CPU440 *c, uint32_t ea, int first, uint32_t count) {
    uint8_t bytes[128];
    Place whole;
    if (acc_places(c, ea, count, ACCESS_LOAD, 0, &whole)) return 1;
    for (uint32_t i = 0; i < count; i++) {
        bytes[i] = (uint8_t)acc_piece_load(c, &whole, ea, (int)i, 1);
        if (UNLIKELY(c->recorder != NULL)) rec_string(c, i, ea + i);
    }
    for (uint32_t i = 0; i < count; i += 4) {
        uint32_t word = 0;
        for (uint32_t j = 0; j < 4; j++) word = word << 8 | (i + j < count ? bytes[i + j] : 0);
        c->gpr[(first + i / 4) & 31] = word;
    }
    return 0;
}

static int acc_store_string(CPU440 *c, uint32_t ea, int first, uint32_t count) {
    Place whole;
    if (acc_places(c, ea, count, ACCESS_STORE, 0, &whole)) return 1;
    for (uint32_t i = 0; i < count; i++) {
        acc_piece_store(c, &whole, ea, (int)i, 1, c->gpr[(first + i / 4) & 31] >> (24 - 8 * (i & 3)) & 255);
        if (UNLIKELY(c->recorder != NULL)) rec_string(c, i, ea + i);
    }
    return 0;
}

/* stwcx. without a reservation stores nothing; a missing entry and a trapped misalignment still interrupt. */
static int acc_store_nothing(CPU440 *c, uint32_t ea) {
    Found f;
    uint32_t last = ea + 3;
    if (!mmu_find(c, 0, (c->msr & MSR_DS) != 0, ea, &f)) return mmu_data(c, ea, ea, ACCESS_STORE);
    last &= ~1023u;
    if (last != (ea & ~1023u) && !mmu_find(c, 0, (c->msr & MSR_DS) != 0, last, &f))
        return mmu_data(c, last, last, ACCESS_STORE);
    if ((ea & 3) && (c->ccr0 & CCR0_FLSTA)) return cpu440_raise(c, V_ALIGNMENT, ESR_ST, ea, ACCESS_STORE);
    if (UNLIKELY(c->recorder != NULL)) rec_access(c, ea, ACCESS_STORE);
    return 0;
}

static __attribute__((noinline)) int acc_dcbz(CPU440 *c, uint32_t ea) {
    MicroNote note;
    if (UNLIKELY(c->watch_count)) note = mmu_note_micro(c);
    if (mmu_data(c, ea, ea, ACCESS_STORE)) return 1;
    if (c->answer_w2 & (W2_I | W2_W)) return cpu440_raise(c, V_ALIGNMENT, ESR_ST, ea, ACCESS_STORE);
    uint64_t pa = c->answer_pa & ~31ull;
    if (UNLIKELY(c->watch_count) && acc_watch(c, ea & ~31u, 32, ACCESS_STORE, &note)) return 1;
    if (pa + 32 > c->ram_size) {
        acc_unanswered(c, ACCESS_STORE);
        return 0;
    }
    memset(c->ram + pa, 0, 32);
    if (UNLIKELY(c->hears)) code_stored(c, pa, 32);
    return 0;
}

enum { CACHE_FLUSH, CACHE_DISCARD, CACHE_ICBI };

/* dcbf, dcbst, dcbi, icbi: no data cache is modelled, so what is left is translation and, for icbi, decoded code. */
static __attribute__((noinline)) int acc_cache(CPU440 *c, uint32_t ea, int op, uint32_t lock_enable, uint32_t lock_esr) {
    int kind = op == CACHE_DISCARD ? ACCESS_STORE : ACCESS_LOAD;
    if (mmu_data(c, ea, ea, kind)) return 1;
    if (UNLIKELY(c->recorder != NULL)) rec_only_looked(c);
    c->more_lookups[c->statistics_mode]++;
    if (!c->micro[0].size) c->lookups++;
    if ((c->msr & MSR_PR) && (c->mmucr & lock_enable)) return cpu440_raise(c, V_DSI, lock_esr, ea, kind);
    if (op == CACHE_ICBI) code_written(c, c->answer_pa & ~31ull, 32);
    return 0;
}

#endif
