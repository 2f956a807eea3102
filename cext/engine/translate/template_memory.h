/* SPDX-License-Identifier: BSD-3-Clause */
/* Templates: loads and stores that a host line takes. Where none does, nothing has happened and the interpreter does
 * the instruction, as in ops440_memory.inc. */
#ifndef TEMPLATE_MEMORY_H
#define TEMPLATE_MEMORY_H

#include "template_integer.h"

enum { BYTES = 15, INDEXED = 16, UPDATES = 32, SIGNED = 64, REVERSED = 128 };    /* in a template's argument */

static void effective_address(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    if (arg & INDEXED) {
        load_guest(r, RAX, p->a);
        x_rm(e, X_ADD, RAX, guest(r, p->b));
    } else if (p->a == ZERO_REGISTER) {
        x_set(e, x_host(RAX), (uint32_t)p->imm);
    } else if (r->host[p->a] >= 0) {
        x_rm(e, X_LEA, RAX, x_memory(r->host[p->a], p->imm));
    } else {
        load_guest(r, RAX, p->a);
        x_group(e, 0, G_ADD, x_host(RAX), p->imm);
    }
}

/* From the address in eax: the bytes are at rdx + rax. */
static void host_line(Region *r, const Insn *p, int bytes, size_t tag) {
    Emit *e = &r->emit;
    if (p->a < 32 && r->near[p->a]) {       /* all bytes in its page: the place in it leaves room for them */
        x_rm(e, X_MOV, RCX, x_host(RAX));
        x_wide(e, X_SUB, RCX, near_tag(p->a, tag));
        x_group(e, 1, G_CMP, x_host(RCX), 4096 - bytes);
        uint8_t *jump = x_jump(e, CC_A);
        x_wide(e, X_MOV, RDX, field(FIELD(near_addend) + 8 * p->a));
        r->elsewhere[r->elsewheres++] = (Elsewhere){jump, e->at, r->at, p->a, bytes, tag};
        return;
    }
    find_line(r, bytes, tag);
    x_wide(e, X_MOV, RDX, x_memory(RDX, offsetof(DataLine, addend)));
}

static void keep_tag(Region *r, int base, size_t tag) {
    Emit *e = &r->emit;
    x_rm(e, X_MOV, RCX, x_memory(RDX, (int32_t)tag));
    x_group(e, 0, G_CMP, x_host(RCX), NO_TAG);
    uint8_t *some = x_jump(e, CC_NE);
    x_set_long(e, RCX, (uint64_t)NEAR_NONE);
    x_reach(some, e->at);
    x_wide(e, X_MOV_TO, RCX, near_tag(base, tag));
}

/* The line becomes that of the base register. */
static void region_elsewhere(Region *r) {
    Emit *e = &r->emit;
    for (int i = 0; i < r->elsewheres; i++) {
        const Elsewhere *x = &r->elsewhere[i];
        r->at = x->at;
        x_reach(x->jump, e->at);
        find_line(r, x->bytes, x->tag);
        keep_tag(r, x->base, offsetof(DataLine, read_tag));
        keep_tag(r, x->base, offsetof(DataLine, write_tag));
        x_wide(e, X_MOV, RDX, x_memory(RDX, offsetof(DataLine, addend)));
        x_wide(e, X_MOV_TO, RDX, field(FIELD(near_addend) + 8 * x->base));
        x_group(e, 0, G_OR, field(FIELD(near_used)), (int32_t)(1u << x->base));
        x_jump_to(e, -1, x->back);
    }
}

static void t_load(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    Operand bytes = x_indexed(RDX, RAX);
    int size = arg & BYTES, to = target_of(r, p->d);
    if (to == RAX) to = RCX;
    effective_address(r, p, arg);
    host_line(r, p, size, offsetof(DataLine, read_tag));
    x_rm(e, size == 4 ? X_MOV : size == 2 ? X_MOVZX_HALF : X_MOVZX_BYTE, to, bytes);
    if (size == 4 && !(arg & REVERSED)) x_swap(e, to);
    if (size == 2 && !(arg & REVERSED)) x_swap_half(e, to);
    if (arg & SIGNED) x_rm(e, X_MOVSX_HALF, to, x_host(to));
    define(r, p->d, to);
    if (arg & UPDATES) define(r, p->a, RAX);
}

