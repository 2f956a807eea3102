/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 (FIPS 180-4); its constants are computed: fractional parts of roots of primes, by integer arithmetic. */
#include "program.h"

static u32 k[64], start[8];

/* The first 32 bits after the point of the square root (cube: of the cube root) of p. */
static u32 root_fraction(u32 p, int cube)
{
    u64 root = 0;                               /* root * 2**32, built from the top */
    for (int bit = 36; bit >= 0; bit--) {
        u64 trial = root | 1ULL << bit;
        /* trial**2 <= p * 2**64, or trial**3 <= p * 2**96; compared in 32-bit limbs */
        u32 limbs[5] = {0, 0, 0, 0, 0}, factor[2] = {(u32)trial, (u32)(trial >> 32)};
        limbs[0] = 1;
        for (int power = 0; power < (cube ? 3 : 2); power++) {
            u32 product[5] = {0, 0, 0, 0, 0};
            for (int i = 0; i < 5; i++) {
                u64 carry = 0;
                for (int j = 0; j < 2 && i + j < 5; j++) {
                    u64 t = (u64)limbs[i] * factor[j] + product[i + j] + carry;
                    product[i + j] = (u32)t;
                    carry = t >> 32;
                }
                for (int j = i + 2; carry && j < 5; j++) {
                    u64 t = (u64)product[j] + carry;
                    product[j] = (u32)t;
                    carry = t >> 32;
                }
            }
            for (int i = 0; i < 5; i++)
                limbs[i] = product[i];
        }
        u32 whole = limbs[cube ? 3 : 2], above = cube ? limbs[4] : limbs[3];
        u32 rest = limbs[0] | limbs[1] | (cube ? limbs[2] : 0);
        if (!above && (whole < p || (whole == p && !rest)))
            root = trial;
    }
    return (u32)root;
}

static u32 right(u32 x, int n)
{
    return x >> n | x << (32 - n);
}

static void block(u32 *h, const u8 *p)
{
    u32 w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + (right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ w[i - 15] >> 3) + w[i - 7] +
               (right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ w[i - 2] >> 10);
    for (int i = 0; i < 8; i++)
        s[i] = h[i];
    for (int i = 0; i < 64; i++) {
        u32 e = s[4], a = s[0];
        u32 t = s[7] + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + k[i] + w[i];
        u32 u = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        for (int j = 7; j > 0; j--)
            s[j] = s[j - 1];
        s[4] += t;
        s[0] = t + u;
    }
    for (int i = 0; i < 8; i++)
        h[i] += s[i];
}

static void digest_of(const u8 *p, u32 n, u32 *h)
{
    u8 last[128];
    u32 whole = n & ~63u, rest = n & 63, padded = rest < 56 ? 64 : 128;
    for (int i = 0; i < 8; i++)
        h[i] = start[i];
    for (u32 i = 0; i < whole; i += 64)
        block(h, p + i);
    memset(last, 0, sizeof last);
    memcpy(last, p + whole, rest);
    last[rest] = 0x80;
    for (int i = 0; i < 4; i++)
        last[padded - 1 - (u32)i] = (u8)(n * 8 >> 8 * i);
    for (u32 i = 0; i < padded; i += 64)
        block(h, last + i);
}

PROGRAM(sha)
{
    static u8 message[3000];
    u32 h[8], digest = 0, state = 5, n = 0;
    for (u32 p = 2; n < 64; p++) {
        u32 d = 2;
        while (d * d <= p && p % d)
            d++;
        if (d * d <= p)
            continue;
        if (n < 8)
            start[n] = root_fraction(p, 0);
        k[n++] = root_fraction(p, 1);
    }
    digest_of((const u8 *)"abc", 3, h);
    if (h[0] != 0xba7816bf || h[7] != 0xf20015ad)
        return 0xbad;
    for (u32 i = 0; i < sizeof message; i++)
        message[i] = (u8)random32(&state);
    for (u32 length = 0; length < sizeof message; length += 119) {
        digest_of(message + length % 4, length, h);
        for (int i = 0; i < 8; i++)
            digest = mix(digest, h[i]);
    }
    return digest;
}
