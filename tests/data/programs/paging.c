/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory behind a software-filled TLB: 128 virtual pages on 64 physical ones, 32 slots; system calls; reservations. */
#include "program.h"

extern volatile u32 refills;

#define AREA ((volatile u32 *)0x40000000)
#define WORDS (128 * 1024)

static u32 call(u32 a, u32 b)
{
    register u32 r3 __asm__("r3") = a;
    register u32 r4 __asm__("r4") = b;
    __asm__ volatile("sc" : "+r"(r3) : "r"(r4) : "memory", "cr0", "ctr");
    return r3;
}

static u32 exchange(volatile u32 *where, u32 value)
{
    u32 old;
    __asm__ volatile("1: lwarx %0, 0, %1; stwcx. %2, 0, %1; bne- 1b" : "=&r"(old) : "r"(where), "r"(value) : "memory", "cr0");
    return old;
}

PROGRAM(paging)
{
    u32 digest = 0, state = 99;
    for (u32 i = 0; i < WORDS; i += 61)
        AREA[i] = i * 2654435761u;
    for (u32 i = 0; i < WORDS; i += 61)
        digest = mix(digest, AREA[i]);
    for (u32 i = 0; i < 3000; i++) {
        u32 x = random32(&state);
        volatile u32 *where = AREA + x % (WORDS - 2);
        digest = mix(digest, exchange(where, x ^ i));
        /* across words, and at times across pages */
        volatile u32 *uneven = (volatile u32 *)((u32)where + 1 + (i & 1));
        *uneven += x;
        if (!(i & 7))
            *(volatile u32 *)(0x40000000 + (x % 127 + 1) * 4096 - 2) ^= x;
        digest = mix(digest, *where);
        digest = mix(digest, call(x, i));
    }
    return mix(digest, refills);
}
