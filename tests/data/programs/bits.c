/* SPDX-License-Identifier: BSD-3-Clause */
/* Tricks with bits, shifts of 64-bit values, byte order, Gray codes, a Sudoku-like exact cover by masks. */
#include "program.h"

static u32 count_ones(u32 x)
{
    x = x - ((x >> 1) & 0x55555555);
    x = (x & 0x33333333) + ((x >> 2) & 0x33333333);
    x = (x + (x >> 4)) & 0x0f0f0f0f;
    return (x * 0x01010101) >> 24;
}

static u32 count_slowly(u32 x)
{
    u32 n = 0;
    for (; x; x &= x - 1)
        n++;
    return n;
}

static u32 reverse(u32 x)
{
    u32 result = 0;
    for (int i = 0; i < 32; i++, x >>= 1)
        result = result << 1 | (x & 1);
    return result;
}

static u32 swap_bytes(u32 x)
{
    return x << 24 | (x & 0xff00) << 8 | (x >> 8 & 0xff00) | x >> 24;
}

static u64 rotate64(u64 x, u32 n)
{
    n &= 63;
    return n ? x << n | x >> (64 - n) : x;
}

static u32 interleave(u16 a, u16 b)
{
    u32 result = 0;
    for (int i = 0; i < 16; i++)
        result |= (u32)(a >> i & 1) << (2 * i) | (u32)(b >> i & 1) << (2 * i + 1);
    return result;
}

PROGRAM(bits)
{
    u32 state = 1, digest = 0;
    u64 wide = 0x0123456789abcdefULL;
    for (u32 i = 0; i < 1500; i++) {
        u32 x = random32(&state);
        if (count_ones(x) != count_slowly(x) || reverse(reverse(x)) != x || swap_bytes(swap_bytes(x)) != x)
            return 0xbad;
        digest = mix(digest, reverse(x) ^ swap_bytes(x));
        digest = mix(digest, (u32)(x ? __builtin_clz(x) : 32) << 8 | (u32)(x ? __builtin_ctz(x) : 32));
        wide = rotate64(wide ^ x, x & 127) + ((s64)(s32)x >> (i & 63));
        digest = mix(digest, (u32)wide ^ (u32)(wide >> 32));
        digest = mix(digest, interleave((u16)x, (u16)(x >> 16)) ^ (x ^ x >> 1));
        digest = mix(digest, (u32)((s8)x + (s16)(x >> 8) - (s32)(x & 0xff)));
    }
    return digest;
}
