/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of the executing 440 core: plain fields in a fixed order, GPRs at offset 0, so that every engine (and one
 * day translated host code) reaches a register by a small constant offset. XER[SO,OV,CA] and the eight CR fields are
 * words of their own; XER and CR are put together only when the program asks for them. */
#ifndef CPU440_H
#define CPU440_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arch440.h"

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define RARE __attribute__((noinline, cold))

/* The architectural state, once: W a word, A an array of words, T a time or a tick count (64 bits).
 * The struct, save, restore, digest and comparison all follow this list. */
#define CPU440_FIELDS(W, A, T) \
    A(gpr, 32) W(zero) W(pc) W(lr) W(ctr) W(so) W(ov) W(ca) W(string_bytes) A(cr, 8) \
    W(msr) W(reservation) W(pid) W(mmucr) \
    W(srr0) W(srr1) W(csrr0) W(csrr1) W(mcsrr0) W(mcsrr1) W(dear) W(esr) W(mcsr) W(ivpr) A(ivor, 16) \
    A(sprg, 8) W(usprg0) W(pvr) W(ccr0) W(ccr1) W(tcr) W(tsr) W(decar) \
    A(dbcr, 3) W(dbsr) A(iac, 4) A(dac, 2) A(dvc, 2) A(victim, 16) W(dvlim) W(ivlim) W(dbdr) \
    T(tb_offset) T(dec_zero) T(ticks_seen)

/* What a run has besides: its clock, counters and the row of exceptions that leads nowhere. */
#define CPU440_RUN_FIELDS(V, N) \
    V(time) V(extra) V(lookups) V(missed) V(progress_mark) N(insns, 2) N(loads, 2) N(stores, 2) N(cycles, 2) \
    N(more_lookups, 2) N(micro_misses, 2) N(vectors, VECTORS) N(diagnostics, DIAG_COUNT)

#define CPU440_WORD(name) uint32_t name;
#define CPU440_ARRAY(name, count) uint32_t name[count];
#define CPU440_TIME(name) int64_t name;

enum { ZERO_REGISTER = 32 };   /* gpr[32]: always 0, the base of (RA|0) forms with RA = 0 */

enum { WATCH_READ = 1, WATCH_WRITE = 2, WATCH_BEFORE = 4 };
enum { ACCESS_LOAD = 0, ACCESS_STORE = 1, ACCESS_FETCH = 2 };
enum { PEND_CRITICAL = 1, PEND_WATCHDOG = 2, PEND_EXTERNAL = 4, PEND_FIT = 8, PEND_DEC = 16, PEND_MACHINE = 32,
       PEND_CE = 3, PEND_EE = 28 };

/* What the manual leaves open, or what no correct program does: counted by name, never silent. */
#define CPU440_DIAGNOSTICS(D) \
    D(overlapping_entries) D(unsupported_page_size) D(invalid_form) D(invalid_slot) D(undefined_divide) \
    D(unimplemented_spr) D(read_only_spr) D(write_only_spr) D(unanswered_access) D(unanswered_dcr) \
    D(store_to_code) D(stale_micro_hit) D(machine_check_lost) D(write_through_inhibited) D(string_overwrites_base)
#define CPU440_DIAGNOSTIC(name) DIAG_##name,
enum { CPU440_DIAGNOSTICS(CPU440_DIAGNOSTIC) DIAG_COUNT };

/* How translated code comes back: at a record that waits for its handler or must be executed by the interpreter, out of
 * budget, with an address outside of the page, or with a run that has ended, settled. NATIVE_ON: it goes on. */
enum { NATIVE_GO, NATIVE_REDO, NATIVE_LEAVE, NATIVE_FAR, NATIVE_END, NATIVE_ON };
#define NEAR_NONE INT64_MIN    /* less than any address by more than a page, in 64 bits without sign */
enum { NATIVE_NEVER = 0xFFFF };    /* arrivals of a record that cannot be translated */

