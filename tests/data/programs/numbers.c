/* SPDX-License-Identifier: BSD-3-Clause */
/* Whole numbers of many words: factorials in decimal, powers modulo a prime, square roots; 64-bit division. */
#include "program.h"

#define WORDS 40

typedef struct {
    u32 word[WORDS];            /* lowest first */
} number;

static void multiply_small(number *x, u32 factor)
{
    u64 carry = 0;
    for (int i = 0; i < WORDS; i++) {
        carry += (u64)x->word[i] * factor;
        x->word[i] = (u32)carry;
        carry >>= 32;
    }
}

static u32 divide_small(number *x, u32 divisor)
{
    u32 rest = 0;
    for (int i = WORDS; i-- > 0;) {
        /* two halves, so that 32-bit division is enough; divisor is below 65536 */
        u32 high = rest << 16 | x->word[i] >> 16;
        u32 low = (high % divisor) << 16 | (x->word[i] & 0xffff);
        x->word[i] = (high / divisor) << 16 | low / divisor;
        rest = low % divisor;
    }
    return rest;
}

/* 64 by 64 bits, by shifting and subtracting. */
static u64 divide64(u64 dividend, u64 divisor, u64 *rest)
{
    u64 quotient = 0, r = 0;
    for (int i = 63; i >= 0; i--) {
        r = r << 1 | (dividend >> i & 1);
        if (r >= divisor) {
            r -= divisor;
            quotient |= 1ULL << i;
        }
    }
    *rest = r;
    return quotient;
}

static u32 power(u32 base, u32 exponent, u32 modulus)
{
    u64 result = 1, square = base, rest;
    for (; exponent; exponent >>= 1) {
        if (exponent & 1) {
            divide64(result * square, modulus, &rest);
            result = rest;
        }
        divide64(square * square, modulus, &rest);
        square = rest;
    }
    return (u32)result;
}

static u32 root(u64 x)
{
    u64 r = 0;
    for (int bit = 31; bit >= 0; bit--) {
        u64 trial = r | 1ULL << bit;
        if (trial * trial <= x)
            r = trial;
    }
    return (u32)r;
}

PROGRAM(numbers)
{
    static number x;
    static char decimal[400];
    u32 digest = 0, state = 3;
    memset(&x, 0, sizeof x);
    x.word[0] = 1;
    for (u32 i = 2; i <= 150; i++)
        multiply_small(&x, i);
    int length = 0;
    for (int i = 0; i < 264; i++)
        decimal[length++] = (char)('0' + divide_small(&x, 10));
    for (int i = 0; i < length; i++)
        digest = mix(digest, (u32)decimal[i]);
    for (u32 i = 1; i < 20; i++) {
        if (power(i, 1000002, 1000003) != 1)          /* Fermat: 1000003 is prime */
            return 0xbad;
        digest = mix(digest, power(random32(&state), i * 77777, 4294967291u));
    }
    for (int i = 0; i < 60; i++) {
        u64 a = (u64)random32(&state) << 32 | random32(&state), b = random32(&state) >> (i & 31), rest;
        b = b << (i & 15) | 1;
        u64 q = divide64(a, b, &rest);
        if (q * b + rest != a || rest >= b)
            return 0xbad;
        u32 r = root(a);
        if ((u64)r * r > a)
            return 0xbad;
        digest = mix(digest, (u32)q ^ (u32)(q >> 32) ^ r);
        digest = mix(digest, (u32)((s32)a / (s32)(b | 1)) + (u32)((s32)a % (s32)(b | 3)));
    }
    return digest;
}
