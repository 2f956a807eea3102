/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of a guest's interrupts as constants and as arrays by priority. */
#ifndef PRIORITIES_H
#define PRIORITIES_H

#include <stdint.h>
#include "arch440.h"

enum {
#define PRIORITY(id, name, gate, kept) P_##id,
#include "priorities.def"
#undef PRIORITY
    PRIORITIES, KEPT_NORMAL = MSR_CE | MSR_ME | MSR_DE
};
typedef struct { int vector; uint32_t gate, kept; } Priority;
static const Priority PRIORITY_ROWS[PRIORITIES] = {
#define PRIORITY(id, name, gate, kept) {V_##id, gate, kept},
#include "priorities.def"
#undef PRIORITY
};

/* The priority of a vector. */
static inline int priority_of(int vector) {
    for (int priority = 0; priority < PRIORITIES; priority++)
        if (PRIORITY_ROWS[priority].vector == vector) return priority;
    return -1;
}

#endif
