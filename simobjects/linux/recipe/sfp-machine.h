/* SPDX-License-Identifier: BSD-3-Clause */
/* What soft-fp asks of a machine, answered for the guest: words of 32 bits with a product of 64, the most significant
 * byte first, rounding to nearest, no exceptions. The names are soft-fp's (soft-fp.h and op-*.h of glibc). */

/* A double's fraction takes two words, a single's one. */
#define _FP_W_TYPE_SIZE (__SIZEOF_LONG__ * __CHAR_BIT__)
#define _FP_I_TYPE long
#define _FP_W_TYPE unsigned _FP_I_TYPE
#define _FP_WS_TYPE signed _FP_I_TYPE

/* float: whole products; a quotient bit by bit, as the 440 divides no 64 bits by 32. */
#define _FP_MUL_MEAT_S(...) _FP_MUL_MEAT_1_wide(_FP_WFRACBITS_S, __VA_ARGS__, umul_ppmm)
#define _FP_DIV_MEAT_S(...) _FP_DIV_MEAT_1_loop(S, __VA_ARGS__)

/* double: the same in two words, where a quotient is estimated and corrected. */
#define _FP_MUL_MEAT_D(...) _FP_MUL_MEAT_2_wide(_FP_WFRACBITS_D, __VA_ARGS__, umul_ppmm)
#define _FP_DIV_MEAT_D(...) _FP_DIV_MEAT_2_udiv(D, __VA_ARGS__)

/* NaN: one that an operation makes is positive with the quiet bit alone; one that comes in goes on, of two the first. */
#define _FP_QNANNEGATEDP 0
#define _FP_KEEPNANFRACP 1
#define _FP_NANSIGN_S 0
#define _FP_NANFRAC_S _FP_QNANBIT_S
#define _FP_NANSIGN_D 0
#define _FP_NANFRAC_D _FP_QNANBIT_D, 0
#define _FP_CHOOSENAN(format, words, result, first, second, operation) \
    (_FP_FRAC_COPY_##words(result, first), result##_c = FP_CLS_NAN, result##_s = first##_s)

/* Nobody asks for the underflow flag, so when it would be raised does not matter. */
#define _FP_TININESS_AFTER_ROUNDING 0

/* What longlong.h and the routines take from glibc's own headers. */
#define __BYTE_ORDER __BYTE_ORDER__
#define __BIG_ENDIAN __ORDER_BIG_ENDIAN__
#define __LITTLE_ENDIAN __ORDER_LITTLE_ENDIAN__
#define strong_alias(name, other) __typeof__(name) other __attribute__((alias(#name)));
