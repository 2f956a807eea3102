/* SPDX-License-Identifier: BSD-3-Clause */
/* Templates: arithmetic, logic, rotates, compares, CR. Each writes the host's code for one instruction, whose meaning
 * is that of its body in ops440_integer.inc. */
#ifndef TEMPLATE_INTEGER_H
#define TEMPLATE_INTEGER_H

#include "region.h"

/* CR field n from the flags of a comparison; they stay. Words with SO in them have been made when the code was entered. */
static void order_from_flags(Region *r, int n, int is_unsigned) {
    Emit *e = &r->emit;
    x_rm(e, X_CMOV | (is_unsigned ? CC_B : CC_L), RCX, field(FIELD(order_lt)));
    x_rm(e, X_CMOV | (is_unsigned ? CC_A : CC_G), RCX, field(FIELD(order_gt)));
    x_rm(e, X_MOV_TO, RCX, cr_field(n));
    r->flags_field = n;
    r->flags_unsigned = is_unsigned;
}

/* CR0 for a result, which is in a register other than rcx. */
static void record_result(Region *r, int reg) {
    x_rm(&r->emit, X_MOV, RCX, field(FIELD(order_eq)));
    x_rm(&r->emit, X_TEST, reg, x_host(reg));
    order_from_flags(r, 0, 0);
}

static void finish(Region *r, int g, int reg, int record) {
    define(r, g, reg);
    if (record) record_result(r, reg);
}

enum { RECORD_RESULT = 0x1000 };   /* in a template's argument */

static void t_nothing(Region *r, const Insn *p, int arg) { (void)r, (void)p, (void)arg; }

static void t_constant(Region *r, const Insn *p, int arg) {
    (void)arg;
    r->changed[p->d] = 1;
    x_set(&r->emit, guest(r, p->d), (uint32_t)p->imm);
}

static void t_move(Region *r, const Insn *p, int arg) {
    int to = target_of(r, p->a);
    load_guest(r, to, p->d);
    finish(r, p->a, to, arg & RECORD_RESULT);
}

static void t_add_constant(Region *r, const Insn *p, int arg) {
    int to = target_of(r, p->d);
    (void)arg;
    if (p->a != ZERO_REGISTER && r->host[p->a] >= 0 && r->host[p->a] != to) {
        x_rm(&r->emit, X_LEA, to, x_memory(r->host[p->a], p->imm));
    } else {
        load_guest(r, to, p->a);
        x_group(&r->emit, 0, G_ADD, x_host(to), p->imm);
    }
    define(r, p->d, to);
}

/* rX = first op second, where the operation is a host's with two operands. Neither is the zero register. */
static void two_operands(Region *r, int target, int first, int second, int op, int commutes, int record) {
    int to = target_of(r, target);
    if (to != RAX && target == second && target != first) {
        if (commutes) second = first, first = target;
        else to = RAX;
    }
    load_guest(r, to, first);
    x_rm(&r->emit, op, to, guest(r, second));
    finish(r, target, to, record);
}

/* argument: the host's operation */
static void t_sum(Region *r, const Insn *p, int arg) {
    two_operands(r, p->d, p->a, p->b, arg & 0xFFF, 1, arg & RECORD_RESULT);
}
static void t_difference(Region *r, const Insn *p, int arg) {
    two_operands(r, p->d, p->b, p->a, X_SUB, 0, arg & RECORD_RESULT);
}
static void t_logic(Region *r, const Insn *p, int arg) {
    two_operands(r, p->a, p->d, p->b, arg & 0xFFF, 1, arg & RECORD_RESULT);
}

/* andc, orc: RS op ~RB; nor, nand, eqv: ~(RS op RB). */
enum { INVERT_SECOND = 0x2000, INVERT_RESULT = 0x4000 };
static void t_inverted(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    load_guest(r, RAX, p->b);
    if (arg & INVERT_SECOND) x_rm(e, X_GROUP_F7, U_NOT, x_host(RAX));
    x_rm(e, arg & 0xFFF, RAX, guest(r, p->d));
    if (arg & INVERT_RESULT) x_rm(e, X_GROUP_F7, U_NOT, x_host(RAX));
    finish(r, p->a, RAX, arg & RECORD_RESULT);
}

static void t_logic_constant(Region *r, const Insn *p, int arg) {
    int to = target_of(r, p->a);
    load_guest(r, to, p->d);
    x_group(&r->emit, 0, arg & 0xFFF, x_host(to), p->imm);
    finish(r, p->a, to, arg & RECORD_RESULT);
}

