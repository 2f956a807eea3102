/* SPDX-License-Identifier: BSD-3-Clause */
/* A trapped instruction taken apart for whoever emulates it, and a load or store finished on its behalf. */
#ifndef CPU440_TRAPPED_H
#define CPU440_TRAPPED_H

#include "cpu440_engine.h"

typedef struct { int op, spr, word, slot, record; uint32_t value, ea; } Trapped;

/* mfdcrx and mtdcrx, which name the device control register by RA. */
static int trapped_indexed(uint32_t raw, int xo) { return raw >> 26 == PRIMARY_mfdcr && (int)(raw >> 1 & 1023) == xo; }

static int trapped_operation(const CPU440 *c, int op) {
    if (c->raised_esr & ESR_PTR) return OP_TRAP;
    if (trapped_indexed(c->raised_insn, XO_mtdcrx)) return OP_MTDCR;
    if (trapped_indexed(c->raised_insn, XO_mfdcrx)) return OP_MFDCR;
    if (!(c->raised_esr & ESR_PPR)) return OP_ILLEGAL;
    switch (op) {
    case OP_mtspr: return OP_MTSPR;
    case OP_mfspr: case OP_mftb: return OP_MFSPR;
    case OP_tlbwe: return OP_TLBWE;
    case OP_rfi: return OP_RFI;
    case OP_mtmsr: return OP_MTMSR;
    case OP_mfmsr: return OP_MFMSR;
    case OP_wrtee: case OP_wrteei: return OP_WRTEE;
    case OP_tlbsx: return OP_TLBSX;
    case OP_tlbre: return OP_TLBRE;
    case OP_tlbsync: return OP_TLBSYNC;
    case OP_mtdcr: return OP_MTDCR;
    case OP_mfdcr: return OP_MFDCR;
    case OP_dcbi: case OP_dccci: case OP_iccci: case OP_dcread: case OP_icread: return OP_CACHE;
    case OP_rfci: return OP_RFCI;
    case OP_rfmci: return OP_RFMCI;
    default: return OP_ILLEGAL;
    }
}

static void trapped_decode(const CPU440 *c, Trapped *t) {
    uint32_t raw = c->raised_insn;
    int op = decode_instruction(raw), ra = raw >> 16 & 31;
    memset(t, 0, sizeof *t);
    t->op = trapped_operation(c, op);
    t->spr = decode_field10(raw);
    if (trapped_indexed(raw, XO_mtdcrx) || trapped_indexed(raw, XO_mfdcrx)) t->spr = (int)c->gpr[ra];
    t->word = raw >> 11 & 31;
    t->slot = (int)c->gpr[ra];
    t->record = raw & 1;
    t->value = op == OP_wrteei ? raw & MSR_EE : c->gpr[raw >> 21 & 31];
    t->ea = (ra ? c->gpr[ra] : 0) + c->gpr[raw >> 11 & 31];
}

/* What an emulator answers to mfspr, mfmsr, mfdcr, tlbsx. */
static void trapped_result(CPU440 *c, uint32_t value, int found) {
    uint32_t raw = c->raised_insn;
    int search = decode_instruction(raw) == OP_tlbsx;
    if (!search || found) c->gpr[raw >> 21 & 31] = value;
    if (search && (raw & 1)) c->cr[0] = (found ? 2 : 0) | c->so;
}

/* Bytes of a load or store of one register; 0 for every other instruction. */
static int trapped_size(int op) {
    switch (op) {
    case OP_lwz: case OP_lwzu: case OP_lwzx: case OP_lwzux: case OP_lwbrx: case OP_lwarx:
    case OP_stw: case OP_stwu: case OP_stwx: case OP_stwux: case OP_stwbrx: return 4;
    case OP_lhz: case OP_lhzu: case OP_lhzx: case OP_lhzux: case OP_lha: case OP_lhau: case OP_lhax: case OP_lhaux:
    case OP_lhbrx: case OP_sth: case OP_sthu: case OP_sthx: case OP_sthux: case OP_sthbrx: return 2;
    case OP_lbz: case OP_lbzu: case OP_lbzx: case OP_lbzux: case OP_stb: case OP_stbu: case OP_stbx: case OP_stbux: return 1;
    default: return 0;
    }
}

/* User space does the access of the trapped instruction to a device at `gpa`; 1 when it is not one it can do. */
static int trapped_access(CPU440 *c, uint64_t gpa) {
    uint32_t raw = c->raised_insn, value = 0;
    int op = decode_instruction(raw), size = trapped_size(op), rt = raw >> 21 & 31, ra = raw >> 16 & 31;
    uint32_t flags = op == OP_illegal ? 0 : ISA_ROWS[op].flags;
    if (!size) return 1;
    if (UNLIKELY(c->watch_count))
        acc_watched(c, c->raised_ea, (uint32_t)size, flags & F_STORE ? ACCESS_STORE : ACCESS_LOAD);
    if (flags & F_STORE) {
        value = flags & F_REVERSED ? reversed(c->gpr[rt], size) : c->gpr[rt];
        if (c->bus.write(c->bus.owner, gpa, size, value & (0xFFFFFFFFu >> (32 - 8 * size)), c->time) < 0)
            c->diagnostics[DIAG_unanswered_access]++;
        c->stores[c->statistics_mode]++;
    } else {
        if (c->bus.read(c->bus.owner, gpa, size, &value, c->time) < 0) c->diagnostics[DIAG_unanswered_access]++;
        if (flags & F_REVERSED) value = reversed(value, size);
        if (op == OP_lha || op == OP_lhau || op == OP_lhax || op == OP_lhaux) value = (uint32_t)(int32_t)(int16_t)value;
        c->gpr[rt] = value;
        c->loads[c->statistics_mode]++;
    }
    if (flags & F_UPDATE) c->gpr[ra] = c->raised_ea;
    if (!c->micro[0].size) c->more_lookups[c->statistics_mode]--;   /* the look-up that missed was its only one */
    return 0;
}

/* The same for a device control register. */
static void trapped_dcr(CPU440 *c, int number, int write) {
    uint32_t value = 0;
    int rt = c->raised_insn >> 21 & 31, missing = -1;
    if (number >= 0 && number < 1024)
        missing = write ? c->bus.dcr_write(c->bus.owner, number, c->gpr[rt], c->time)
                        : c->bus.dcr_read(c->bus.owner, number, &value, c->time);
    if (!write) c->gpr[rt] = value;
    if (missing < 0) c->diagnostics[DIAG_unanswered_dcr]++;
}

/* The trapped instruction is done by somebody else: it counts as executed. */
static void trapped_completed(CPU440 *c) {
    c->insns[c->statistics_mode]++;
    if (c->tally) tally_add(c->tally, c->raised_insn, 1);
    c->time += c->cpi;
    c->cycles[c->statistics_mode] += c->cpi;
    if (!c->micro[1].size) c->lookups++;
}

#endif
