/* SPDX-License-Identifier: BSD-3-Clause */
/* The encodings of x86-64 that translations are made of. Numbers: Intel SDM volume 2, chapters 2 and 3. */
#ifndef X86_EMIT_H
#define X86_EMIT_H

#include <stdint.h>
#include <string.h>

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

/* Conditions, as the opcodes of jcc, setcc and cmovcc number them; `^ 1` is the opposite. */
enum { CC_B = 2, CC_AE = 3, CC_E = 4, CC_NE = 5, CC_BE = 6, CC_A = 7, CC_L = 12, CC_GE = 13, CC_LE = 14, CC_G = 15 };

/* Opcodes with a register and a register or memory operand; those above 255 begin with 0F. */
enum { X_ADD = 0x03, X_OR = 0x0B, X_ADC = 0x13, X_SBB = 0x1B, X_AND = 0x23, X_SUB = 0x2B, X_XOR = 0x33, X_CMP = 0x3B,
       X_MOVSXD = 0x63, X_TEST = 0x85, X_MOV_TO = 0x89, X_MOV_BYTE_TO = 0x88, X_MOV = 0x8B, X_LEA = 0x8D,
       X_CMOV = 0x140, X_SET = 0x190, X_IMUL = 0x1AF, X_MOVZX_BYTE = 0x1B6, X_MOVZX_HALF = 0x1B7, X_BSR = 0x1BD,
       X_MOVSX_BYTE = 0x1BE, X_MOVSX_HALF = 0x1BF, X_BIT_TEST = 0x1BA, X_GROUP_F7 = 0xF7 };

/* The extensions of the groups 81 and 83 (arithmetic), C1 and D3 (shifts), F7 (unary). */
enum { G_ADD = 0, G_OR = 1, G_AND = 4, G_SUB = 5, G_XOR = 6, G_CMP = 7 };
enum { S_ROL = 0, S_SHL = 4, S_SHR = 5, S_SAR = 7 };
enum { U_TEST = 0, U_NOT = 2, U_NEG = 3, U_MUL = 4, U_IMUL = 5, U_DIV = 6, U_IDIV = 7 };

/* An operand: a register, or memory at base + disp, or with `index` at base + index. */
typedef struct { int host, base, index; int32_t disp; } Operand;

typedef struct { uint8_t *at; } Emit;

static inline Operand x_host(int reg) { return (Operand){reg, 0, -1, 0}; }
static inline Operand x_memory(int base, int32_t disp) { return (Operand){-1, base, -1, disp}; }
static inline Operand x_indexed(int base, int index) { return (Operand){-1, base, index, 0}; }

static inline void x_byte(Emit *e, int value) { *e->at++ = (uint8_t)value; }
static inline void x_word(Emit *e, uint32_t value) { memcpy(e->at, &value, 4); e->at += 4; }
static inline void x_long(Emit *e, uint64_t value) { memcpy(e->at, &value, 8); e->at += 8; }

/* prefix: 0 or 0x66. byte: a register operand that is the low byte of a register. */
static void x_op(Emit *e, int prefix, int wide, int byte, int op, int reg, Operand p) {
    int rm = p.host >= 0 ? p.host : p.base, index = p.index >= 0 ? p.index : 0;
    int rex = 0x40 | wide << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | rm >> 3;
    if (prefix) x_byte(e, prefix);
    if (rex != 0x40 || (byte && (reg >= RSP || (p.host >= RSP && byte > 1)))) x_byte(e, rex);
    if (op > 255) x_byte(e, 0x0F);
    x_byte(e, op);
    if (p.host >= 0) {
        x_byte(e, 0xC0 | (reg & 7) << 3 | (rm & 7));
    } else if (p.index >= 0) {              /* base is neither rbp nor r13 */
        x_byte(e, (reg & 7) << 3 | 4);
        x_byte(e, (index & 7) << 3 | (rm & 7));
    } else {                                /* base is neither rsp nor r12 */
        int small = p.disp >= -128 && p.disp < 128;
        x_byte(e, (small ? 0x40 : 0x80) | (reg & 7) << 3 | (rm & 7));
        if (small) x_byte(e, (int)p.disp);
        else x_word(e, (uint32_t)p.disp);
    }
}

static void x_rm(Emit *e, int op, int reg, Operand p) { x_op(e, 0, 0, 0, op, reg, p); }
static void x_wide(Emit *e, int op, int reg, Operand p) { x_op(e, 0, 1, 0, op, reg, p); }

