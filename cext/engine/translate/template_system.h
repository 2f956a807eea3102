/* SPDX-License-Identifier: BSD-3-Clause */
/* Templates: branches, and the registers of branches and of the system, as in ops440_branch.inc and
 * ops440_system.inc. */
#ifndef TEMPLATE_SYSTEM_H
#define TEMPLATE_SYSTEM_H

#include "template_memory.h"

/* What a taken branch to record `to` takes off the budget and adds to the counts; both are exact at every exit. */
static void account(Region *r, int to, int left) {
    Emit *e = &r->emit;
    uint64_t counts = r->page->insn[r->at + 1].before - (to < 0 ? 0 : r->page->insn[to].before);
    if (counts == (uint64_t)(int64_t)(int32_t)counts) {
        if (counts) x_group(e, 1, G_ADD, x_host(COUNTS), (int32_t)counts);
    } else {
        x_set_long(e, RAX, counts);
        x_wide(e, X_ADD, COUNTS, x_host(RAX));
    }
    x_group(e, 1, G_ADD, x_host(LEFT), left);
}

/* A taken branch in the page. */
static void branch_near(Region *r, int to) {
    Emit *e = &r->emit;
    int left = to - r->at - 1;
    account(r, to, left);
    if ((left < 0 || r->spends) && r->in[to]) {
        region_exit(r, x_jump(e, CC_GE), EXIT_INSIDE, to);
        region_exit(r, x_jump(e, -1), EXIT_LEAVE, to);
        return;
    }
    if (left < 0 || r->spends) region_exit(r, x_jump(e, CC_L), EXIT_LEAVE, to);
    region_exit(r, x_jump(e, -1), r->in[to] ? EXIT_INSIDE : EXIT_LINK, to);
}

/* A taken branch to anywhere: the address is in eax, and stays. */
static void branch_far(Region *r) {
    Emit *e = &r->emit;
    x_rm(e, X_MOV, RCX, x_host(RAX));
    account(r, -1, PAGE_INSNS - r->at - 1);
    x_rm(e, X_MOV, RAX, x_host(RCX));
    x_jump_to(e, -1, r->leave_far);
}

/* to = the address of the record `distance` bytes from here */
static void place_of(Region *r, int to, int32_t distance) {
    x_rm(&r->emit, X_MOV, to, field(FIELD(page_base)));
    x_group(&r->emit, 0, G_ADD, x_host(to), 4 * r->at + distance);
}

static void keep_link(Region *r) {
    place_of(r, RCX, 4);
    x_rm(&r->emit, X_MOV_TO, RCX, field(FIELD(lr)));
}

/* The host's condition for a bit of a CR field to be set: from flags that are still there, or from memory. */
static int condition(Region *r, int n, int mask) {
    int is_unsigned = r->flags_unsigned;
    if (r->flags_field == n && mask != 1)
        return mask == 2 ? CC_E : mask == 8 ? (is_unsigned ? CC_B : CC_L) : (is_unsigned ? CC_A : CC_G);
    x_rm(&r->emit, X_GROUP_F7, U_TEST, cr_field(n));
    x_word(&r->emit, (uint32_t)mask);
    r->flags_field = -1;
    return CC_NE;
}

static void t_branch(Region *r, const Insn *p, int arg) { (void)arg; branch_near(r, r->at + p->imm); }

static void t_call(Region *r, const Insn *p, int arg) {
    (void)arg;
    keep_link(r);
    branch_near(r, r->at + p->imm);
}

/* argument: 1 taken when the bit is set */
static void t_conditional(Region *r, const Insn *p, int arg) {
    uint8_t *not_taken = x_jump(&r->emit, condition(r, p->a, p->x) ^ arg);
    branch_near(r, r->at + p->imm);
    x_reach(not_taken, r->emit.at);
}

/* argument: 1 taken while CTR is not 0 */
static void t_count(Region *r, const Insn *p, int arg) {
    r->changed[CTR_REGISTER] = 1;
    x_group(&r->emit, 0, G_SUB, guest(r, CTR_REGISTER), 1);
    uint8_t *not_taken = x_jump(&r->emit, CC_NE ^ arg);
    branch_near(r, r->at + p->imm);
    x_reach(not_taken, r->emit.at);
}