enum { COST_INTERRUPT, COST_RFI, COST_TLBWE, COST_SPR, COST_MICRO, COST_DEVICE, COST_COUNT };
enum { CACHE_LINES = 1024, FETCH_LINES = 1024, NO_TAG = 1, MICRO_MOST = 64, BREAKS = 64 };

/* A host translation: `ea` is at host address ea + addend when its page equals the tag. A tag of 1 matches nothing. */
typedef struct { uint32_t read_tag, write_tag; uintptr_t addend; } DataLine;

/* One predecoded instruction. `before`: loads (low word) and stores (high word) of the page before this one. */
typedef struct {
    const void *handler;
    uint64_t before;
    int32_t imm;
    uint32_t raw;
    uint16_t op;
    uint8_t d, a, b, x;
    uint16_t native;             /* arrivals here, or with OP_native's handler the number of its translation */
} Insn;

enum { PAGE_INSNS = 1024 };
enum { CODE_LINES = 128 };     /* of 32 bytes, in a page */
typedef struct CodePage {
    Insn insn[PAGE_INSNS + 1];
    uint64_t pa;
    struct FetchLine *line;      /* that knows it, if `lines` is 1; else look at all of them */
    struct CodePage *also;       /* the next one of those that wait for the next entry to the guest */
    uint32_t seen;               /* executed after this many entries to the guest; what a fetch line saw counts too */
    uint32_t stores;             /* heard since it was decoded */
    uint32_t stored[CODE_LINES / 32];    /* a bit for each line that may differ from what was decoded */
    uint8_t little, stale, waits, lines;     /* lines: 0, 1 or 2 for more */
    uint8_t translated;          /* some of its records lead to translations */
} CodePage;
typedef struct FetchLine { uint32_t tag, seen; CodePage *page; } FetchLine;

/* A micro-TLB entry: what it took from the array when it was filled. */
typedef struct { uint32_t key, mask, w1, w2; int slot, as; } MicroEntry;
typedef struct { int size, used, next; MicroEntry entry[MICRO_MOST]; } MicroTlb;

/* The translation array, as its owner laid it out, and what it can do. */
typedef struct {
    void *owner;
    uint32_t *w0, *w1, *w2, *key, *mask, *tag;
    uint8_t *tid, *watched;
    int entries, padded;
    void (*write)(void *owner, int slot, int word, uint32_t value, int tid);
} TlbView;

typedef struct {
    void *owner;
    int (*read)(void *owner, uint64_t pa, int size, uint32_t *value, int64_t now);
    int (*write)(void *owner, uint64_t pa, int size, uint32_t value, int64_t now);
    int (*dcr_read)(void *owner, int number, uint32_t *value, int64_t now);
    int (*dcr_write)(void *owner, int number, uint32_t value, int64_t now);
} BusView;

