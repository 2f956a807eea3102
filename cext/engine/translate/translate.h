/* SPDX-License-Identifier: BSD-3-Clause */
/* Translation of hot code to x86-64. The interpreter counts arrivals at places of a page; at the threshold the records
 * that near branches reach from there become one region of host code.
 *
 * Translated code raises no exception and calls nothing. At every way out all state is in the struct, as the interpreter
 * would have it at that record, and what no template does is the interpreter's. It is entered through the handler of a
 * record alone, so a record whose handler is put back has no translation any more. */
#ifndef TRANSLATE_H
#define TRANSLATE_H

#include "cpu440_code.h"

#if defined(__x86_64__) && defined(__linux__)
#define CAN_TRANSLATE 1

#include "called.h"
#include "code_arena.h"
#include "template_system.h"

enum { NATIVE_MOST = 0xFFF0, REGION_BYTES = 1 << 18, PAYS_LEAST = 6 };    /* numbers of entries; no region has as many bytes */

typedef struct Translator {
    Arena arena;
    const void *native[NATIVE_MOST];
    int entries;                     /* of `native` that are used; 0 is none */
    uint8_t *at;                     /* where the next region is written */
    uint8_t *leave, *link, *far, *fault;     /* shared ends, where they are written */
    uint8_t *line[2], *once, *once_far, *tlbwe;      /* shared calls; by ACCESS_ */
    Region region;
    int64_t regions, translated, emptied;    /* for who asks */
} Translator;

enum { NATIVE_LINK = -1, NATIVE_FAULT = -2 };     /* besides how translated code comes back */

typedef void (*Template)(Region *r, const Insn *p, int arg);
typedef struct { Template emit; int fields, arg; } TemplateRow;

static const TemplateRow TEMPLATES[OP_TOTAL] = {
#define T(op, template, fields, arg) [OP_##op] = {t_##template, fields, arg},
#include "templates.def"
#undef T
};

static int translate_can(const Insn *p) {
    if (p->op == OP_mtspr && p->imm == SPR_CCR0) return 0;      /* it may take all lines from the engine */
    return TEMPLATES[p->op].emit != NULL;
}

/* Whether to enter at a record: not where the interpreter would soon have to go on. */
static int translate_pays(const Insn *p) {
    for (int i = 0; i < PAYS_LEAST; i++, p++) {
        if (!translate_can(p)) return 0;
        if (region_ends(p->op) || region_near_target(p, PAGE_INSNS) >= 0) return 1;
    }
    return 1;
}

/* The records reached from `from` by near branches and by going on, up to the bound. */
static void region_gather(Region *r, int from) {
    int todo[PAGE_INSNS + 1], waiting = 0;
    const Insn *insn = r->page->insn;
    memset(r->in, 0, sizeof r->in);
    memset(r->entry, 0, sizeof r->entry);
    memset(r->target, 0, sizeof r->target);
    r->count = r->spends = 0;
    r->first = r->last = from;
    todo[waiting++] = from;
    while (waiting) {
        int at = todo[--waiting];
        while (at <= PAGE_INSNS && !r->in[at] && r->count < REGION_MOST) {
            const Insn *p = &insn[at];
            if (p->handler == r->c->handlers[OP_native]) break;
            r->in[at] = 1;
            r->count++;
            if (at < r->first) r->first = at;
            if (at > r->last) r->last = at;
            r->spends |= (TEMPLATES[p->op].fields & SPENDS) != 0;
            int to = p->op == OP_bl_near ? -1 : region_near_target(p, at);
            if (to >= 0 && !r->in[to] && waiting < PAGE_INSNS) todo[waiting++] = to;
            if (region_ends(p->op) && !region_comes_back(p->op, 1)) break;
            at++;
        }
    }
}