static void t_store(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    Operand bytes = x_indexed(RDX, RAX);
    int size = arg & BYTES;
    effective_address(r, p, arg);
    host_line(r, p, size, offsetof(DataLine, write_tag));
    load_guest(r, RCX, p->d);
    if (size == 4 && !(arg & REVERSED)) x_swap(e, RCX);
    if (size == 2 && !(arg & REVERSED)) x_swap_half(e, RCX);
    if (size == 1) x_op(e, 0, 0, 1, X_MOV_BYTE_TO, RCX, bytes);
    else x_op(e, size == 2 ? 0x66 : 0, 0, 0, X_MOV_TO, RCX, bytes);
    if (arg & UPDATES) define(r, p->a, RAX);
}

/* As MULTIPLE of engine440.inc, when the instruction is done. */
static void take_multiple(Region *r, int accesses) {
    Emit *e = &r->emit;
    if (accesses < 2) return;
    x_group(e, 1, G_SUB, field(FIELD(synced)), accesses / 2);
    x_group(e, 1, G_SUB, x_host(LEFT), accesses / 2);
    region_exit(r, x_jump(e, CC_L), EXIT_LEAVE, r->at + 1);
}

static void t_load_multiple(Region *r, const Insn *p, int arg) {
    (void)arg;
    if (p->a >= p->d && p->a != ZERO_REGISTER) {      /* an invalid form, which is counted */
        call_for(r);
        return;
    }
    effective_address(r, p, 0);
    host_line(r, p, 4 * (32 - p->d), offsetof(DataLine, read_tag));
    x_wide(&r->emit, X_ADD, RDX, x_host(RAX));
    for (int g = p->d; g < 32; g++) {
        int to = target_of(r, g);
        x_rm(&r->emit, X_MOV, to, x_memory(RDX, 4 * (g - p->d)));
        x_swap(&r->emit, to);
        define(r, g, to);
    }
    take_multiple(r, 32 - p->d);
}

static void t_store_multiple(Region *r, const Insn *p, int arg) {
    (void)arg;
    effective_address(r, p, 0);
    host_line(r, p, 4 * (32 - p->d), offsetof(DataLine, write_tag));
    x_wide(&r->emit, X_ADD, RDX, x_host(RAX));
    for (int g = p->d; g < 32; g++) {
        load_guest(r, RAX, g);
        x_swap(&r->emit, RAX);
        x_rm(&r->emit, X_MOV_TO, RAX, x_memory(RDX, 4 * (g - p->d)));
    }
    take_multiple(r, 32 - p->d);
}

static void t_load_reserve(Region *r, const Insn *p, int arg) {
    t_load(r, p, arg);
    x_set(&r->emit, field(FIELD(reservation)), 1);
}

static void t_store_conditional(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    effective_address(r, p, arg);
    region_exit(r, look_for_line(r, 4, offsetof(DataLine, write_tag)), EXIT_REDO, r->at);     /* it may store nothing */
    x_wide(e, X_MOV, RDX, x_memory(RDX, offsetof(DataLine, addend)));
    x_group(e, 0, G_CMP, field(FIELD(reservation)), 0);
    uint8_t *none = x_jump(e, CC_E);
    load_guest(r, RCX, p->d);
    x_swap(e, RCX);
    x_rm(e, X_MOV_TO, RCX, x_indexed(RDX, RAX));
    x_reach(none, e->at);
    x_rm(e, X_MOV, RCX, field(FIELD(reservation)));
    x_set(e, field(FIELD(reservation)), 0);
    x_rm(e, X_ADD, RCX, x_host(RCX));
    x_rm(e, X_OR, RCX, field(FIELD(so)));
    x_rm(e, X_MOV_TO, RCX, cr_field(0));
}

/* dcbz: 32 bytes of zeros at the block of the address. */
static void t_zero_block(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    effective_address(r, p, arg);
    host_line(r, p, 1, offsetof(DataLine, write_tag));
    x_group(e, 0, G_AND, x_host(RAX), -32);
    x_wide(e, X_ADD, RDX, x_host(RAX));
    x_rm(e, X_XOR, RAX, x_host(RAX));
    for (int at = 0; at < 32; at += 8) x_wide(e, X_MOV_TO, RAX, x_memory(RDX, at));
}

#endif
