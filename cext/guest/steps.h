/* SPDX-License-Identifier: BSD-3-Clause */
/* The tables of the handlers' language as constants. */
#ifndef STEPS_H
#define STEPS_H

enum {
#define STEP(id) STEP_##id,
#include "steps.def"
#undef STEP
    STEPS
};
enum {
#define DATUM(id) AT_##id,
#include "steps.def"
#undef DATUM
    DATA
};
enum {
#define EVENT(id) EVENT_##id,
#include "steps.def"
#undef EVENT
    SCRIPTS, REFILLS = EVENT_SWITCH
};
enum {
#define OPERAND(id, value) id = value,
#include "steps.def"
#undef OPERAND
};

#endif