static void region_mark(Region *r, int from) {
    for (int at = r->first; at <= r->last; at++) {
        if (!r->in[at]) continue;
        const Insn *p = &r->page->insn[at];
        int to = region_near_target(p, at), translated = translate_can(p);
        if (to >= 0 && r->in[to]) r->target[to] = 1;
        if (at < PAGE_INSNS && r->in[at + 1] && region_comes_back(p->op, translated) && translate_pays(p + 1))
            r->entry[at + 1] = 1;
    }
    r->entry[from] = 1;
}

/* The guest registers that are used most get host registers. Loops count more, those around the place that became hot:
 * others of the region have not been found to be hot, or are translated already. */
static void region_choose(Region *r, int from) {
    int64_t weight[PAGE_INSNS + 1], uses[GUEST_REGISTERS] = {0}, sets[GUEST_REGISTERS] = {0}, accesses[GUEST_REGISTERS] = {0};
    for (int at = r->first; at <= r->last; at++) weight[at] = 1;
    for (int at = r->first; at <= r->last; at++) {
        int to = r->in[at] ? region_near_target(&r->page->insn[at], at) : -1;
        if (to < 0 || to > from || at < from || !r->in[to] || r->page->insn[at].op == OP_bl_near) continue;
        for (int i = to; i <= at; i++) if (weight[i] < 4096) weight[i] *= 8;
    }
    for (int at = r->first; at <= r->last; at++) {
        const Insn *p = &r->page->insn[at];
        if (!r->in[at] || !translate_can(p)) continue;
        int fields = TEMPLATES[p->op].fields;
        if (fields & USES_D) uses[p->d] += weight[at];
        if (fields & USES_A) uses[p->a] += weight[at];
        if (fields & USES_B) uses[p->b] += weight[at];
        if (fields & BASE_A) accesses[p->a] += weight[at];
        if (fields & SETS_D) sets[p->d] += weight[at];
        if ((fields & SETS_A) && !(fields & BASE_A)) sets[p->a] += weight[at];
        if (fields & USES_CTR) uses[CTR_REGISTER] += weight[at];
    }
    for (int g = 0; g < 32; g++) r->near[g] = g == 1 || (accesses[g] >= 8 && 4 * sets[g] <= accesses[g]);
    memset(r->host, -1, sizeof r->host);
    memset(r->changed, 0, sizeof r->changed);
    uses[ZERO_REGISTER] = 0;
    for (int i = 0; i < REGION_HOST_COUNT; i++) {
        int best = 0;
        for (int g = 1; g < GUEST_REGISTERS; g++) if (uses[g] > uses[best]) best = g;
        if (uses[best] < 4) break;
        r->host[best] = (int8_t)REGION_HOSTS[i];
        uses[best] = 0;
    }
}

static void region_put_back(Region *r) {
    for (int g = 0; g < GUEST_REGISTERS; g++)
        if (r->host[g] >= 0 && r->changed[g]) x_rm(&r->emit, X_MOV_TO, r->host[g], field(region_offset(g)));
}

static void region_load(Region *r) {
    for (int g = 0; g < GUEST_REGISTERS; g++)
        if (r->host[g] >= 0) x_rm(&r->emit, X_MOV, r->host[g], field(region_offset(g)));
}

/* An access without a line calls for one; then it goes on with its place in rdx. */
static void region_linelesses(Region *r, Translator *t) {
    Emit *e = &r->emit;
    for (int i = 0; i < r->linelesses; i++) {
        const Lineless *x = &r->lineless[i];
        x_reach(x->jump, e->at);
        x_set(e, x_host(RDX), (uint32_t)x->bytes);
        x_call(e, t->line[x->tag == offsetof(DataLine, write_tag)]);
        x_group(e, 1, G_CMP, x_host(RDX), FAULTED);
        x_jump_to(e, CC_A, x->back);
        region_exit(r, x_jump(e, CC_E), EXIT_FAULT, x->at);
        region_exit(r, x_jump(e, -1), EXIT_REDO, x->at);
    }
}

