/* SPDX-License-Identifier: BSD-3-Clause */
/* From an instruction word to a record of the engines, by the table of isa440.def. */
#ifndef CPU440_DECODE_H
#define CPU440_DECODE_H

#include "cpu440.h"
#include "opcodes440.h"
#include "ops440.def"

enum {
    F_RC = 1, F_OE = 2, F_RC_ALWAYS = 4, F_PRIV = 8, F_LOAD = 16, F_STORE = 32, F_UPDATE = 64, F_CACHE = 128,
    F_BRANCH = 256, F_LK = 512, F_AA = 1024, F_CA = 2048, F_SPR = 4096, F_MULTIPLE = 8192, F_STRING = 16384,
    F_REVERSED = 32768, F_RA0 = 65536, F_CMP = 131072, F_TRAP = 262144, F_SYNC = 524288
};
enum { FORM_D, FORM_B, FORM_I, FORM_SC, FORM_M, FORM_XL, FORM_X, FORM_XFX, FORM_XO, FORM_A };

enum {
#define INSN(id, mnemonic, primary, xo, form, flags, operands) OP_##id,
#include "isa440.def"
#undef INSN
    OP_INSTRUCTIONS,
    OP_BEFORE_VARIANTS = OP_INSTRUCTIONS - 1,
#define VARIANT(id) OP_##id##_rc,
    OPS440_RECORD(VARIANT)
#undef VARIANT
#define VARIANT(id) OP_##id##_oe,
    OPS440_OVERFLOW(VARIANT)
#undef VARIANT
#define VARIANT(id) OP_##id,
    OPS440_SPECIAL(VARIANT)
#undef VARIANT
    OP_TOTAL
};

typedef struct { uint16_t primary; int16_t xo; uint8_t form; uint32_t flags; } IsaRow;

static const IsaRow ISA_ROWS[] = {
#define INSN(id, mnemonic, primary, xo, form, flags, operands) {primary, xo, FORM_##form, flags},
#include "isa440.def"
#undef INSN
};

/* Filled once: instruction by primary opcode, or by extended opcode where there is one; record and overflow ops. */
static uint16_t decode_primary[64], decode_extended[3][1024];
static uint16_t decode_record[OP_INSTRUCTIONS], decode_overflow[OP_INSTRUCTIONS];
static int decode_ready;

static int decode_family(int primary) {
    return primary == PRIMARY_macchw ? 0 : primary == PRIMARY_bclr ? 1 : primary == PRIMARY_add ? 2 : -1;
}

static void decode_prepare(void) {
    if (decode_ready) return;
    for (int i = 0; i < 64; i++) decode_primary[i] = OP_illegal;
    for (int family = 0; family < 3; family++)
        for (int i = 0; i < 1024; i++) decode_extended[family][i] = OP_illegal;
    for (int op = 0; op < OP_INSTRUCTIONS; op++) {
        const IsaRow *row = &ISA_ROWS[op];
        int family = decode_family(row->primary);
        decode_record[op] = decode_overflow[op] = (uint16_t)op;
        if (family < 0) decode_primary[row->primary] = (uint16_t)op;
        else if (row->form == FORM_A)
            for (int high = 0; high < 32; high++) decode_extended[family][high << 5 | row->xo] = (uint16_t)op;
        else {
            decode_extended[family][row->xo] = (uint16_t)op;
            if (row->flags & F_OE) decode_extended[family][row->xo | 512] = (uint16_t)op;
        }
    }
#define VARIANT(id) decode_record[OP_##id] = OP_##id##_rc;
    OPS440_RECORD(VARIANT)
#undef VARIANT
#define VARIANT(id) decode_overflow[OP_##id] = OP_##id##_oe;
    OPS440_OVERFLOW(VARIANT)
#undef VARIANT
    decode_ready = 1;
}

/* OP_ of isa440.def's instruction, or OP_illegal. */
static int decode_instruction(uint32_t raw) {
    int family = decode_family(raw >> 26);
    return family < 0 ? decode_primary[raw >> 26] : decode_extended[family][raw >> 1 & 1023];
}

static uint32_t rotate_mask(int mb, int me) {
    uint32_t from = 0xFFFFFFFFu >> mb, to = 0xFFFFFFFFu << (31 - me);
    return mb <= me ? from & to : from | to;
}

static void decode_branch(Insn *i, int index) {
    uint32_t raw = i->raw;
    int far = (raw >> 26) == PRIMARY_b, lk = raw & 1, absolute = raw & 2;
    int32_t disp = far ? (int32_t)(raw << 6) >> 6 & ~3 : (int16_t)(raw & 0xFFFC);
    int target = index + disp / 4;
    int near = !absolute && target >= 0 && target < PAGE_INSNS;
    int bo = raw >> 21 & 31, bi = raw >> 16 & 31;
    i->imm = near ? disp / 4 : disp;
    i->a = (uint8_t)(bi >> 2);
    i->x = (uint8_t)(8 >> (bi & 3));
    if (far) {
        if (near) i->op = lk ? OP_bl_near : disp ? OP_b_near : OP_b_self;
        else i->op = absolute ? OP_b : lk ? OP_bl_far : OP_b_far;
        return;
    }
    if (absolute || lk || (!near && (bo & 4) == 0)) i->op = OP_bc_any;
    else if ((bo & 0x14) == 0x14) i->op = near ? (disp ? OP_b_near : OP_b_self) : OP_b_far;
    else if ((bo & 0x1C) == 0x0C) i->op = near ? OP_bt_near : OP_bt_far;
    else if ((bo & 0x1C) == 0x04) i->op = near ? OP_bf_near : OP_bf_far;
    else if ((bo & 0x16) == 0x10) i->op = OP_bdnz_near;
    else if ((bo & 0x16) == 0x12) i->op = OP_bdz_near;
    else i->op = OP_bc_any;
    if (i->op == OP_bc_any) i->imm = disp;
}

