/* SPDX-License-Identifier: BSD-3-Clause */
/* A region: the records of one page that are translated together, the guest registers that host registers hold in it,
 * and the ways out of it. */
#ifndef REGION_H
#define REGION_H

#include "cpu440_decode.h"
#include "x86_emit.h"

enum { REGION_MOST = 256, EXITS_MOST = 6 * REGION_MOST };
enum { STATE = RBX, LEFT = R12, COUNTS = R13 };     /* of translated code; rax, rcx and rdx hold nothing for long */
enum { CTR_REGISTER = 33, GUEST_REGISTERS = 34 };   /* numbers of guest registers after the 32 and the zero register */
enum { USES_D = 1, USES_A = 2, USES_B = 4, USES_CTR = 8, SETS_D = 16, SETS_A = 32, BASE_A = 64, SPENDS = 128 };

/* A way out: where a jump's distance waits for its target, how to leave, and the record to leave at or for. EXIT_INSIDE
 * stays in the region; EXIT_FAULT: the access that was looked up has raised an exception. */
enum { EXIT_REDO, EXIT_LEAVE, EXIT_LINK, EXIT_FAULT, EXIT_INSIDE, EXIT_KINDS };
typedef struct { uint8_t *jump; int kind, at; } Exit440;

/* An access whose base register's last line does not serve: it looks for the line, and goes on where it was. */
typedef struct { uint8_t *jump, *back; int at, base, bytes; size_t tag; } Elsewhere;

/* An access that finds no line, and calls for one. */
typedef struct { uint8_t *jump, *back; int at, bytes; size_t tag; } Lineless;

/* An instruction that is called for, as the interpreter has it. */
typedef struct { uint8_t *jump, *back; int at; } Called;

typedef struct {
    Emit emit;
    int bmi2;
    CPU440 *c;
    CodePage *page;
    int at;                                     /* record being translated */
    int count, exits, spends;                   /* spends: instructions take more off the budget than themselves */
    int first, last;                            /* records of the region */
    uint8_t in[PAGE_INSNS + 1];                 /* the records of the region */
    uint8_t entry[PAGE_INSNS + 1];              /* those that it is entered at */
    uint8_t target[PAGE_INSNS + 1];             /* those that a branch of the region leads to */
    uint8_t *label[PAGE_INSNS + 1];
    int8_t host[GUEST_REGISTERS];               /* the host register that holds a guest register, or -1 */
    uint8_t changed[GUEST_REGISTERS];
    int flags_field, flags_unsigned;            /* the CR field that the host's flags are of, or -1 */
    uint8_t near[32];                           /* base registers that keep the line of their last access */
    Elsewhere elsewhere[REGION_MOST];
    Lineless lineless[REGION_MOST];
    Called called[REGION_MOST];
    int elsewheres, linelesses, calls;
    Exit440 exit[EXITS_MOST];
    uint8_t *stub[PAGE_INSNS + 1];              /* the newest way out by record */
    uint8_t *leave_far;                         /* where to go with an address in eax */
} Region;

static const int REGION_HOSTS[] = {RSI, RDI, R8, R9, R10, R11, RBP, R14, R15};
enum { REGION_HOST_COUNT = sizeof REGION_HOSTS / sizeof *REGION_HOSTS };

#define FIELD(name) ((int32_t)offsetof(CPU440, name))
static Operand field(int32_t offset) { return x_memory(STATE, offset); }
static Operand cr_field(int n) { return field(FIELD(cr) + 4 * n); }

static int32_t region_offset(int guest) { return guest == CTR_REGISTER ? FIELD(ctr) : 4 * guest; }

/* Where a guest register is: a host register or the state. */
static Operand guest(const Region *r, int g) {
    return r->host[g] >= 0 ? x_host(r->host[g]) : field(region_offset(g));
}

static void load_guest(Region *r, int to, int g) {
    if (g == ZERO_REGISTER) x_rm(&r->emit, X_XOR, to, x_host(to));
    else if (r->host[g] >= 0) x_move(&r->emit, to, r->host[g]);
    else x_rm(&r->emit, X_MOV, to, guest(r, g));
}

