/* SPDX-License-Identifier: BSD-3-Clause */
/* The full-system stream of an execution, record by record. While a recorder listens, no access and no entry of a page
 * takes a host line, so that each of them comes by here; how many instructions lie between follows from the counters.
 * The look-ups of an instruction wait until it is complete: one that is begun anew, or ends in an exception, made none. */
#ifndef CPU440_RECORDER_H
#define CPU440_RECORDER_H

#include "cpu440.h"
#include "recording.h"

enum { REC_NO_MEMORY = 1, REC_SMALL_PAGE = 2 };     /* why a recording is worth nothing */

enum { MISSES_MOST = 16 };

typedef struct { uint32_t ea, pc, insn; int kind, device; } Piece;

typedef struct Recorder {
    uint32_t *fetch_page, *data_page, *fetches;    /* the columns, `used` records of them */
    uint16_t *accesses;
    uint8_t *kind;
    int64_t used, room;
    int full;                   /* REC_ bits: what follows cannot be written down */
    int open;                   /* the last record may take more of the same */
    int64_t gap;                /* fetches before each of its accesses */
    int64_t at;                 /* instructions that are in the stream */
    uint32_t page;              /* that they are fetched from */
    int64_t now;                /* the instruction, by its number, whose look-ups wait */
    int pieces;
    Piece piece[PIECES_MOST];
    int64_t exits, exits_at;    /* exits since that number of instructions, without another record */
    int misses;                 /* of them, for look-ups of the next instruction, each page once */
    Piece missed[MISSES_MOST];
    uint32_t context;           /* as last written */
    int64_t events;
} Recorder;

static int rec_grow(Recorder *r) {
    int64_t room = r->room ? 2 * r->room : 1 << 16;
    void *made;
    if (r->full & REC_NO_MEMORY) return 1;
#define REC_COLUMN(name) \
    if (!(made = realloc(r->name, (size_t)room * sizeof *r->name))) { r->full |= REC_NO_MEMORY; return 1; } \
    r->name = made;
    REC_COLUMN(fetch_page) REC_COLUMN(data_page) REC_COLUMN(fetches) REC_COLUMN(accesses) REC_COLUMN(kind)
#undef REC_COLUMN
    r->room = room;
    return 0;
}

static void rec_put(Recorder *r, int kind, uint32_t fetch, uint32_t data, uint32_t accesses, uint32_t fetches) {
    if (r->used == r->room && rec_grow(r)) return;
    int64_t i = r->used++;
    r->fetch_page[i] = fetch;
    r->data_page[i] = data;
    r->kind[i] = (uint8_t)kind;
    r->accesses[i] = (uint16_t)(accesses < COUNT_MOST ? accesses : COUNT_MOST);
    r->fetches[i] = fetches;
}

/* Fetches alone. */
static void rec_fetches(Recorder *r, int64_t count) {
    while (count > 0) {
        int64_t part = count < 0xFFFFFFFFll ? count : 0xFFFFFFFFll;
        rec_put(r, K_LOAD, r->page, 0, 0, (uint32_t)part);
        count -= part;
        r->open = 0;
    }
}

/* One look-up, after so many fetches that have not been written yet. */
static void rec_lookup(Recorder *r, uint32_t page, int kind, int64_t fetches) {
    int64_t i = r->used - 1;
    if (fetches > 0xFFFFFFFFll) {
        rec_fetches(r, fetches - 1);
        fetches = 1;
    }
    if (r->open && r->gap == fetches && r->kind[i] == kind && r->data_page[i] == page && r->fetch_page[i] == r->page
        && r->accesses[i] < COUNT_MOST && r->fetches[i] + fetches <= 0xFFFFFFFFll) {
        r->accesses[i]++;
        r->fetches[i] += (uint32_t)fetches;
        return;
    }
    rec_put(r, kind, r->page, page, 1, (uint32_t)fetches);
    r->gap = fetches;
    r->open = !r->full;
}

static void rec_event(Recorder *r, int kind, uint32_t fetch, uint32_t data, uint32_t accesses, uint32_t fetches) {
    rec_put(r, kind, fetch, data, accesses, fetches);
    r->open = 0;
    r->events++;
}

