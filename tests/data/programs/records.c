/* SPDX-License-Identifier: BSD-3-Clause */
/* Structures by value, bit fields, unions, variable arguments, switch tables, unaligned and packed members. */
#include "program.h"

#include <stdarg.h>

typedef struct {
    u32 kind : 3, sign : 1, exponent : 8;
    s32 small : 7;
    u32 rest : 13;
} fields;

typedef struct __attribute__((packed)) {
    u8 tag;
    u16 half;
    u32 word;
    u64 wide;
} uneven;

typedef struct {
    s16 x, y, z;
    u8 name[5];
} point;

static point moved(point p, s16 dx, s16 dy)
{
    p.x = (s16)(p.x + dx);
    p.y = (s16)(p.y - dy);
    p.z = (s16)(p.x ^ p.y);
    p.name[p.z & 3] = (u8)dx;
    return p;
}

static u32 total(u32 n, ...)
{
    va_list arguments;
    u32 sum = 0;
    va_start(arguments, n);
    while (n--) {
        sum += va_arg(arguments, u32);
        sum ^= (u32)va_arg(arguments, u64);
    }
    va_end(arguments);
    return sum;
}

static u32 choose(u32 x)
{
    switch (x % 13) {
    case 0: return x + 1;
    case 1: return x * 3;
    case 2: return ~x;
    case 3: return x << 3;
    case 4: return x >> 5;
    case 5: return x ^ 0x5a5a;
    case 6: return x - 77;
    case 7: return x | 0xf0;
    case 8: return x & 0x0ff0;
    case 9: return x / 7;
    case 10: return x % 1000;
    case 11: return -x;
    default: return x * x;
    }
}

PROGRAM(records)
{
    static uneven list[20];
    union {
        u32 word;
        u16 half[2];
        u8 byte[4];
    } view;
    point p = {1, 2, 3, {4, 5, 6, 7, 8}};
    fields f = {0, 0, 0, 0, 0};
    u32 state = 31, digest = 0;
    for (u32 i = 0; i < 600; i++) {
        u32 x = random32(&state);
        f.kind = x;
        f.sign = x >> 9;
        f.exponent += f.kind + 1;
        f.small = (s32)(x >> 12) % 64;
        f.rest = f.rest * 5 + (u32)f.small;
        digest = mix(digest, f.kind + f.exponent * 16 + (u32)f.small + f.rest);
        uneven *u = &list[x % 20];
        u->tag = (u8)i;
        u->half = (u16)(u->half + x);
        u->word ^= x;
        u->wide = u->wide * 3 + u->word;
        digest = mix(digest, (u32)(u->wide >> 13) + u->half);
        view.word = x;
        view.half[i & 1] = (u16)(view.byte[3 - (i & 3)] * 257);
        digest = mix(digest, view.word);
        p = moved(p, (s16)x, (s16)(x >> 16));
        digest = mix(digest, (u32)p.z << 16 | p.name[i % 5]);
        digest = mix(digest, choose(x));
        digest = mix(digest, total(3, x, (u64)x * x, i, (u64)i << 33, digest, ~(u64)0));
    }
    return digest;
}
