/* SPDX-License-Identifier: BSD-3-Clause */
/* The numbers of the architecture as constants of C: each stands in one of the .def tables beside this file. */
#ifndef ARCH440_H
#define ARCH440_H

#include <stdint.h>

#define FOREVER INT64_MAX             /* the time of what is not due */

enum {
#define VECTOR(id, number, name) V_##id = number,
#include "vectors440.def"
#undef VECTOR
    VECTORS, V_NONE = -1
};
static const char *const VECTOR_NAMES[VECTORS] = {
#define VECTOR(id, number, name) [number] = name,
#include "vectors440.def"
#undef VECTOR
};

enum {
#define OPERATION(id, name) OP_##id,
#include "operations.def"
#undef OPERATION
    OPERATIONS
};
enum {
#define BIT(word, name, value) word##_##name = (int)(value),
#include "bits440.def"
#undef BIT
    W0_SIZE_SHIFT = 4, GUEST_SPACE = W0_VALID | W0_TS,     /* word 0 of what KVM maps for its guest: in space 1 */
    W2_USER_SHIFT = 3, W2_USER = W2_UX | W2_UW | W2_UR, W2_SUPERVISOR = W2_SX | W2_SW | W2_SR,
    MSR_GUEST = MSR_CE | MSR_EE | MSR_PR | MSR_ME | MSR_DE | MSR_IS | MSR_DS   /* in hardware whenever a KVM guest runs */
};

enum {                                 /* a bit for each code of the SIZE field that a page has */
    PAGE_SIZES = 0
#define PAGE_SIZE(code, size) | 1 << code
#include "sizes440.def"
#undef PAGE_SIZE
};

enum { SPR_USER = 1, SPR_READ = 2, SPR_WRITE = 4, SPR_EXISTS = 8, SPR_SHOWN = 16, SPR_NAMED = 32 };
enum { SPR_RW = SPR_READ | SPR_WRITE | SPR_EXISTS, SPR_RO = SPR_READ | SPR_EXISTS, SPR_WO = SPR_WRITE | SPR_EXISTS };
enum {
    SPR_OTHER = 0,             /* of a reference stream, which does not say which */
#define PLAIN(id, number, access, word) SPR_##id = number, SPR_##id##_ACCESS = access,
#define SPECIAL(id, number, access, ...) SPR_##id = number, SPR_##id##_ACCESS = access,
#include "spr440.def"
#undef PLAIN
#undef SPECIAL
};

/* The number of an SPR, TBR or DCR in an instruction word, which has its halves the other way round. */
static inline int decode_field10(uint32_t raw) { return (int)((raw >> 16 & 31) | (raw >> 11 & 31) << 5); }

enum {
#define ADDRESS(id, value) id##_BASE = value,
#include "addresses.def"
#undef ADDRESS
};

#endif
