# SPDX-License-Identifier: BSD-3-Clause
"""The translator with one bug at a time, to see whether comparing it with the interpreter finds each.

The copy is made as `planted` makes it. A process loads it and forks for each bug; the fork says by its exit status
whether some seed showed a difference. By hand:

    echo "3 100" | python -m tests.differential.planted_translations executing_core.so
"""

from __future__ import annotations

import os
import signal
import sys

from tests.differential.planted import Bug, load

TEMPLATES = "translate/template_integer.h"
SYSTEM = "translate/template_system.h"
MEMORY = "translate/template_memory.h"
CALLED = "translate/called.h"
TRANSLATE = "translate/translate.h"
ENGINE = "cpu440_engine.h"
PIECES = 12
LONGEST = 8
"""Seconds of CPU time of a fork."""
FOUND, NOT_FOUND = 3, 0

# The number of a bug is its place here, from 1.
BUGS = (
    Bug("a sum leaves the carry as it was", TEMPLATES,
        "static void keep_carry(Region *r, int cc) {",
        "static void keep_carry(Region *r, int cc) {\n    if (PLANTED(1)) return;"),
    Bug("a branch takes one instruction too few off the budget", SYSTEM,
        "int left = to - r->at - 1;", "int left = to - r->at - (PLANTED(2) ? 0 : 1);"),
    Bug("the read tag is used for stores", MEMORY,
        "int size = arg & BYTES;\n    effective_address(r, p, arg);\n"
        "    host_line(r, p, size, offsetof(DataLine, write_tag));",
        "int size = arg & BYTES;\n    effective_address(r, p, arg);\n"
        "    host_line(r, p, size, PLANTED(3) ? offsetof(DataLine, read_tag) : offsetof(DataLine, write_tag));"),
    Bug("cmp compares without sign", TEMPLATES,
        "guest(r, p->b));\n    order_from_flags(r, p->d, arg);",
        "guest(r, p->b));\n    order_from_flags(r, p->d, PLANTED(4) ? 1 : arg);"),
    Bug("the second page is taken to follow the first one", "translate/region.h",
        "x_memory(RAX, bytes - 1)", "x_memory(RAX, PLANTED(5) ? 0 : bytes - 1)"),
    Bug("changed code keeps its translation", "cpu440_code.h",
        "if (!page->translated) return;", "if (!page->translated || PLANTED(6)) return;"),
    Bug("a register is not put back at an exit", TRANSLATE,
        "if (r->host[g] >= 0 && r->changed[g])", "if (r->host[g] >= 0 && r->changed[g] && !(PLANTED(7) && g == 9))"),
    Bug("flags are taken for those of another field", SYSTEM,
        "r->flags_field = -1;\n    return CC_NE;", "if (!PLANTED(8)) r->flags_field = -1;\n    return CC_NE;"),
    Bug("a branch does not count the last access before it", SYSTEM,
        "r->page->insn[r->at + 1].before - (to", "r->page->insn[r->at - (PLANTED(9) && r->at)].before - (to"),
    Bug("an update that faults moves its base", MEMORY,
        "if (to == RAX) to = RCX;\n    effective_address(r, p, arg);",
        "if (to == RAX) to = RCX;\n    effective_address(r, p, arg);\n"
        "    if (PLANTED(10) && (arg & UPDATES)) define(r, p->a, RAX);"),
    Bug("CR fields lack SO", ENGINE,
        "c->order_eq = 2 | c->so;", "c->order_eq = 2 | (PLANTED(11) ? 0 : c->so);"),
    Bug("SPRs are not privileged", SYSTEM, "x_word(&r->emit, MSR_PR);", "x_word(&r->emit, PLANTED(12) ? 0 : MSR_PR);"),
    Bug("loops do not look at the budget", SYSTEM,
        "region_exit(r, x_jump(e, CC_GE), EXIT_INSIDE, to);",
        "region_exit(r, x_jump(e, PLANTED(13) ? -1 : CC_GE), EXIT_INSIDE, to);"),
    Bug("srawi finds bits lost of positive numbers", TEMPLATES,
        "x_truth(e, CC_NE, RCX);\n    x_rm(e, X_AND, RCX, x_host(RDX));",
        "x_truth(e, CC_NE, RCX);\n    if (!PLANTED(14)) x_rm(e, X_AND, RCX, x_host(RDX));"),
    Bug("stwcx. keeps the reservation", MEMORY,
        "x_set(e, field(FIELD(reservation)), 0);", "if (!PLANTED(15)) x_set(e, field(FIELD(reservation)), 0);"),
    Bug("a far branch counts from the wrong record", TRANSLATE,
        "x_wide(e, X_SUB, COUNTS, x_memory(RCX, offsetof(Insn, before)));",
        "x_wide(e, X_SUB, COUNTS, x_memory(RCX, offsetof(Insn, before) + (PLANTED(16) ? sizeof(Insn) : 0)));"),
    Bug("lines kept by base register outlive the translated code", ENGINE,
        "if (c->near_used) code_forget_near(c);", "if (c->near_used && !PLANTED(17)) code_forget_near(c);"),
    Bug("a kept line serves stores as it serves loads", MEMORY,
        "near_tag(p->a, tag));", "near_tag(p->a, PLANTED(18) ? offsetof(DataLine, read_tag) : tag));"),
    Bug("an access may leave the kept page by its last bytes", MEMORY,
        "4096 - bytes", "PLANTED(19) ? 4095 : 4096 - bytes"),
    Bug("a line that was called for serves an access over the end of its page", CALLED,
        "return ((ea + bytes - 1) & ~4095u) == tag", "return ((ea + (PLANTED(20) ? 0 : bytes - 1)) & ~4095u) == tag"),
    Bug("a line is called for as if to load", TRANSLATE,
        "x_set(e, x_host(RCX), (uint32_t)kind);", "x_set(e, x_host(RCX), PLANTED(21) ? 0 : (uint32_t)kind);"),
    Bug("an instruction that is called for finds older registers", TRANSLATE,
        "region_put_back(r);\n        x_set_long(e, RCX,",
        "if (!PLANTED(22)) region_put_back(r);\n        x_set_long(e, RCX,"),
    Bug("what it leaves in registers is not seen", TRANSLATE,
        "region_load(r);\n        x_jump_to(e, -1, x->back);",
        "if (!PLANTED(23)) region_load(r);\n        x_jump_to(e, -1, x->back);"),
    Bug("accesses before it are counted twice", TRANSLATE,
        "x_wide(e, X_MOV, COUNTS, field(FIELD(live_counts)));\n}",
        "if (!PLANTED(24)) x_wide(e, X_MOV, COUNTS, field(FIELD(live_counts)));\n}"),
    Bug("an interrupt that wrteei lets through comes late", SYSTEM,
        "x_rm(e, X_OR, RAX, field(FIELD(pending)));",
        "if (!PLANTED(25)) x_rm(e, X_OR, RAX, field(FIELD(pending)));"),
    Bug("a register that a user may not write can be written by all", SYSTEM,
        "privileged(r);\n    load_guest(r, RAX, p->d);",
        "if (!PLANTED(26)) privileged(r);\n    load_guest(r, RAX, p->d);"),
    Bug("MMUCR has bits that it does not have", SYSTEM,
        "(int32_t)MMUCR_MASK", "PLANTED(27) ? -1 : (int32_t)MMUCR_MASK"),
    Bug("a branch by CTR and CR is taken whatever CTR is", SYSTEM,
        "counted = x_jump(e, bo & 2 ? CC_NE : CC_E);",
        "counted = x_jump(e, bo & 2 ? CC_NE : CC_E);\n"
        "        if (PLANTED(28)) x_reach(counted, e->at), counted = NULL;"),
    Bug("a write of the TLB keeps the lines that base registers have", CALLED,
        "if (c->near_used) code_forget_near(c);", "if (c->near_used && !PLANTED(29)) code_forget_near(c);"),
    Bug("a write of the TLB costs no time", CALLED,
        "c->live_left -= cpu440_spend(c, COST_TLBWE);",
        "if (!PLANTED(30)) c->live_left -= cpu440_spend(c, COST_TLBWE);"),
    Bug("nobody looks around after a write of the TLB", CALLED,
        "if (UNLIKELY(c->attention))", "if (!PLANTED(31) && UNLIKELY(c->attention))"),
)  # fmt: skip
COMPUTERS = (
    Bug("an older computer, without BMI2", TRANSLATE,
        '__builtin_cpu_supports("bmi2")', '!PLANTED(32) && __builtin_cpu_supports("bmi2")'),
    Bug("one that gives no memory for code", "translate/code_arena.h",
        "if (file < 0 || !listens", "if (PLANTED(33) || file < 0 || !listens"),
)  # fmt: skip
"""No bugs: other computers, on which everything must be the same."""
PLANTED = (*BUGS, *COMPUTERS)


def main(module: str) -> None:
    """Load the copy; for each line `NUMBER SEEDS` compare so many seeds in a fork, and write its exit status."""
    load(module)
    for line in sys.stdin:
        number, seeds = line.split()
        child = os.fork()
        if child == 0:
            os.environ["CPU440_PLANT"] = number
            signal.setitimer(signal.ITIMER_PROF, LONGEST)  # it may run for ever: that is a difference too
            os._exit(campaign(int(seeds)))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def campaign(seeds: int) -> int:
    """FOUND when a seed shows a difference."""
    from tests.helpers.warm440 import difference

    for seed in range(seeds):
        found, _ = difference(seed, PIECES)
        if found:
            print(found[:200], file=sys.stderr)
            return FOUND
    return NOT_FOUND


if __name__ == "__main__":
    main(*sys.argv[1:])