/* The instruction whose look-ups wait is complete. */
static void rec_commit(Recorder *r) {
    int64_t fetches = r->now + 1 - r->at;
    int owned = 1;              /* the fetch of the instruction itself comes with its first look-up */
    for (int i = 0; i < r->pieces; i++) {
        const Piece *p = &r->piece[i];
        if (p->device) {
            if (owned) rec_fetches(r, fetches - 1);
            rec_event(r, K_DEVICE, p->pc, p->ea, (uint32_t)(p->kind & 1) | (uint32_t)owned << 2, p->insn);
        } else {
            rec_lookup(r, p->ea >> 12, p->kind, owned ? fetches : 0);
        }
        owned = 0;
    }
    r->at = r->now + 1;
    r->pieces = 0;
}

/* `done` instructions are complete: all of them are written, and what an incomplete one has looked up stays waiting. */
static void rec_settle(Recorder *r, int64_t done) {
    if (r->pieces && r->now < done) rec_commit(r);
    rec_fetches(r, done - r->at);
    if (r->at < done) r->at = done;
}

static inline int64_t rec_done(const CPU440 *c) { return c->insns[0] + c->insns[1]; }

/* An access that was allowed. The position of the engine has been spilled. */
static void rec_access(CPU440 *c, uint32_t ea, int kind) {
    Recorder *r = c->recorder;
    int64_t done = rec_done(c) + cpu440_since(c);
    if (r->pieces && r->now < done) rec_commit(r);
    r->now = done;
    if (r->pieces == PIECES_MOST) return;      /* a string of bytes over two pages: all of them have been there */
    uint32_t pc = c->page_base + 4 * (uint32_t)(c->live - c->page->insn);
    r->piece[r->pieces++] = (Piece){ea, pc, c->live->raw, kind, 0};
}

/* The last access was one of a device. */
static void rec_device(CPU440 *c) {
    Recorder *r = c->recorder;
    if (r->pieces) r->piece[r->pieces - 1].device = 1;
}

/* The last look-up is neither load nor store. */
static void rec_only_looked(CPU440 *c) {
    Recorder *r = c->recorder;
    if (r->pieces) r->piece[r->pieces - 1].kind |= K_READ;
}

/* The last look-up is of the second part of an access: in a page of its own it is one, and no load or store. */
static void rec_second(CPU440 *c, int crosses) {
    Recorder *r = c->recorder;
    if (!r->pieces) return;
    if (crosses) r->piece[r->pieces - 1].kind |= K_READ;
    else r->pieces--;
}

/* The last look-up is byte `i` of a string: four of them are one access, which looks up a page more where one begins. */
static void rec_string(CPU440 *c, uint32_t i, uint32_t ea) {
    Recorder *r = c->recorder;
    if (r->pieces && (i & 3)) {
        if (ea & 4095) r->pieces--;
        else r->piece[r->pieces - 1].kind |= K_ALONG_READ;
    }
}

/* What was looked up for the instruction that is not complete is forgotten. */
static void rec_forget(CPU440 *c) {
    Recorder *r = c->recorder;
    if (r->pieces && r->now >= rec_done(c)) r->pieces = 0;
}

/* A page is entered; counters are settled. */
static void rec_page(CPU440 *c, uint32_t ea) {
    Recorder *r = c->recorder;
    if (r->page == ea >> 12 && !r->pieces) return;
    rec_settle(r, rec_done(c));
    r->page = ea >> 12;
}

/* What the supervisor, or the program itself, makes of these registers changes what follows; others change nothing. */
static int rec_matters(int spr) {
    switch (spr) {
    case SPR_PID: case SPR_MMUCR: case SPR_SRR0: case SPR_SRR1: case SPR_CSRR0: case SPR_CSRR1: case SPR_IVPR:
    case SPR_DEC: case SPR_DECAR: case SPR_TCR: case SPR_TSR:
        return 1;
    default:
        return spr >= SPR_IVOR0 && spr <= SPR_IVOR15;
    }
}

/* A privileged instruction that is about to be executed, by the core or by its supervisor. `done`: instructions before. */
static void rec_privileged(CPU440 *c, int64_t done, uint32_t pc, uint32_t insn, int op, uint32_t operand, uint32_t value) {
    Recorder *r = c->recorder;
    rec_settle(r, done);
    operand = operand < OPERAND_MOST ? operand : OPERAND_MOST;
    rec_event(r, K_PRIVILEGED, pc, insn, (uint32_t)op << OPERATION_SHIFT | operand, value);
    r->at = done + 1;
    r->pieces = 0;
}

static void rec_register(CPU440 *c, int64_t done, uint32_t pc, uint32_t insn) {
    Recorder *r = c->recorder;
    rec_settle(r, done);
    rec_event(r, K_REGISTER, pc, insn, 0, 0);
    r->at = done + 1;
}