static void t_negate(Region *r, const Insn *p, int arg) {
    int to = target_of(r, p->d);
    load_guest(r, to, p->a);
    x_rm(&r->emit, X_GROUP_F7, U_NEG, x_host(to));
    finish(r, p->d, to, arg & RECORD_RESULT);
}

static void t_multiply_constant(Region *r, const Insn *p, int arg) {
    int to = target_of(r, p->d);
    (void)arg;
    x_rm(&r->emit, 0x69, to, guest(r, p->a));
    x_word(&r->emit, (uint32_t)p->imm);
    define(r, p->d, to);
}

/* argument: U_MUL or U_IMUL */
static void t_multiply_high(Region *r, const Insn *p, int arg) {
    load_guest(r, RAX, p->a);
    x_rm(&r->emit, X_GROUP_F7, arg & 0xFFF, guest(r, p->b));
    finish(r, p->d, RDX, arg & RECORD_RESULT);
}

/* What has no result is left to the interpreter, which counts it. argument: U_DIV or U_IDIV */
static void t_divide(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    load_guest(r, RCX, p->b);
    load_guest(r, RAX, p->a);
    x_rm(e, X_TEST, RCX, x_host(RCX));
    redo_if(r, CC_E);
    if ((arg & 0xFFF) == U_IDIV) {
        x_rm(e, X_LEA, RDX, x_memory(RAX, INT32_MIN));      /* 0 for the smallest number */
        x_rm(e, X_TEST, RDX, x_host(RDX));
        uint8_t *fine = x_jump(e, CC_NE);
        x_group(e, 0, G_CMP, x_host(RCX), -1);
        redo_if(r, CC_E);
        x_reach(fine, e->at);
        x_byte(e, 0x99);                                    /* cdq */
    } else {
        x_rm(e, X_XOR, RDX, x_host(RDX));
    }
    x_rm(e, X_GROUP_F7, arg & 0xFFF, x_host(RCX));
    finish(r, p->d, RAX, arg & RECORD_RESULT);
}

static void keep_carry(Region *r, int cc) {
    x_truth(&r->emit, cc, RCX);
    x_rm(&r->emit, X_MOV_TO, RCX, field(FIELD(ca)));
}

/* addic, addic., subfic */
static void t_carry_constant(Region *r, const Insn *p, int arg) {
    load_guest(r, RAX, p->a);
    x_group(&r->emit, 0, G_ADD, x_host(RAX), p->imm);
    keep_carry(r, CC_B);
    finish(r, p->d, RAX, arg & RECORD_RESULT);
}

static void t_from_constant(Region *r, const Insn *p, int arg) {
    (void)arg;
    x_set(&r->emit, x_host(RAX), (uint32_t)p->imm);
    x_rm(&r->emit, X_SUB, RAX, guest(r, p->a));
    keep_carry(r, CC_AE);
    define(r, p->d, RAX);
}

/* addc; adde, addze, addme with the carry coming in. The second operand: RB, 0 or -1. */
enum { SECOND_B = 0, SECOND_ZERO = 1, SECOND_ONES = 2, CARRY_IN = 4 };
static void t_carry_sum(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    int which = arg & 3;
    load_guest(r, RAX, p->a);
    if (arg & CARRY_IN) {
        x_rm(e, X_BIT_TEST, 4, field(FIELD(ca)));
        x_byte(e, 0);
    }
    if (which == SECOND_B) x_rm(e, arg & CARRY_IN ? X_ADC : X_ADD, RAX, guest(r, p->b));
    else x_group(e, 0, 2, x_host(RAX), which == SECOND_ZERO ? 0 : -1);     /* adc */
    keep_carry(r, CC_B);
    finish(r, p->d, RAX, arg & RECORD_RESULT);
}

/* subfc, subfe, subfze, subfme: the second operand minus RA, minus 1 without a carry coming in. */
static void t_carry_difference(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    int which = arg & 3;
    if (which == SECOND_B) load_guest(r, RAX, p->b);
    else x_set(e, x_host(RAX), which == SECOND_ZERO ? 0 : 0xFFFFFFFFu);
    if (arg & CARRY_IN) x_group(e, 0, G_CMP, field(FIELD(ca)), 1);         /* borrow: no carry */
    x_rm(e, arg & CARRY_IN ? X_SBB : X_SUB, RAX, guest(r, p->a));
    keep_carry(r, CC_AE);
    finish(r, p->d, RAX, arg & RECORD_RESULT);
}

