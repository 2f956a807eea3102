/* SPDX-License-Identifier: BSD-3-Clause */
/* Products of matrices of bytes, halfwords and words; determinants modulo a prime; filters of halfwords (MAC forms). */
#include "program.h"

#define N 20

static s16 a[N][N], b[N][N];
static s32 c[N][N];
static s8 small[N][N];
static u16 unsigned_[N][N];

static s32 filter(const s16 *x, const s16 *y, int n)
{
    s32 sum = 0;
    for (int i = 0; i < n; i++)
        sum += x[i] * y[i];
    return sum;
}

static u32 determinant(u32 p)
{
    static u32 m[N][N];
    u64 result = 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            m[i][j] = (u32)unsigned_[i][j] % p;
    for (int i = 0; i < N; i++) {
        int pivot = i;
        while (pivot < N && !m[pivot][i])
            pivot++;
        if (pivot == N)
            return 0;
        for (int j = 0; j < N; j++) {
            u32 t = m[i][j];
            m[i][j] = m[pivot][j];
            m[pivot][j] = t;
        }
        u32 inverse = 1, base = m[i][i];
        for (u32 e = p - 2; e; e >>= 1) {
            if (e & 1)
                inverse = inverse * base % p;
            base = base * base % p;
        }
        result = (u32)result * m[i][i] % p;
        for (int r = i + 1; r < N; r++) {
            u32 factor = m[r][i] * inverse % p;
            for (int j = i; j < N; j++)
                m[r][j] = (m[r][j] + (p - factor) * m[i][j]) % p;
        }
    }
    return (u32)result;
}

PROGRAM(matrices)
{
    u32 state = 11, digest = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            u32 x = random32(&state);
            a[i][j] = (s16)x;
            b[i][j] = (s16)(x >> 16);
            small[i][j] = (s8)(x >> 8);
            unsigned_[i][j] = (u16)(x >> 4);
        }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            s32 sum = 0;
            u32 other = 0;
            s64 wide = 0;
            for (int k = 0; k < N; k++) {
                sum += a[i][k] * b[k][j];
                other += (u32)unsigned_[i][k] * unsigned_[k][j];
                wide += (s64)a[i][k] * (s32)((u32)small[k][j] << 20);
            }
            c[i][j] = sum;
            digest = mix(digest, (u32)sum ^ other ^ (u32)(wide >> 17));
        }
    for (int i = 0; i < N; i++) {
        s32 trace = 0;
        for (int j = 0; j < N; j++)
            trace += c[j][(i + j) % N] >> 3;
        digest = mix(digest, (u32)trace);
        digest = mix(digest, (u32)filter(a[i], b[N - 1 - i], N));
    }
    digest = mix(digest, determinant(251));
    return mix(digest, determinant(65521 / 2 % 251 + 6));
}
