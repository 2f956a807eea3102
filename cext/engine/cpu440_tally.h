/* SPDX-License-Identifier: BSD-3-Clause */
/* Instructions counted by what they are, for who asks for it. The engine that looks after every instruction counts then,
 * and runs alone; the fast engine knows nothing of it. */
#ifndef CPU440_TALLY_H
#define CPU440_TALLY_H

#include "cpu440_decode.h"

enum { TALLY_SPRS = 1024 };

typedef struct Tally {
    int64_t completed[OP_INSTRUCTIONS];            /* by instruction of isa440.def */
    int64_t faulted[OP_INSTRUCTIONS];              /* begun, but an exception came of it */
    int64_t spr_read[TALLY_SPRS], spr_written[TALLY_SPRS];     /* completed mfspr and mtspr by register */
} Tally;

/* So many more (or, below 0, fewer) of an instruction; those that are none have no count. */
static RARE void tally_add(Tally *t, uint32_t raw, int64_t count) {
    int op = decode_instruction(raw);
    if (op >= OP_INSTRUCTIONS) return;
    t->completed[op] += count;
    if (op == OP_mfspr || op == OP_mftb) t->spr_read[decode_field10(raw)] += count;
    if (op == OP_mtspr) t->spr_written[decode_field10(raw)] += count;
}

/* It was begun, and is not completed. */
static RARE void tally_undo(Tally *t, uint32_t raw, int faulted) {
    int op = decode_instruction(raw);
    tally_add(t, raw, -1);
    if (op < OP_INSTRUCTIONS) t->faulted[op] += faulted;
}

#endif