/* slw, srw: of 64 bits, so that counts from 32 to 63 leave nothing. argument: S_SHL or S_SHR */
static void t_shift(Region *r, const Insn *p, int arg) {
    if (r->bmi2) {
        int from = use(r, p->d, RAX), by = use(r, p->b, RCX), to = (arg & 0xFFF) == S_SHR ? target_of(r, p->a) : RAX;
        x_shift_by(&r->emit, (arg & 0xFFF) == S_SHR ? VEX_SHR : VEX_SHL, to, from, by);
        finish(r, p->a, to, arg & RECORD_RESULT);
        return;
    }
    load_guest(r, RCX, p->b);
    load_guest(r, RAX, p->d);
    x_shift_cl(&r->emit, 1, arg & 0xFFF, RAX);
    finish(r, p->a, RAX, arg & RECORD_RESULT);
}

static void t_shift_algebraic(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    load_guest(r, RCX, p->b);
    x_wide(e, X_MOVSXD, RDX, guest(r, p->d));
    x_wide(e, X_MOV, RAX, x_host(RDX));
    x_shift_cl(e, 1, S_SAR, RAX);
    x_wide(e, X_MOV, RDX, x_host(RAX));
    x_shift_cl(e, 1, S_SHL, RDX);
    x_wide(e, X_MOVSXD, RCX, guest(r, p->d));
    x_wide(e, X_CMP, RDX, x_host(RCX));                     /* bits were lost */
    x_truth(e, CC_NE, RDX);
    x_shift(e, 0, S_SHR, RCX, 31);
    x_rm(e, X_AND, RDX, x_host(RCX));
    x_rm(e, X_MOV_TO, RDX, field(FIELD(ca)));
    finish(r, p->a, RAX, arg & RECORD_RESULT);
}

static void t_shift_algebraic_constant(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    load_guest(r, RAX, p->d);
    x_rm(e, X_MOV, RDX, x_host(RAX));
    x_rm(e, X_MOV, RCX, x_host(RAX));
    x_shift(e, 0, S_SHR, RDX, 31);
    x_group(e, 0, G_AND, x_host(RCX), (int32_t)((1u << p->b) - 1));
    x_truth(e, CC_NE, RCX);
    x_rm(e, X_AND, RCX, x_host(RDX));
    x_rm(e, X_MOV_TO, RCX, field(FIELD(ca)));
    x_shift(e, 0, S_SAR, RAX, p->b);
    finish(r, p->a, RAX, arg & RECORD_RESULT);
}

/* rlwinm and its special cases slwi, srwi, clrlwi: rotated by a constant, under a mask. */
enum { ROTATE_LEFT = 1, ROTATE_RIGHT = 2, ROTATE_NOT = 4, ROTATE_MASKED = 8 };
static void t_rotate(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    int to = target_of(r, p->a);
    load_guest(r, to, p->d);
    if (arg & ROTATE_LEFT) x_shift(e, 0, arg & ROTATE_MASKED ? S_ROL : S_SHL, to, p->b);
    if (arg & ROTATE_RIGHT) x_shift(e, 0, S_SHR, to, p->b);
    if ((arg & ROTATE_MASKED) && p->imm != -1) x_group(e, 0, G_AND, x_host(to), p->imm);
    finish(r, p->a, to, arg & RECORD_RESULT);
}

static void t_rotate_by_register(Region *r, const Insn *p, int arg) {
    load_guest(r, RCX, p->b);
    load_guest(r, RAX, p->d);
    x_shift_cl(&r->emit, 0, S_ROL, RAX);
    x_group(&r->emit, 0, G_AND, x_host(RAX), p->imm);
    finish(r, p->a, RAX, arg & RECORD_RESULT);
}

static void t_insert(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    load_guest(r, RAX, p->d);
    x_shift(e, 0, S_ROL, RAX, p->b);
    x_group(e, 0, G_AND, x_host(RAX), p->imm);
    load_guest(r, RCX, p->a);
    x_group(e, 0, G_AND, x_host(RCX), ~p->imm);
    x_rm(e, X_OR, RAX, x_host(RCX));
    finish(r, p->a, RAX, arg & RECORD_RESULT);
}

static void t_leading_zeros(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    x_set(e, x_host(RCX), 63);
    x_rm(e, X_BSR, RAX, guest(r, p->d));
    x_rm(e, X_CMOV | CC_E, RAX, x_host(RCX));
    x_group(e, 0, G_XOR, x_host(RAX), 31);
    finish(r, p->a, RAX, arg & RECORD_RESULT);
}

