/* SPDX-License-Identifier: BSD-3-Clause */
/* IEEE single precision by integer arithmetic: add, multiply, divide, square root, round to nearest even. */
#include "program.h"

typedef struct {
    u32 sign;
    s32 exponent;               /* of the bit of value 2**62 in the fraction, unbiased */
    u64 fraction;               /* 0, or normalised so that bit 62 is set; the low bit is sticky */
} parts;

static parts unpack(u32 f)
{
    parts p = {f >> 31, (s32)(f >> 23 & 255) - 127, (u64)((f & 0x7fffff) | 0x800000) << 39};
    if (!(f >> 23 & 255))
        p.fraction = 0;         /* subnormals count as zero here */
    return p;
}

static parts normal(parts p)
{
    if (!p.fraction)
        return p;
    if (p.fraction >> 63) {
        p.fraction = p.fraction >> 1 | (p.fraction & 1);
        p.exponent++;
    }
    while (!(p.fraction >> 62)) {
        p.fraction <<= 1;
        p.exponent--;
    }
    return p;
}

static u32 pack(parts p)
{
    p = normal(p);
    if (!p.fraction || p.exponent < -126)
        return p.sign << 31;
    u64 rest = p.fraction & ((1ULL << 39) - 1), half = 1ULL << 38;
    u32 mantissa = (u32)(p.fraction >> 39);
    if (rest > half || (rest == half && (mantissa & 1)))
        mantissa++;
    if (mantissa >> 24) {
        mantissa >>= 1;
        p.exponent++;
    }
    if (p.exponent > 127)
        return p.sign << 31 | 0x7f800000;
    return p.sign << 31 | (u32)(p.exponent + 127) << 23 | (mantissa & 0x7fffff);
}

static u32 add(u32 x, u32 y)
{
    parts a = unpack(x), b = unpack(y);
    if (!a.fraction)
        return b.fraction ? y : x & y;
    if (!b.fraction)
        return x;
    if (a.exponent < b.exponent || (a.exponent == b.exponent && a.fraction < b.fraction)) {
        parts t = a;
        a = b;
        b = t;
    }
    s32 shift = a.exponent - b.exponent;
    u64 aligned = shift > 62 ? 1 : b.fraction >> shift;
    if (shift && shift <= 62 && b.fraction << (64 - shift))
        aligned |= 1;
    a.fraction = a.sign == b.sign ? a.fraction + aligned : a.fraction - aligned;
    if (!a.fraction)
        a.sign = 0;
    return pack(a);
}

static u32 multiply(u32 x, u32 y)
{
    parts a = unpack(x), b = unpack(y);
    a.sign ^= b.sign;
    a.exponent += b.exponent + 1;
    a.fraction = (a.fraction >> 39) * (b.fraction >> 39) << 15;    /* 48 bits, top at 62 or 61 */
    return pack(a);
}

static u32 divide(u32 x, u32 y)
{
    parts a = unpack(x), b = unpack(y);
    a.sign ^= b.sign;
    if (!b.fraction)
        return a.sign << 31 | 0x7f800000;
    a.exponent -= b.exponent;
    u64 dividend = a.fraction >> 39, divisor = b.fraction >> 39, quotient = 0;
    for (int i = 62; i >= 30; i--) {
        if (dividend >= divisor) {
            dividend -= divisor;
            quotient |= 1ULL << i;
        }
        dividend <<= 1;
    }
    a.fraction = quotient | (dividend != 0);
    return pack(a);
}

static u32 from_integer(s32 value)
{
    parts p = {value < 0, 62, value < 0 ? -(u64)value : (u64)value};
    return pack(p);
}

static u32 root(u32 x)
{
    u32 guess = (x >> 1) + 0x1fbd1df5;
    for (int i = 0; i < 5; i++)
        guess = multiply(0x3f000000, add(guess, divide(x, guess)));
    return guess;
}

PROGRAM(floating)
{
    u32 digest = 0, state = 21, sum = 0, term = 0x3f800000;
    if (multiply(0x40490fdb, 0x402df854) != 0x4108a2c0 || add(0x3f800000, 0x33800000) != 0x3f800000 ||
        divide(0x3f800000, 0x40400000) != 0x3eaaaaab || from_integer(-16777217) != 0xcb800000)
        return 0xbad;
    for (s32 i = 1; i < 20; i++) {              /* e */
        sum = add(sum, term);
        term = divide(term, from_integer(i));
    }
    if (sum < 0x402df853 || sum > 0x402df855)
        return 0xbad;
    digest = mix(digest, sum);
    for (int i = 0; i < 400; i++) {
        u32 a = (random32(&state) & 0x87ffffff) + 0x3c000000, b = (random32(&state) & 0x87ffffff) + 0x3c000000;
        digest = mix(digest, add(a, b));
        digest = mix(digest, multiply(a, b));
        digest = mix(digest, divide(a, b));
        if (i < 40)
            digest = mix(digest, root(a & 0x7fffffff));
    }
    return digest;
}
