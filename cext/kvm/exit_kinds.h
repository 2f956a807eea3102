/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of exit kinds as constants and names. */
#ifndef EXIT_KINDS_H
#define EXIT_KINDS_H

enum {
#define EXIT(id, name) X_##id,
#include "exits.def"
#undef EXIT
    EXIT_KINDS
};
static const char *const EXIT_NAMES[EXIT_KINDS] = {
#define EXIT(id, name) name,
#include "exits.def"
#undef EXIT
};

#endif
