/* SPDX-License-Identifier: BSD-3-Clause */
/* The list of costs as a struct, and where in it each is. */
#ifndef COSTS_H
#define COSTS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
#define COST(name, kind, default_, range, description) int64_t name;
#include "costs.def"
#undef COST
} CostNumbers;

typedef struct { const char *name; size_t offset; } CostRow;

static const CostRow COST_ROWS[] = {
#define COST(name, kind, default_, range, description) {#name, offsetof(CostNumbers, name)},
#include "costs.def"
#undef COST
};
enum { COSTS = sizeof COST_ROWS / sizeof *COST_ROWS };

#endif