/* Instructions that are called for find the guest's registers in the state, and leave them there. */
static void region_calls(Region *r, Translator *t) {
    Emit *e = &r->emit;
    for (int i = 0; i < r->calls; i++) {
        const Called *x = &r->called[i];
        x_reach(x->jump, e->at);
        region_put_back(r);
        x_set_long(e, RCX, (uint64_t)(uintptr_t)&r->page->insn[x->at]);
        if (region_ends(r->page->insn[x->at].op)) {
            x_jump_to(e, -1, t->once_far);
            continue;
        }
        x_call(e, r->page->insn[x->at].op == OP_tlbwe ? t->tlbwe : t->once);
        region_load(r);
        x_jump_to(e, -1, x->back);
    }
}

/* The ways out that all of a region share: eax is the place of the record in its page, in bytes. */
static void region_shared_end(Region *r, Translator *t, int how) {
    Emit *e = &r->emit;
    region_put_back(r);
    x_set_long(e, RCX, (uint64_t)(uintptr_t)r->page->insn);
    x_wide(e, X_ADD, RCX, x_host(RAX));
    if (how < 0) {
        x_jump_to(e, -1, how == NATIVE_LINK ? t->link : t->fault);
        return;
    }
    x_wide(e, X_MOV_TO, RCX, field(FIELD(live)));
    x_set(e, x_host(RAX), (uint32_t)how);
    x_jump_to(e, -1, t->leave);
}

static void region_body(Region *r) {
    Emit *e = &r->emit;
    r->flags_field = -1;
    for (int at = r->first; at <= r->last; at++) {
        if (!r->in[at]) continue;
        const Insn *p = &r->page->insn[at];
        const TemplateRow *row = &TEMPLATES[p->op];
        int reads_flags = p->op == OP_bt_near || p->op == OP_bf_near || p->op == OP_bt_far || p->op == OP_bf_far || p->op == OP_bclr;
        if (!reads_flags || r->target[at] || r->entry[at]) r->flags_field = -1;
        r->at = at;
        r->label[at] = e->at;
        if (!translate_can(p)) {
            region_exit(r, x_jump(e, -1), EXIT_REDO, at);
            continue;
        }
        row->emit(r, p, row->arg);
        if (!region_ends(p->op) && !r->in[at + 1]) region_exit(r, x_jump(e, -1), EXIT_LINK, at + 1);
    }
}

static void region_exits(Region *r, Translator *t, uint8_t *far_hook) {
    Emit *e = &r->emit;
    static const int how[EXIT_INSIDE] = {NATIVE_REDO, NATIVE_LEAVE, NATIVE_LINK, NATIVE_FAULT};
    x_reach(far_hook, e->at);
    region_put_back(r);
    x_jump_to(e, -1, t->far);
    for (int kind = 0; kind < EXIT_INSIDE; kind++) {
        uint8_t *shared = e->at;
        int used = 0;
        for (int i = 0; i < r->exits; i++) {
            const Exit440 *x = &r->exit[i];
            if (x->kind != kind) continue;
            if (!used++) region_shared_end(r, t, how[kind]);
            uint8_t **known = &r->stub[x->at];
            if (*known < shared) {            /* one of an earlier kind, or region */
                *known = e->at;
                x_set(e, x_host(RAX), (uint32_t)(x->at * sizeof(Insn)));
                x_jump_to(e, -1, shared);
            }
            x_reach(x->jump, *known);
        }
    }
    for (int i = 0; i < r->exits; i++)
        if (r->exit[i].kind == EXIT_INSIDE) x_reach(r->exit[i].jump, r->label[r->exit[i].at]);
}

/* An entry loads the registers that the region keeps in the host's. */
static void region_entries(Region *r, Translator *t) {
    Emit *e = &r->emit;
    for (int at = r->first; at <= r->last; at++) {
        if (!r->entry[at]) continue;
        Insn *p = &r->page->insn[at];
        t->native[++t->entries] = e->at + t->arena.apart;
        region_load(r);
        x_jump_to(e, -1, r->label[at]);
        p->native = (uint16_t)t->entries;
        p->handler = r->c->handlers[OP_native];
    }
}

