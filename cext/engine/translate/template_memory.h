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

/* From the address in eax: the bytes are at rdx + rax. The page of the last byte is compared, so that an access over
 * the end of a page finds no line. */
static void host_line(Region *r, int bytes, size_t tag) {
    Emit *e = &r->emit;
    x_rm(e, X_LEA, RCX, x_memory(RAX, bytes - 1));
    x_rm(e, X_MOV, RDX, x_host(RAX));
    x_shift(e, 0, S_SHR, RDX, 8);
    x_group(e, 0, G_AND, x_host(RDX), (CACHE_LINES - 1) << 4);
    x_group(e, 0, G_AND, x_host(RCX), -4096);
    x_wide(e, X_ADD, RDX, field(FIELD(data)));
    x_rm(e, X_CMP, RCX, x_memory(RDX, (int32_t)tag));
    redo_if(r, CC_NE);
    x_wide(e, X_MOV, RDX, x_memory(RDX, offsetof(DataLine, addend)));
}

static void t_load(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    Operand bytes = x_indexed(RDX, RAX);
    int size = arg & BYTES, to = arg & UPDATES ? RCX : target_of(r, p->d);
    if (to == RAX) to = RCX;
    effective_address(r, p, arg);
    host_line(r, size, offsetof(DataLine, read_tag));
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
    host_line(r, size, offsetof(DataLine, write_tag));
    load_guest(r, RCX, p->d);
    if (size == 4 && !(arg & REVERSED)) x_swap(e, RCX);
    if (size == 2 && !(arg & REVERSED)) x_swap_half(e, RCX);
    if (size == 1) x_op(e, 0, 0, 1, X_MOV_BYTE_TO, RCX, bytes);
    else x_op(e, size == 2 ? 0x66 : 0, 0, 0, X_MOV_TO, RCX, bytes);
    if (arg & UPDATES) define(r, p->a, RAX);
}

static void t_load_multiple(Region *r, const Insn *p, int arg) {
    (void)arg;
    effective_address(r, p, 0);
    host_line(r, 4 * (32 - p->d), offsetof(DataLine, read_tag));
    x_wide(&r->emit, X_ADD, RDX, x_host(RAX));
    for (int g = p->d; g < 32; g++) {
        int to = target_of(r, g);
        x_rm(&r->emit, X_MOV, to, x_memory(RDX, 4 * (g - p->d)));
        x_swap(&r->emit, to);
        define(r, g, to);
    }
}

static void t_store_multiple(Region *r, const Insn *p, int arg) {
    (void)arg;
    effective_address(r, p, 0);
    host_line(r, 4 * (32 - p->d), offsetof(DataLine, write_tag));
    x_wide(&r->emit, X_ADD, RDX, x_host(RAX));
    for (int g = p->d; g < 32; g++) {
        load_guest(r, RAX, g);
        x_swap(&r->emit, RAX);
        x_rm(&r->emit, X_MOV_TO, RAX, x_memory(RDX, 4 * (g - p->d)));
    }
}

static void t_load_reserve(Region *r, const Insn *p, int arg) {
    t_load(r, p, arg);
    x_set(&r->emit, field(FIELD(reservation)), 1);
}

static void t_store_conditional(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    effective_address(r, p, arg);
    host_line(r, 4, offsetof(DataLine, write_tag));
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
    host_line(r, 1, offsetof(DataLine, write_tag));
    x_group(e, 0, G_AND, x_host(RAX), -32);
    x_wide(e, X_ADD, RDX, x_host(RAX));
    x_rm(e, X_XOR, RAX, x_host(RAX));
    for (int at = 0; at < 32; at += 8) x_wide(e, X_MOV_TO, RAX, x_memory(RDX, at));
}

#endif