static void x_group(Emit *e, int wide, int which, Operand p, int32_t imm) {
    int small = imm >= -128 && imm < 128;
    x_op(e, 0, wide, 0, small ? 0x83 : 0x81, which, p);
    if (small) x_byte(e, imm);
    else x_word(e, (uint32_t)imm);
}

static void x_set(Emit *e, Operand p, uint32_t imm) {
    if (p.host >= 0) {
        if (p.host >= R8) x_byte(e, 0x41);
        x_byte(e, 0xB8 | (p.host & 7));
    } else {
        x_rm(e, 0xC7, 0, p);
    }
    x_word(e, imm);
}

static void x_set_long(Emit *e, int reg, uint64_t imm) {
    x_byte(e, 0x48 | reg >> 3);
    x_byte(e, 0xB8 | (reg & 7));
    x_long(e, imm);
}

static void x_move(Emit *e, int to, int from) { if (to != from) x_rm(e, X_MOV, to, x_host(from)); }

static void x_shift(Emit *e, int wide, int which, int reg, int count) {
    if (!count) return;
    x_op(e, 0, wide, 0, 0xC1, which, x_host(reg));
    x_byte(e, count);
}

static void x_shift_cl(Emit *e, int wide, int which, int reg) { x_op(e, 0, wide, 0, 0xD3, which, x_host(reg)); }

/* Shifts without flags (BMI2): to = from shifted by the count in a register, 64 bits wide. */
enum { VEX_SHL = 1, VEX_SAR = 2, VEX_SHR = 3 };
static void x_shift_by(Emit *e, int which, int to, int from, int count) {
    x_byte(e, 0xC4);
    x_byte(e, 0x42 | !(to >> 3) << 7 | !(from >> 3) << 5);
    x_byte(e, 0x80 | (~count & 15) << 3 | which);
    x_byte(e, 0xF7);
    x_byte(e, 0xC0 | (to & 7) << 3 | (from & 7));
}

/* to = from rotated right by a constant (BMI2). */
static void x_rotate_right(Emit *e, int to, int from, int count) {
    x_byte(e, 0xC4);
    x_byte(e, 0x43 | !(to >> 3) << 7 | !(from >> 3) << 5);
    x_byte(e, 0x7B);
    x_byte(e, 0xF0);
    x_byte(e, 0xC0 | (to & 7) << 3 | (from & 7));
    x_byte(e, count);
}

static void x_swap(Emit *e, int reg) {
    if (reg >= R8) x_byte(e, 0x41);
    x_byte(e, 0x0F);
    x_byte(e, 0xC8 | (reg & 7));
}

/* The two low bytes change places. */
static void x_swap_half(Emit *e, int reg) { x_op(e, 0x66, 0, 0, 0xC1, S_ROL, x_host(reg)); x_byte(e, 8); }

/* reg, one of rax, rcx, rdx, becomes 1 or 0. */
static void x_truth(Emit *e, int cc, int reg) {
    x_op(e, 0, 0, 1, X_SET | cc, 0, x_host(reg));
    x_op(e, 0, 0, 1, X_MOVZX_BYTE, reg, x_host(reg));
}

/* Jumps of 32 bits; each returns where its distance is, for x_reach. cc < 0: always. */
static uint8_t *x_jump(Emit *e, int cc) {
    if (cc < 0) x_byte(e, 0xE9);
    else x_byte(e, 0x0F), x_byte(e, 0x80 | cc);
    x_word(e, 0);
    return e->at - 4;
}

static void x_reach(uint8_t *distance, const uint8_t *target) {
    int32_t d = (int32_t)(target - (distance + 4));
    memcpy(distance, &d, 4);
}

static void x_call(Emit *e, const uint8_t *target) {
    x_byte(e, 0xE8);
    x_word(e, 0);
    x_reach(e->at - 4, target);
}

static void x_call_host(Emit *e, int reg) { x_op(e, 0, 0, 0, 0xFF, 2, x_host(reg)); }

static void x_push(Emit *e, int reg) {
    if (reg >= R8) x_byte(e, 0x41);
    x_byte(e, 0x50 | (reg & 7));
}

static void x_pop(Emit *e, int reg) {
    if (reg >= R8) x_byte(e, 0x41);
    x_byte(e, 0x58 | (reg & 7));
}

static void x_jump_to(Emit *e, int cc, const uint8_t *target) { x_reach(x_jump(e, cc), target); }

#endif
