/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that services its own TLB misses: it walks over more and more pages, each walk a window. */
#include "board.h"

#define PAGES ((volatile word *)0x40000000)
#define PAGE_WORDS 1024
#define ROUNDS 20

static word walk(word pages)
{
    word sum = 0;

    for (word round = 0; round < ROUNDS; round++)
        for (word page = 0; page < pages; page++)
            sum += PAGES[page * PAGE_WORDS];
    return sum;
}

void main(void)
{
    static const word sizes[] = {8, 32, 62, 63, 128};

    refill_last = 63;               /* entries 2 to 63: 62 pages fit */
    for (word page = 0; page < 128; page++)
        PAGES[page * PAGE_WORDS] = page;
    for (word i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        window_begins(sizes[i]);
        word sum = walk(sizes[i]);
        window_ends(sizes[i]);
        record(i, sum);
        print_number(sizes[i]);
        print(" pages: sum ");
        print_number(sum);
        print("\n");
    }
}