static void decode_rotate(Insn *i, int rc) {
    uint32_t raw = i->raw;
    int sh = raw >> 11 & 31, mb = raw >> 6 & 31, me = raw >> 1 & 31;
    i->imm = (int32_t)rotate_mask(mb, me);
    i->b = (uint8_t)sh;      /* rlwnm: the register, elsewhere the count */
    if (i->op != OP_rlwinm || rc) return;
    if (sh == 0) i->op = OP_clrlwi;
    else if (mb == 0 && me == 31 - sh) i->op = OP_slwi;
    else if (me == 31 && mb == 32 - sh) i->op = OP_srwi, i->b = (uint8_t)mb;
}

/* The word of the state that access to a register is access to, and nothing more; or -1. */
static int decode_spr_word(int number, int access_wanted) {
#define PLAIN(id, spr, access, word) \
    case spr: return (access) & access_wanted ? (int)(offsetof(CPU440, word) / 4) : -1;
#define SPECIAL(id, spr, access, ...) \
    __VA_OPT__(case spr: return access_wanted == SPR_READ ? (int)(offsetof(CPU440, __VA_ARGS__) / 4) : -1;)
    switch (number) {
#include "spr440.def"
    default: return -1;
    }
#undef PLAIN
#undef SPECIAL
}

static void decode_spr(Insn *i) {
    int word = decode_spr_word(decode_field10(i->raw), i->op == OP_mtspr ? SPR_WRITE : SPR_READ);
    i->imm = decode_field10(i->raw);
    if (word >= 0 && (i->imm & 16) && i->op != OP_mftb) {
        i->op = i->op == OP_mtspr ? OP_mtspr_word : OP_mfspr_word;
        i->imm = word;
        return;
    }
    if (i->op == OP_mtspr && i->imm == SPR_LR) i->op = OP_mtlr;
    else if (i->op == OP_mtspr && i->imm == SPR_CTR) i->op = OP_mtctr;
    else if (i->op == OP_mfspr && i->imm == SPR_LR) i->op = OP_mflr;
    else if (i->op == OP_mfspr && i->imm == SPR_CTR) i->op = OP_mfctr;
}

/* Loads (low word) and stores (high word) that an instruction makes; strings of lswx and stswx count when they run. */
static uint64_t decode_accesses(int op, uint32_t raw, uint32_t flags) {
    uint64_t count = 1, nb = raw >> 11 & 31;
    if (op == OP_dcbz) return 1ull << 32;
    if ((flags & F_CACHE) || !(flags & (F_LOAD | F_STORE)) || op == OP_lswx || op == OP_stswx) return 0;
    if (flags & F_MULTIPLE) count = 32 - (raw >> 21 & 31);
    if (flags & F_STRING) count = nb ? (nb + 3) / 4 : 8;
    return flags & F_LOAD ? count : count << 32;
}

/* One record, but for its handler and `before`. Returns the accesses that the instruction makes. */
static uint64_t decode_record_of(Insn *i, uint32_t raw, int index) {
    int op = decode_instruction(raw), rc = raw & 1;
    i->raw = raw;
    i->op = (uint16_t)op;
    i->imm = (int16_t)raw;
    i->d = raw >> 21 & 31;
    i->a = raw >> 16 & 31;
    i->b = raw >> 11 & 31;
    i->x = 0;
    if (op == OP_illegal) return 0;
    uint32_t flags = ISA_ROWS[op].flags;
    if ((flags & F_RA0) && i->a == 0) i->a = ZERO_REGISTER;
    if (ISA_ROWS[op].form == FORM_D && !(flags & (F_LOAD | F_STORE)) && op >= OP_ori && op <= OP_andis_rec) {
        i->imm = (uint16_t)raw;
        if (op == OP_oris || op == OP_xoris || op == OP_andis_rec) i->imm = (int32_t)(raw << 16);
        if (op == OP_ori && (raw & 0x3FFFFFF) == 0) i->op = OP_nop;
    }
    if (op == OP_cmpli) i->imm = (uint16_t)raw;
    if (op == OP_addis) i->imm = (int32_t)(raw << 16);
    if ((op == OP_addi || op == OP_addis) && i->a == ZERO_REGISTER) i->op = OP_li;
    if (flags & F_CMP) i->d >>= 2;
    if ((flags & F_UPDATE) && (i->a == 0 || ((flags & F_LOAD) && i->a == i->d))) i->op = OP_invalid_form;
    if (op == OP_bc || op == OP_b) decode_branch(i, index);
    if (op == OP_bclr && (raw >> 21 & 0x14) == 0x14 && !rc) i->op = OP_blr;
    if (op == OP_bcctr && (raw >> 21 & 0x14) == 0x14) i->op = rc ? OP_bctrl : OP_bctr;
    if (op == OP_rlwinm || op == OP_rlwimi || op == OP_rlwnm) decode_rotate(i, rc);
    if (op == OP_or && i->d == i->b && !rc) i->op = OP_mr;
    if (op == OP_mfspr || op == OP_mtspr || op == OP_mftb) decode_spr(i);
    if (op == OP_mfdcr || op == OP_mtdcr) i->imm = decode_field10(raw);
    if ((flags & F_OE) && (raw & 0x400)) i->op = decode_overflow[op];
    else if ((flags & F_RC) && rc) i->op = decode_record[op];
    return decode_accesses(op, raw, flags);
}

#endif
