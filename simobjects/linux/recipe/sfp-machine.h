/* SPDX-License-Identifier: BSD-3-Clause */
/* What soft-fp asks of a machine with 32-bit words: round to nearest, no exceptions, the default NaN. */
#define _FP_W_TYPE_SIZE 32
#define _FP_W_TYPE unsigned long
#define _FP_WS_TYPE signed long
#define _FP_I_TYPE long
#define _FP_MUL_MEAT_S(r, x, y) _FP_MUL_MEAT_1_wide(_FP_WFRACBITS_S, r, x, y, umul_ppmm)
#define _FP_MUL_MEAT_D(r, x, y) _FP_MUL_MEAT_2_wide(_FP_WFRACBITS_D, r, x, y, umul_ppmm)
#define _FP_DIV_MEAT_S(r, x, y) _FP_DIV_MEAT_1_loop(S, r, x, y)
#define _FP_DIV_MEAT_D(r, x, y) _FP_DIV_MEAT_2_udiv(D, r, x, y)
#define _FP_NANFRAC_S _FP_QNANBIT_S
#define _FP_NANFRAC_D _FP_QNANBIT_D, 0
#define _FP_NANSIGN_S 0
#define _FP_NANSIGN_D 0
#define _FP_KEEPNANFRACP 1
#define _FP_QNANNEGATEDP 0
#define _FP_TININESS_AFTER_ROUNDING 0
#define _FP_CHOOSENAN(fs, wc, r, x, y, op) \
    do { \
        r##_s = x##_s; \
        _FP_FRAC_COPY_##wc(r, x); \
        r##_c = FP_CLS_NAN; \
    } while (0)
#define __BYTE_ORDER 4321
#define __BIG_ENDIAN 4321
#define __LITTLE_ENDIAN 1234
#define strong_alias(name, other) extern __typeof(name) other __attribute__((alias(#name)));
