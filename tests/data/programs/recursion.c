/* SPDX-License-Identifier: BSD-3-Clause */
/* Deep and wide recursion, mutual recursion, calls through tables, queens on a board, permutations. */
#include "program.h"

static u32 fibonacci(u32 n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static u32 ackermann(u32 m, u32 n)
{
    return !m ? n + 1 : ackermann(m - 1, n ? ackermann(m, n - 1) : 1);
}

static u32 queens(u32 n, u32 columns, u32 left, u32 right)
{
    u32 full = (1u << n) - 1, solutions = 0;
    if (columns == full)
        return 1;
    for (u32 open = full & ~(columns | left | right); open;) {
        u32 bit = open & -open;
        open ^= bit;
        solutions += queens(n, columns | bit, (left | bit) << 1, (right | bit) >> 1);
    }
    return solutions;
}

static int odd(u32 n);

static int even(u32 n)
{
    return n ? odd(n - 1) : 1;
}

static int odd(u32 n)
{
    return n ? even(n - 1) : 0;
}

static u32 hanoi(int discs, int from, int to, u32 digest)
{
    if (!discs)
        return digest;
    digest = hanoi(discs - 1, from, 6 - from - to, digest);
    digest = mix(digest, (u32)(from * 4 + to));
    return hanoi(discs - 1, 6 - from - to, to, digest);
}

static u32 permute(u8 *v, int n, u32 digest)
{
    if (n == 1)
        return mix(digest, (u32)v[0] << 24 | (u32)v[1] << 16 | (u32)v[2] << 8 | v[5]);
    for (int i = 0; i < n; i++) {
        digest = permute(v, n - 1, digest);
        int swap = n & 1 ? 0 : i;
        u8 t = v[swap];
        v[swap] = v[n - 1];
        v[n - 1] = t;
    }
    return digest;
}

static u32 add(u32 a, u32 b) { return a + b; }
static u32 subtract(u32 a, u32 b) { return a - b; }
static u32 exclusive(u32 a, u32 b) { return a ^ b; }
static u32 times(u32 a, u32 b) { return a * b; }

PROGRAM(recursion)
{
    static u32 (*const operations[])(u32, u32) = {add, subtract, exclusive, times};
    u8 v[6] = {1, 2, 3, 4, 5, 6};
    u32 digest = 0;
    if (fibonacci(17) != 1597 || ackermann(2, 9) != 21 || queens(6, 0, 0, 0) != 4 || !even(300))
        return 0xbad;
    digest = mix(digest, queens(7, 0, 0, 0));
    digest = hanoi(9, 1, 3, digest);
    digest = permute(v, 6, digest);
    for (u32 i = 0; i < 800; i++)
        digest = mix(operations[digest >> 3 & 3](digest, i), i);
    return digest;
}
