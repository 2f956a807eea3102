/* SPDX-License-Identifier: BSD-3-Clause */
/* What the host counts and tells apart, as constants and names, from the tables beside this file. */
#ifndef KVM_KINDS_H
#define KVM_KINDS_H

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

enum {
#define TIMING(id, name) T_##id,
#include "timings.def"
#undef TIMING
    TIMINGS
};
static const char *const TIMING_NAMES[TIMINGS] = {
#define TIMING(id, name) name,
#include "timings.def"
#undef TIMING
};

enum {
#define CAUSE(id, name) CAUSE_##id,
#include "causes.def"
#undef CAUSE
    CAUSES
};

enum {
#define NOTE(id, name) NOTE_##id,
#include "notes.def"
#undef NOTE
    NOTES
};
static const char *const NOTE_NAMES[NOTES] = {
#define NOTE(id, name) name,
#include "notes.def"
#undef NOTE
};

enum {
    FAILED_NOT = 0,
#define FAILURE(id, sentence) FAILED_##id,
#include "failures.def"
#undef FAILURE
    FAILURES
};
static const char *const FAILURE_SENTENCES[FAILURES] = {
    [FAILED_NOT] = "",
#define FAILURE(id, sentence) [FAILED_##id] = sentence,
#include "failures.def"
#undef FAILURE
};

#endif