typedef struct CPU440 {
    CPU440_FIELDS(CPU440_WORD, CPU440_ARRAY, CPU440_TIME)
    /* Derived, or belonging to the run. */
    DataLine *data;              /* of the present (PR, DS) */
    FetchLine *fetch;            /* of the present (PR, IS) */
    CodePage *page;              /* being executed */
    uint32_t page_base;          /* effective address of its first instruction */
    int64_t synced;              /* budget left when the counters were last brought up to date */
    int64_t live_left;           /* engine's locals, spilled before a helper is called */
    const Insn *live;
    uint64_t live_counts;
    uint32_t live_ea;
    int live_why;                /* RUN_: why a run that ends in translated code does */
    int64_t time, cpi, extra;    /* 1/1000 cycle; extra: latencies not yet in time */
    int64_t cost[COST_COUNT];    /* latencies by kind, 1/1000 cycle */
    int64_t owe[COST_COUNT];     /* the same in instructions, rounded up: what they take off the budget */
    int64_t owed;                /* to take off it when a helper returns */
    int64_t tick;                /* time units in a tick of the time base */
    int64_t next_event;
    int attention;               /* come back to the caller after this instruction */
    int pending, critical_line, external_line;
    int supervised;              /* exceptions leave the engine instead of vectoring */
    int statistics_mode;         /* 1 user, 0 kernel: whose counters run */
    int mcheck_critical, strict, faithful, slow_only, stopped;
    int reset_kind;
    /* the exception being raised */
    int raised;                  /* a V_ number, or -1 */
    uint32_t raised_esr, raised_insn, raised_ea;    /* what is read together just after it was written is not adjacent */
    int raised_kind;             /* ACCESS_ */
    int raised_missed;
    uint64_t answer_pa;          /* where the last translation led */
    uint32_t answer_w2;
    int no_progress;             /* exceptions in a row without a completed instruction */
    int most_no_progress;
    int first_raised;            /* what began that row */
    uint32_t first_pc, first_ea;
    int64_t progress_mark;       /* instructions completed when the last exception was taken */
    /* memory */
    uint8_t *ram;
    uint64_t ram_size;
    TlbView tlb;
    BusView bus;
    uint8_t *held;               /* by slot: bits 0 to 3 data caches, 4 to 7 fetch caches that keep translations of it */
    DataLine caches[5][CACHE_LINES];     /* by PR << 1 | DS; the last is always empty */
    FetchLine fetches[4][FETCH_LINES];
    MicroTlb micro[2];           /* data, instruction */
    CodePage **pages;            /* by physical page, then by byte order */
    uint64_t page_count;
    int pages_made;
    int hears;                   /* stores to decoded pages are heard: in the strict mode, and where guests are entered */
    uint32_t entries;            /* to the guest, each with an instruction cache that was emptied; 0 natively */
    CodePage *waiting;           /* pages that were stored to after they were executed: stale at the next entry */
    int last_written;            /* slot of the newest tlbwe: searched first while no two entries overlap */
    int overlapped;              /* entries may overlap since some write */
    const void *const *handlers;
    /* Translations to host code, where there is a translator: see translate.h. */
    struct Translator *translator;
    void (*translate)(struct CPU440 *c, Insn *at);                       /* NULL: everything is interpreted */
    int (*run_native)(struct CPU440 *c, const void *code);              /* NATIVE_: how it came back */
    const void **native;         /* by the number in a record */
    int threshold;               /* arrivals at a place until it is translated */
    uint32_t order_lt, order_gt, order_eq;    /* CR fields with the present SO, for translations */
    /* By base register, the page and host line that its last access found, NEAR_NONE or a tag; none whenever translated
     * code is entered, as lines only change outside of it. */
    int64_t near_read[32], near_write[32];
    uintptr_t near_addend[32];
    uint32_t near_used;          /* bits of those that are kept */
    /* debugging */
    int break_count, watch_count;
    uint32_t breaks[BREAKS];
    uint32_t watch_ea[BREAKS], watch_size[BREAKS];
    int watch_kind[BREAKS];      /* WATCH_ bits */
    int step_only, fetch_once, fetch_breaks, break_skip;   /* page may only be stepped: 1 KiB mapping, breakpoints in it */
    int stop_found;              /* 1 breakpoint, 2 watchpoint */
    uint32_t stop_address;       /* the breakpoint, or the first watched byte that was accessed */
    uint32_t stop_ea, stop_size; /* that access; stop_kind: ACCESS_ */
    int stop_kind;
    uint32_t pass_pc;            /* a stop before this instruction, after `pass_mark` others, was reported: it passes */
    int64_t pass_mark;
    uint32_t last_pc, last_raw;  /* of the stepping engine: what it went to execute last */
    struct Recorder *recorder;   /* of the full-system stream, when somebody records */
    void (*entered)(void *owner, int vector, uint32_t pc);   /* told of every vector entered, when somebody listens */
    void *entered_owner;
    struct Tally *tally;         /* instructions by what they are; NULL: nobody asks */
    /* statistics */
    int64_t insns[2], loads[2], stores[2], cycles[2];
    int64_t more_lookups[2], misses[2][3], micro_misses[2];
    int64_t lookups;             /* of the translation array */
    int64_t missed;
    int64_t vectors[VECTORS];
    int64_t diagnostics[DIAG_COUNT];
} CPU440;