/* argument: 1 with link */
static void t_far(Region *r, const Insn *p, int arg) {
    if (arg) keep_link(r);
    place_of(r, RAX, p->imm);
    branch_far(r);
}

static void t_conditional_far(Region *r, const Insn *p, int arg) {
    uint8_t *not_taken = x_jump(&r->emit, condition(r, p->a, p->x) ^ arg);
    place_of(r, RAX, p->imm);
    branch_far(r);
    x_reach(not_taken, r->emit.at);
}

static void t_return(Region *r, const Insn *p, int arg) {
    (void)p, (void)arg;
    x_rm(&r->emit, X_MOV, RAX, field(FIELD(lr)));
    x_group(&r->emit, 0, G_AND, x_host(RAX), ~3);
    branch_far(r);
}

/* bclr by a CR bit alone, without link; what else it can do is called for. */
static int simple_return(const Insn *p) {
    int bo = p->raw >> 21 & 31;
    return !(p->raw & 1) && ((bo & 0x1C) == 0x0C || (bo & 0x1C) == 0x04);
}

static void t_conditional_return(Region *r, const Insn *p, int arg) {
    int bo = p->raw >> 21 & 31, bi = p->raw >> 16 & 31;
    if (!simple_return(p)) {
        call_for(r);
        return;
    }
    uint8_t *not_taken = x_jump(&r->emit, condition(r, bi >> 2, 8 >> (bi & 3)) ^ (bo >> 3 & 1));
    t_return(r, p, arg);
    x_reach(not_taken, r->emit.at);
}

/* argument: 1 with link */
static void t_to_counter(Region *r, const Insn *p, int arg) {
    (void)p;
    if (arg) keep_link(r);
    load_guest(r, RAX, CTR_REGISTER);
    x_group(&r->emit, 0, G_AND, x_host(RAX), ~3);
    branch_far(r);
}

static void t_end_of_page(Region *r, const Insn *p, int arg) {
    (void)p, (void)arg;
    x_set_long(&r->emit, RAX, r->page->insn[PAGE_INSNS].before);
    x_wide(&r->emit, X_ADD, COUNTS, x_host(RAX));
    place_of(r, RAX, 0);
    x_jump_to(&r->emit, -1, r->leave_far);
}

static void t_from_link(Region *r, const Insn *p, int arg) {
    (void)arg;
    x_rm(&r->emit, X_MOV, RAX, field(FIELD(lr)));
    define(r, p->d, RAX);
}
static void t_to_link(Region *r, const Insn *p, int arg) {
    (void)arg;
    x_rm(&r->emit, X_MOV_TO, use(r, p->d, RAX), field(FIELD(lr)));
}
static void t_from_count(Region *r, const Insn *p, int arg) {
    (void)arg;
    define(r, p->d, use(r, CTR_REGISTER, RAX));
}
static void t_to_count(Region *r, const Insn *p, int arg) {
    (void)arg;
    define(r, CTR_REGISTER, use(r, p->d, RAX));
}

static void privileged(Region *r) {
    x_rm(&r->emit, X_GROUP_F7, U_TEST, field(FIELD(msr)));
    x_word(&r->emit, MSR_PR);
    redo_if(r, CC_NE);
}

/* The time of an access to a special purpose register, off the budget as cpu440_spend does it. */
static void spend_spr(Region *r) {
    Emit *e = &r->emit;
    x_wide(e, X_MOV, RAX, field(FIELD(cost) + 8 * COST_SPR));
    x_wide(e, 0x01, RAX, field(FIELD(extra)));
    x_wide(e, X_MOV, RAX, field(FIELD(owe) + 8 * COST_SPR));
    x_wide(e, 0x29, RAX, field(FIELD(synced)));
    x_wide(e, X_SUB, LEFT, x_host(RAX));
}