/* argument: X_MOVSX_BYTE or X_MOVSX_HALF */
static void t_extend(Region *r, const Insn *p, int arg) {
    load_guest(r, RAX, p->d);
    x_rm(&r->emit, arg & 0xFFF, RAX, x_host(RAX));
    finish(r, p->a, RAX, arg & RECORD_RESULT);
}

/* argument: 1 without sign */
static void t_compare_constant(Region *r, const Insn *p, int arg) {
    x_rm(&r->emit, X_MOV, RCX, field(FIELD(order_eq)));
    x_group(&r->emit, 0, G_CMP, guest(r, p->a), p->imm);
    order_from_flags(r, p->d, arg);
}
static void t_compare(Region *r, const Insn *p, int arg) {
    int first = use(r, p->a, RAX);
    x_rm(&r->emit, X_MOV, RCX, field(FIELD(order_eq)));
    x_rm(&r->emit, X_CMP, first, guest(r, p->b));
    order_from_flags(r, p->d, arg);
}

/* argument: 1 the second operand is a constant */
static void t_trap(Region *r, const Insn *p, int arg) {
    static const int conditions[5] = {CC_A, CC_B, CC_E, CC_G, CC_L};
    int to = p->raw >> 21 & 31;
    if (arg) x_group(&r->emit, 0, G_CMP, guest(r, p->a), p->imm);
    else x_rm(&r->emit, X_CMP, use(r, p->a, RAX), guest(r, p->b));
    for (int i = 0; i < 5; i++)
        if (to >> i & 1) redo_if(r, conditions[i]);
}

static void t_select(Region *r, const Insn *p, int arg) {
    int bit = p->raw >> 6 & 31;
    (void)arg;
    load_guest(r, RAX, p->b);
    load_guest(r, RCX, p->a);
    x_rm(&r->emit, X_GROUP_F7, U_TEST, cr_field(bit >> 2));
    x_word(&r->emit, 8u >> (bit & 3));
    x_rm(&r->emit, X_CMOV | CC_NE, RAX, x_host(RCX));
    define(r, p->d, RAX);
}

static void cr_bit(Region *r, int to, int bit) {
    x_rm(&r->emit, X_MOV, to, cr_field(bit >> 2));
    x_shift(&r->emit, 0, S_SHR, to, 3 - (bit & 3));
}

static void t_cr_logic(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    int to = p->raw >> 21 & 31;
    cr_bit(r, RAX, p->raw >> 16 & 31);
    cr_bit(r, RCX, p->raw >> 11 & 31);
    if (arg & INVERT_SECOND) x_rm(e, X_GROUP_F7, U_NOT, x_host(RCX));
    x_rm(e, arg & 0xFFF, RAX, x_host(RCX));
    if (arg & INVERT_RESULT) x_rm(e, X_GROUP_F7, U_NOT, x_host(RAX));
    x_group(e, 0, G_AND, x_host(RAX), 1);
    x_shift(e, 0, S_SHL, RAX, 3 - (to & 3));
    x_rm(e, X_MOV, RCX, cr_field(to >> 2));
    x_group(e, 0, G_AND, x_host(RCX), ~(int32_t)(8u >> (to & 3)));
    x_rm(e, X_OR, RAX, x_host(RCX));
    x_rm(e, X_MOV_TO, RAX, cr_field(to >> 2));
}

static void t_cr_move(Region *r, const Insn *p, int arg) {
    (void)arg;
    x_rm(&r->emit, X_MOV, RAX, cr_field(p->raw >> 18 & 7));
    x_rm(&r->emit, X_MOV_TO, RAX, cr_field(p->raw >> 23 & 7));
}

static void t_cr_read(Region *r, const Insn *p, int arg) {
    (void)arg;
    x_rm(&r->emit, X_MOV, RAX, cr_field(0));
    for (int n = 1; n < 8; n++) {
        x_shift(&r->emit, 0, S_SHL, RAX, 4);
        x_rm(&r->emit, X_OR, RAX, cr_field(n));
    }
    define(r, p->d, RAX);
}

static void t_cr_write(Region *r, const Insn *p, int arg) {
    (void)arg;
    for (int n = 0; n < 8; n++) {
        if (!(p->raw >> 12 & 128u >> n)) continue;
        load_guest(r, RAX, p->d);
        x_shift(&r->emit, 0, S_SHR, RAX, 28 - 4 * n);
        x_group(&r->emit, 0, G_AND, x_host(RAX), 15);
        x_rm(&r->emit, X_MOV_TO, RAX, cr_field(n));
    }
}

#endif