_Static_assert(offsetof(CPU440, gpr) == 0, "registers first");
_Static_assert(offsetof(CPU440, zero) == 4 * ZERO_REGISTER, "the zero register follows them");
_Static_assert(offsetof(CPU440, pc) == 132 && offsetof(CPU440, cr) == 160, "layout that translated code will rely on");
_Static_assert(sizeof(Insn) == 32 && sizeof(DataLine) == 16 && sizeof(FetchLine) == 16, "records of a power of two");

/* Latency beyond the instructions' own cycles. The budget shrinks with it, and `synced` too: it is no instruction. */
static inline int64_t cpu440_spend(CPU440 *c, int kind) {
    c->extra += c->cost[kind];
    c->synced -= c->owe[kind];
    return c->owe[kind];
}

static inline uint32_t cpu440_xer(const CPU440 *c) {
    return c->so << 31 | c->ov << 30 | c->ca << 29 | c->string_bytes;
}

static inline void cpu440_set_xer(CPU440 *c, uint32_t value) {
    c->so = value >> 31;
    c->ov = value >> 30 & 1;
    c->ca = value >> 29 & 1;
    c->string_bytes = value & 0x7F;
}

static inline uint32_t cpu440_cr(const CPU440 *c) {
    uint32_t value = 0;
    for (int i = 0; i < 8; i++) value = value << 4 | c->cr[i];
    return value;
}

static inline void cpu440_set_cr(CPU440 *c, uint32_t value) {
    for (int i = 0; i < 8; i++) c->cr[i] = value >> (28 - 4 * i) & 15;
}

/* The MSR, and the translation caches that go with its address spaces and privilege. */
static inline void cpu440_set_msr(CPU440 *c, uint32_t value) {
    int user = (value & MSR_PR) != 0;
    c->msr = value & MSR_MASK;
    c->data = c->slow_only ? c->caches[4] : c->caches[user << 1 | ((value & MSR_DS) != 0)];
    c->fetch = c->fetches[user << 1 | ((value & MSR_IS) != 0)];
}

/* An exception is on its way: the helper returns nonzero and the engine goes to `fault`. */
static inline int cpu440_raise(CPU440 *c, int vector, uint32_t esr, uint32_t ea, int kind) {
    c->raised = vector;
    c->raised_esr = esr;
    c->raised_ea = ea;
    c->raised_kind = kind;
    return 1;
}

/* Budget left at the spilled position, and from it the exact time. */
static inline int64_t cpu440_left(const CPU440 *c) {
    return c->live_left + PAGE_INSNS - (c->live - c->page->insn);
}

/* Instructions completed since the last settling. What a helper owes has left `synced`, but not the spilled budget. */
static inline int64_t cpu440_since(const CPU440 *c) {
    return c->synced + c->owed - cpu440_left(c);
}

static inline int64_t cpu440_now(const CPU440 *c) {
    return c->time + cpu440_since(c) * c->cpi + c->extra;
}

/* Bring counters and time up to an instruction boundary. counts: loads and stores since the last call. */
static inline void cpu440_settle(CPU440 *c, int64_t left, uint64_t counts) {
    int mode = c->statistics_mode;
    int64_t done = c->synced - left;
    int64_t loads = (uint32_t)counts, stores = (int64_t)(counts >> 32);
    int64_t spent = done * c->cpi + c->extra;
    c->synced = left;
    c->extra = 0;
    c->time += spent;
    c->cycles[mode] += spent;
    c->insns[mode] += done;
    c->loads[mode] += loads;
    c->stores[mode] += stores;
    if (!c->micro[1].size) c->lookups += done;
    if (!c->micro[0].size) c->lookups += loads + stores;
}

#endif