/* What regions call; the stack is at a multiple of 16 less 8 in them. For a line: the address in eax, which stays, as
 * host registers do, and the bytes in edx; comes back with the line's place in rdx, NO_LINE or FAULTED. */
static void translate_write_line(Translator *t, Emit *e, int kind) {
    static const int kept[] = {RAX, RSI, RDI, R8, R9, R10, R11};
    t->line[kind] = e->at;
    for (int i = 0; i < 7; i++) x_push(e, kept[i]);
    x_group(e, 1, G_SUB, x_host(RSP), 8);
    x_wide(e, X_MOV, RDI, x_host(STATE));
    x_rm(e, X_MOV, RSI, x_host(RAX));
    x_set(e, x_host(RCX), (uint32_t)kind);
    x_set_long(e, RAX, (uint64_t)(uintptr_t)called_line);
    x_call_host(e, RAX);
    x_wide(e, X_MOV, RDX, x_host(RAX));
    x_group(e, 1, G_ADD, x_host(RSP), 8);
    for (int i = 6; i >= 0; i--) x_pop(e, kept[i]);
    x_byte(e, 0xC3);
}

/* A function for the record rcx, with the stack at a multiple of 16. */
static void translate_write_once(Emit *e, int (*called)(CPU440 *, int), int part) {
    x_wide(e, X_MOV_TO, RCX, field(FIELD(live)));
    x_wide(e, X_MOV_TO, LEFT, field(FIELD(live_left)));
    x_wide(e, X_MOV_TO, COUNTS, field(FIELD(live_counts)));
    x_wide(e, X_MOV, RDI, x_host(STATE));
    x_set(e, x_host(RSI), (uint32_t)part);
    x_set_long(e, RAX, (uint64_t)(uintptr_t)called);
    x_call_host(e, RAX);
    x_wide(e, X_MOV, LEFT, field(FIELD(live_left)));
    x_wide(e, X_MOV, COUNTS, field(FIELD(live_counts)));
}

/* `once` and `tlbwe` come back to the next record, or are left; `once_far` and `fault` are always left. */
static void translate_write_calls(Translator *t, Emit *e) {
    translate_write_line(t, e, ACCESS_LOAD);
    translate_write_line(t, e, ACCESS_STORE);
    t->once = e->at;
    translate_write_once(e, engine_once, ONCE_WHOLE);
    uint8_t *back = e->at;
    x_group(e, 0, G_CMP, x_host(RAX), NATIVE_ON);
    uint8_t *left = x_jump(e, CC_NE);
    x_byte(e, 0xC3);
    t->tlbwe = e->at;
    translate_write_once(e, called_tlbwe, ONCE_WHOLE);
    x_jump_to(e, -1, back);
    t->once_far = e->at;
    x_group(e, 1, G_SUB, x_host(RSP), 8);
    translate_write_once(e, engine_once, ONCE_WHOLE);
    uint8_t *done = x_jump(e, -1);
    t->fault = e->at;
    x_group(e, 1, G_SUB, x_host(RSP), 8);
    translate_write_once(e, engine_once, ONCE_FAULTED);
    x_reach(left, e->at);
    x_reach(done, e->at);
    x_group(e, 1, G_ADD, x_host(RSP), 8);
    x_group(e, 0, G_CMP, x_host(RAX), NATIVE_FAR);
    x_jump_to(e, CC_NE, t->leave);
    x_rm(e, X_MOV, RAX, field(FIELD(live_ea)));
    x_jump_to(e, -1, t->far);
}

/* int run(CPU440 *rdi, const void *rsi), and what all regions share: out with how in eax; to the record rcx, or out when
 * it has no translation; to the address eax, or out when no fetch line has it. */
