/* SPDX-License-Identifier: BSD-3-Clause */
/* Opcodes by the ids of isa440.def. Apart from arch440.h, so that a new instruction does not compile every kernel again. */
#ifndef OPCODES440_H
#define OPCODES440_H

enum {
#define INSN(id, mnemonic, primary, xo, form, flags, operands) PRIMARY_##id = primary, XO_##id = xo,
#include "isa440.def"
#undef INSN
    XO_mfdcrx = 259, XO_mtdcrx = 387   /* which the 440 has not, but KVM of the last releases knows */
};

#endif
