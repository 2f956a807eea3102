/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorting by exchange, by heap, by merging, by radix, and through a comparison function; binary search. */
#include "program.h"

#define N 700

static s32 source[N], a[N], b[N];

static void quick(s32 *v, int low, int high)
{
    while (low < high) {
        s32 pivot = v[(low + high) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j) {
                s32 t = v[i];
                v[i++] = v[j];
                v[j--] = t;
            }
        }
        quick(v, low, j);
        low = i;
    }
}

static void sift(s32 *v, int root, int n)
{
    for (int child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && v[child + 1] > v[child])
            child++;
        if (v[root] >= v[child])
            return;
        s32 t = v[root];
        v[root] = v[child];
        v[child] = t;
    }
}

static void heap(s32 *v, int n)
{
    for (int i = n / 2; i-- > 0;)
        sift(v, i, n);
    while (n-- > 1) {
        s32 t = v[0];
        v[0] = v[n];
        v[n] = t;
        sift(v, 0, n);
    }
}

static void merge(s32 *v, s32 *scratch, int n)
{
    if (n < 2)
        return;
    int half = n / 2, i = 0, j = half;
    merge(v, scratch, half);
    merge(v + half, scratch, n - half);
    for (int at = 0; at < n; at++)
        scratch[at] = j >= n || (i < half && v[i] <= v[j]) ? v[i++] : v[j++];
    for (int at = 0; at < n; at++)
        v[at] = scratch[at];
}

static void radix(s32 *v, s32 *scratch, int n)
{
    for (int shift = 0; shift < 32; shift += 8) {
        int count[257] = {0};
        for (int i = 0; i < n; i++)
            count[(((u32)v[i] ^ 0x80000000) >> shift & 255) + 1]++;
        for (int i = 0; i < 256; i++)
            count[i + 1] += count[i];
        for (int i = 0; i < n; i++)
            scratch[count[((u32)v[i] ^ 0x80000000) >> shift & 255]++] = v[i];
        for (int i = 0; i < n; i++)
            v[i] = scratch[i];
    }
}

static int ascending(const void *x, const void *y)
{
    s32 one = *(const s32 *)x, two = *(const s32 *)y;
    return one < two ? -1 : one > two;
}

static int by_low_bits(const void *x, const void *y)
{
    u32 one = *(const u32 *)x & 0xfff, two = *(const u32 *)y & 0xfff;
    return one < two ? -1 : one > two ? 1 : ascending(x, y);
}

static void insert(u8 *v, int n, int size, int (*order)(const void *, const void *))
{
    for (int i = size; i < n * size; i += size)
        for (int j = i; j > 0 && order(v + j - size, v + j) > 0; j -= size)
            for (int at = 0; at < size; at++) {
                u8 t = v[j + at];
                v[j + at] = v[j - size + at];
                v[j - size + at] = t;
            }
}

static u32 checked(const s32 *v, u32 digest)
{
    for (int i = 0; i < N; i++) {
        if (i && v[i - 1] > v[i])
            return 0xbad;
        digest = mix(digest, (u32)v[i]);
    }
    return digest;
}

PROGRAM(sorting)
{
    u32 state = 42, digests[4], digest = 0;
    for (int i = 0; i < N; i++)
        source[i] = (s32)random32(&state) >> (i & 15);
    for (int method = 0; method < 4; method++) {
        memcpy(a, source, sizeof a);
        switch (method) {
        case 0: quick(a, 0, N - 1); break;
        case 1: heap(a, N); break;
        case 2: merge(a, b, N); break;
        case 3: radix(a, b, N); break;
        }
        digests[method] = checked(a, 7);
    }
    for (int method = 1; method < 4; method++)
        if (digests[method] != digests[0])
            return 0xbad;
    for (int i = 0; i < N; i++) {
        int low = 0, high = N - 1;
        while (low < high) {
            int middle = (low + high) / 2;
            if (a[middle] < source[i])
                low = middle + 1;
            else
                high = middle;
        }
        if (a[low] != source[i])
            return 0xbad;
        digest = mix(digest, (u32)low);
    }
    insert((u8 *)source, 120, 4, by_low_bits);
    for (int i = 0; i < 120; i++)
        digest = mix(digest, (u32)source[i]);
    return mix(digest, digests[0]);
}
