/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs every program, prints its digest, and leaves the time base that each took in `counts` for the host to read. */
#include "program.h"

static const struct {
    const char *name;
    u32 (*run)(void);
} programs[] = {
    {"bits", bits},           {"checksums", checksums}, {"sha", sha},           {"sorting", sorting},
    {"numbers", numbers},     {"strings", strings},     {"matrices", matrices}, {"recursion", recursion},
    {"floating", floating},   {"machine", machine},     {"allocation", allocation}, {"records", records},
    {"paging", paging},
};

#define PROGRAMS (sizeof programs / sizeof *programs)

/* A mark to find it by, the number of counts, and the counts. */
__attribute__((section(".counts"))) volatile u32 counts[4 + PROGRAMS] = {0x54494d45, 0x42415345, PROGRAMS};

static inline u32 time_base(void)
{
    u32 value;
    __asm__ volatile("mfspr %0, 268" : "=r"(value) : : "memory");
    return value;
}

int main(void)
{
    for (u32 i = 0; i < PROGRAMS; i++) {
        u32 before = time_base();
        u32 digest = programs[i].run();
        counts[4 + i] = time_base() - before;
        print("%s %x\n", programs[i].name, digest);
    }
    print("done\n");
    while (!(*(volatile u8 *)0xef600305 & 0x40))
        ;
    return 0;
}