/* Branches with CR and CTR, with link, or absolute, as bc_any does them: they fetch again where they lead. */
static void t_branch_any(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    int bo = p->raw >> 21 & 31, bi = p->raw >> 16 & 31;
    uint8_t *counted = NULL, *not_taken = NULL;
    (void)arg;
    r->flags_field = -1;
    if (p->raw & 1) keep_link(r);
    if (!(bo & 4)) {
        r->changed[CTR_REGISTER] = 1;
        x_group(e, 0, G_SUB, guest(r, CTR_REGISTER), 1);
        counted = x_jump(e, bo & 2 ? CC_NE : CC_E);
    }
    if (!(bo & 16)) not_taken = x_jump(e, condition(r, bi >> 2, 8 >> (bi & 3)) ^ (bo >> 3 & 1));
    if (p->raw & 2) x_set(e, x_host(RAX), (uint32_t)(int16_t)(p->raw & 0xFFFC));
    else place_of(r, RAX, (int16_t)(p->raw & 0xFFFC));
    branch_far(r);
    if (counted) x_reach(counted, e->at);
    if (not_taken) x_reach(not_taken, e->at);
}

static void t_called(Region *r, const Insn *p, int arg) {
    (void)p, (void)arg;
    call_for(r);
}

static void t_from_word(Region *r, const Insn *p, int arg) {
    (void)arg;
    privileged(r);
    x_rm(&r->emit, X_MOV, RAX, field(4 * p->imm));
    define(r, p->d, RAX);
    spend_spr(r);
}
static void t_to_word(Region *r, const Insn *p, int arg) {
    (void)arg;
    privileged(r);
    x_rm(&r->emit, X_MOV_TO, use(r, p->d, RAX), field(4 * p->imm));
    spend_spr(r);
}
static void t_from_msr(Region *r, const Insn *p, int arg) {
    (void)arg;
    privileged(r);
    x_rm(&r->emit, X_MOV, RAX, field(FIELD(msr)));
    define(r, p->d, RAX);
    spend_spr(r);
}


/* argument: 1 a constant. Where an interrupt may be let through, or the core waits, the interpreter's body looks. */
static void t_external_enable(Region *r, const Insn *p, int arg) {
    Emit *e = &r->emit;
    x_rm(e, X_MOV, RAX, field(FIELD(msr)));
    x_group(e, 0, G_AND, x_host(RAX), MSR_PR | MSR_WE);
    x_rm(e, X_OR, RAX, field(FIELD(pending)));
    Called *looks = call_if(r, CC_NE);
    if (arg) {
        x_set(e, x_host(RCX), p->raw & MSR_EE);
    } else {
        load_guest(r, RCX, p->d);
        x_group(e, 0, G_AND, x_host(RCX), MSR_EE);
    }
    x_rm(e, X_MOV, RAX, field(FIELD(msr)));
    x_group(e, 0, G_AND, x_host(RAX), ~MSR_EE);
    x_rm(e, X_OR, RAX, x_host(RCX));
    x_rm(e, X_MOV_TO, RAX, field(FIELD(msr)));
    spend_spr(r);
    looks->back = e->at;
}

/* What a user may read too, where it is a word of the state; else it is called for. */
static void t_from_special(Region *r, const Insn *p, int arg) {
    int word = decode_spr_word(p->imm, SPR_READ);
    (void)arg;
    if (word < 0) {
        call_for(r);
        return;
    }
    x_rm(&r->emit, X_MOV, RAX, field(4 * word));
    define(r, p->d, RAX);
    spend_spr(r);
}

/* MMUCR is a word under a mask; other registers are called for. */
static void t_to_special(Region *r, const Insn *p, int arg) {
    (void)arg;
    if (p->imm != SPR_MMUCR) {
        call_for(r);
        return;
    }
    privileged(r);
    load_guest(r, RAX, p->d);
    x_group(&r->emit, 0, G_AND, x_host(RAX), (int32_t)MMUCR_MASK);
    x_rm(&r->emit, X_MOV_TO, RAX, field(FIELD(mmucr)));
    spend_spr(r);
}

#endif