static void translate_write_shared(Translator *t, const CPU440 *c) {
    static const int saved[] = {RBX, RBP, R12, R13, R14, R15};
    Emit out = {t->arena.write}, *e = &out;
    memset(t->region.stub, 0, sizeof t->region.stub);
    for (int i = 0; i < 6; i++) x_push(e, saved[i]);
    x_wide(e, X_MOV, STATE, x_host(RDI));
    x_wide(e, X_MOV, LEFT, field(FIELD(live_left)));
    x_wide(e, X_MOV, COUNTS, field(FIELD(live_counts)));
    x_byte(e, 0xFF);
    x_byte(e, 0xE6);                             /* jmp rsi */

    uint8_t *go = e->at;                         /* nothing is translated there */
    x_wide(e, X_MOV_TO, RCX, field(FIELD(live)));
    x_set(e, x_host(RAX), NATIVE_GO);
    t->leave = e->at;
    x_wide(e, X_MOV_TO, LEFT, field(FIELD(live_left)));
    x_wide(e, X_MOV_TO, COUNTS, field(FIELD(live_counts)));
    for (int i = 5; i >= 0; i--) x_pop(e, saved[i]);
    x_byte(e, 0xC3);

    t->link = e->at;
    x_wide(e, X_TEST, LEFT, x_host(LEFT));
    x_jump_to(e, CC_L, go);
    uint8_t *enter = e->at;
    x_set_long(e, RAX, (uint64_t)(uintptr_t)c->handlers[OP_native]);
    x_wide(e, X_CMP, RAX, x_memory(RCX, offsetof(Insn, handler)));
    x_jump_to(e, CC_NE, go);
    x_rm(e, X_MOVZX_HALF, RAX, x_memory(RCX, offsetof(Insn, native)));
    x_set_long(e, RDX, (uint64_t)(uintptr_t)t->native);
    x_shift(e, 0, S_SHL, RAX, 3);
    x_op(e, 0, 0, 0, 0xFF, 4, x_indexed(RDX, RAX));     /* jmp [rdx + rax] */

    t->far = e->at;                              /* as `enter` of engine440.inc does it */
    x_rm(e, X_MOV, RCX, x_host(RAX));
    x_rm(e, X_MOV, RDX, x_host(RAX));
    x_shift(e, 0, S_SHR, RCX, 8);
    x_group(e, 0, G_AND, x_host(RCX), (FETCH_LINES - 1) << 4);
    x_group(e, 0, G_AND, x_host(RDX), -4096);
    x_wide(e, X_ADD, RCX, field(FIELD(fetch)));
    x_rm(e, X_CMP, RDX, x_memory(RCX, offsetof(FetchLine, tag)));
    uint8_t *absent = x_jump(e, CC_NE);
    x_rm(e, X_MOV, RSI, field(FIELD(entries)));
    x_rm(e, X_MOV_TO, RSI, x_memory(RCX, offsetof(FetchLine, seen)));
    x_wide(e, X_MOV, RCX, x_memory(RCX, offsetof(FetchLine, page)));
    x_wide(e, X_MOV_TO, RCX, field(FIELD(page)));
    x_rm(e, X_MOV_TO, RDX, field(FIELD(page_base)));
    x_group(e, 0, G_AND, x_host(RAX), 4092);
    x_rm(e, X_MOV, RDX, x_host(RAX));
    x_shift(e, 0, S_SHR, RDX, 2);
    x_shift(e, 0, S_SHL, RAX, 3);
    x_wide(e, X_ADD, RCX, x_host(RAX));
    x_wide(e, X_SUB, COUNTS, x_memory(RCX, offsetof(Insn, before)));
    x_group(e, 1, G_SUB, x_host(LEFT), PAGE_INSNS);
    x_wide(e, X_ADD, LEFT, x_host(RDX));
    x_wide(e, X_TEST, LEFT, x_host(LEFT));
    x_jump_to(e, CC_GE, enter);
    x_wide(e, X_MOV_TO, RCX, field(FIELD(live)));
    x_set(e, x_host(RAX), NATIVE_LEAVE);
    x_jump_to(e, -1, t->leave);
    x_reach(absent, e->at);
    x_rm(e, X_MOV_TO, RAX, field(FIELD(live_ea)));
    x_set(e, x_host(RAX), NATIVE_FAR);
    x_jump_to(e, -1, t->leave);
    translate_write_calls(t, e);
    t->at = e->at;
}