/* An instruction did not complete, and is not begun anew as if nothing had been: what it had looked up. */
static void rec_tries(Recorder *r) {
    for (int i = 0; i < r->pieces; i++) rec_event(r, K_TRY, r->page, r->piece[i].ea >> 12, r->piece[i].kind & 1, 0);
    r->pieces = 0;
}

/* The exception `c->raised` at `pc`, which the guest's own handler of `vector` takes. */
static void rec_fault(CPU440 *c, uint32_t pc, int vector) {
    Recorder *r = c->recorder;
    int data = c->raised == V_DTLB || c->raised == V_DSI || c->raised == V_ALIGNMENT;
    int place = data || c->raised == V_ITLB || c->raised == V_ISI;
    uint32_t reference = place ? (uint32_t)c->raised_kind : 0;
    rec_settle(r, rec_done(c));
    rec_tries(r);
    rec_event(r, K_FAULT, pc, place ? c->raised_ea : c->raised_esr,
              (uint32_t)c->raised | (uint32_t)vector << VECTOR_SHIFT | reference << REFERENCE_SHIFT, c->raised_insn);
    r->exits = r->misses = 0;
}

/* An interrupt; `how`: by which kind of exit. In an attempt the access `ea` was what the exit was for. */
static void rec_interrupt(CPU440 *c, uint32_t pc, int vector, int how, uint32_t ea, int reference) {
    Recorder *r = c->recorder;
    rec_settle(r, rec_done(c));
    if (r->exits_at == r->at)
        for (int i = 0; i < r->misses; i++)
            rec_event(r, K_TRY, pc >> 12, r->missed[i].ea >> 12, (uint32_t)r->missed[i].kind, 0);
    if (how == IN_ATTEMPT) rec_tries(r);
    rec_event(r, K_INTERRUPT, pc, how == IN_ATTEMPT ? ea : 0,
              (uint32_t)vector | (uint32_t)how << VECTOR_SHIFT | (uint32_t)reference << REFERENCE_SHIFT,
              (uint32_t)(r->exits_at == r->at ? r->exits : 0));
    r->exits = r->misses = 0;
}

/* An exit that nothing else was written for. `reference`: of the look-up of `ea` that it was for, -1 for none. */
static void rec_exit(CPU440 *c, uint32_t ea, int reference) {
    Recorder *r = c->recorder;
    int64_t done = rec_done(c);
    if (r->exits_at != done) r->exits = 0;
    if (r->exits == 0) r->misses = 0;
    r->exits_at = done;
    r->exits++;
    if (reference < 0 || r->misses == MISSES_MOST) return;
    for (int i = 0; i < r->misses; i++)
        if (r->missed[i].ea >> 12 == ea >> 12 && r->missed[i].kind == reference) return;
    r->missed[r->misses++] = (Piece){ea, 0, 0, reference, 0};
}

static void rec_line(CPU440 *c, int level, int how, int64_t delay) {
    Recorder *r = c->recorder;
    int64_t done = rec_done(c);
    if (how != LINE_IN_ACCESS) rec_settle(r, done);
    rec_event(r, K_LINE, (uint32_t)level | (uint32_t)how << 1, (uint32_t)delay,
              how == LINE_AT_PLACE && r->exits_at == done ? (uint32_t)r->exits : 0, (uint32_t)((uint64_t)delay >> 32));
}

static void rec_idle(CPU440 *c, int64_t time) {
    Recorder *r = c->recorder;
    rec_settle(r, rec_done(c));
    rec_event(r, K_IDLE, 0, (uint32_t)time, 0, (uint32_t)((uint64_t)time >> 32));
}

/* Privilege, spaces and PID, where they are others than before. */
static void rec_context(CPU440 *c, uint32_t context) {
    Recorder *r = c->recorder;
    if (context == r->context) return;
    r->context = context;
    rec_event(r, K_CONTEXT, 0, context, 0, 0);
}

static inline uint32_t rec_packed(uint32_t msr, uint32_t pid) {
    return ((msr & MSR_PR) != 0) | (uint32_t)((msr & MSR_IS) != 0) << 1 | (uint32_t)((msr & MSR_DS) != 0) << 2 | pid << 8;
}

static void rec_own_context(CPU440 *c) { rec_context(c, rec_packed(c->msr, c->pid)); }

#endif