/* The host register that holds it, or `scratch` with its value. */
static int use(Region *r, int g, int scratch) {
    if (g != ZERO_REGISTER && r->host[g] >= 0) return r->host[g];
    load_guest(r, scratch, g);
    return scratch;
}

/* It becomes what a host register holds. */
static void define(Region *r, int g, int from) {
    r->changed[g] = 1;
    if (r->host[g] >= 0) x_move(&r->emit, r->host[g], from);
    else x_rm(&r->emit, X_MOV_TO, from, guest(r, g));
}

/* Where to compute it, when its operands need not stay: its host register, or eax. */
static int target_of(const Region *r, int g) { return r->host[g] >= 0 ? r->host[g] : RAX; }

static void region_exit(Region *r, uint8_t *jump, int kind, int at) {
    r->exit[r->exits++] = (Exit440){jump, kind, at};
}

/* The interpreter does this instruction: nothing of it has happened. */
static void redo_if(Region *r, int cc) { region_exit(r, x_jump(&r->emit, cc), EXIT_REDO, r->at); }

/* rdx = the place of the line for the address in eax; where it is not, the jump. The line is the first byte's, its tag is
 * compared with the page of the last one, so that an access over the end of a page finds none. */
static uint8_t *look_for_line(Region *r, int bytes, size_t tag) {
    Emit *e = &r->emit;
    x_rm(e, X_LEA, RCX, x_memory(RAX, bytes - 1));
    x_group(e, 0, G_AND, x_host(RCX), -4096);
    if (r->bmi2) {
        x_rotate_right(e, RDX, RAX, 8);
    } else {
        x_rm(e, X_MOV, RDX, x_host(RAX));
        x_shift(e, 0, S_SHR, RDX, 8);
    }
    x_group(e, 0, G_AND, x_host(RDX), (CACHE_LINES - 1) << 4);
    x_wide(e, X_ADD, RDX, field(FIELD(data)));
    x_rm(e, X_CMP, RCX, x_memory(RDX, (int32_t)tag));
    return x_jump(e, CC_NE);
}

static void find_line(Region *r, int bytes, size_t tag) {
    uint8_t *jump = look_for_line(r, bytes, tag);
    r->lineless[r->linelesses++] = (Lineless){jump, r->emit.at, r->at, bytes, tag};
}

/* The interpreter's body does it, called from here (cc < 0: always); what comes of it is in the state. Unless `back` is
 * changed, execution goes on behind the jump. */
static Called *call_if(Region *r, int cc) {
    Called *x = &r->called[r->calls++];
    uint8_t *jump = x_jump(&r->emit, cc);
    *x = (Called){jump, r->emit.at, r->at};
    return x;
}

static void call_for(Region *r) { call_if(r, -1); }

static Operand near_tag(int base, size_t tag) {
    return field((tag == offsetof(DataLine, read_tag) ? FIELD(near_read) : FIELD(near_write)) + 8 * base);
}

static int region_near_target(const Insn *p, int at) {
    switch (p->op) {
    case OP_b_near: case OP_bl_near: case OP_bt_near: case OP_bf_near: case OP_bdnz_near: case OP_bdz_near:
        return at + p->imm;
    default:
        return -1;
    }
}

/* Whether the record after an instruction is never executed next. */
static int region_ends(int op) {
    switch (op) {
    case OP_b_near: case OP_b_far: case OP_b: case OP_b_self: case OP_blr: case OP_bctr: case OP_rfi: case OP_rfci:
    case OP_rfmci: case OP_sc: case OP_isync: case OP_illegal: case OP_end_of_page:
        return 1;
    default:
        return 0;
    }
}

/* Whether execution comes back to the record after an instruction from elsewhere, or from whoever runs the engine. */
static int region_comes_back(int op, int translated) {
    switch (op) {
    case OP_bl_near: case OP_bl_far: case OP_bctrl: case OP_sc: case OP_isync: case OP_tlbwe: case OP_mtspr: case OP_mtmsr:
    case OP_wrtee: case OP_wrteei:
        return 1;
    default:
        return !translated && !region_ends(op);
    }
}

#endif