/* No record leads to a translation any more. */
static void translate_forget(CPU440 *c) {
    for (uint64_t i = 0; i < 2 * c->page_count; i++)
        if (c->pages[i]) code_untranslate(c, c->pages[i]);
    c->translator->entries = 0;
    c->translator->emptied++;
}

/* From the interpreter: the place has been arrived at often enough. */
static void translate_from(CPU440 *c, Insn *at) {
    Translator *t = c->translator;
    Region *r = &t->region;
    if (!translate_pays(at)) {
        at->native = NATIVE_NEVER;
        at->handler = c->handlers[at->op];
        return;
    }
    if (t->at + REGION_BYTES > t->arena.write + ARENA_BYTES || t->entries + REGION_MOST >= NATIVE_MOST) {
        translate_forget(c);
        translate_write_shared(t, c);
    }
    r->c = c;
    r->page = c->page;
    r->emit.at = t->at;
    r->exits = r->elsewheres = r->linelesses = r->calls = 0;
    region_gather(r, (int)(at - c->page->insn));
    region_mark(r, (int)(at - c->page->insn));
    region_choose(r, (int)(at - c->page->insn));
    r->leave_far = r->emit.at;           /* the only jumps back: far branches, whose common end follows the body */
    uint8_t *far_hook = x_jump(&r->emit, -1);
    region_body(r);
    region_elsewhere(r);
    region_linelesses(r, t);
    region_calls(r, t);
    region_exits(r, t, far_hook);
    region_entries(r, t);
    c->page->translated = 1;
    t->at = r->emit.at;
    t->regions++;
    t->translated += r->count;
}

static void translator_delete(CPU440 *c) {
    if (!c->translator) return;
    arena_close(&c->translator->arena);
    free(c->translator);
    c->translator = NULL;
}

/* A core that translates; why not, or NULL. Before anything is decoded. */
static const char *translator_start(CPU440 *c, int threshold) {
    Translator *t = calloc(1, sizeof *t);
    if (!t) return "no memory for a translator";
    if (arena_open(&t->arena)) {
        free(t);
        return "the computer gives no memory for host code";
    }
    c->translator = t;
    c->threshold = threshold;
    t->region.bmi2 = __builtin_cpu_supports("bmi2");
    c->near_used = 0xFFFFFFFFu;
    c->native = t->native;
    c->translate = translate_from;
    translate_write_shared(t, c);
    c->run_native = (int (*)(CPU440 *, const void *))t->arena.execute;
    return NULL;
}

/* A child of fork() makes memory of its own: what it shares with its parent is the parent's. */
static void translator_check(CPU440 *c) {
    Translator *t = c->translator;
    if (!t || t->arena.forks == arena_forks) return;
    arena_close(&t->arena);
    translate_forget(c);
    if (arena_open(&t->arena)) {
        t->arena.forks = arena_forks;
        c->threshold = NATIVE_NEVER;
        return;
    }
    translate_write_shared(t, c);
    c->run_native = (int (*)(CPU440 *, const void *))t->arena.execute;
}

#else
#define CAN_TRANSLATE 0

static void translator_check(CPU440 *c) { (void)c; }

static void translator_delete(CPU440 *c) { (void)c; }
static const char *translator_start(CPU440 *c, int threshold) {
    (void)c, (void)threshold;
    return "no translator for this computer: x86-64 Linux has one";
}

#endif
#endif
