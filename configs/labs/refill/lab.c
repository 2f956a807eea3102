/* SPDX-License-Identifier: BSD-3-Clause */
/* What lab 1 does with the handler: walks over more and more pages that lie anywhere in memory, then the hard cases. */
#include "board.h"

#define PAGES 200
#define AT(page) ((volatile word *)(0x40000000 + (page) * 0x1000))

extern word page_table[], next_entry;
word registers_kept(volatile word *address);
word loads(volatile word *address);

static word walk(word pages, word rounds)
{
    word sum = 0;

    for (word round = 0; round < rounds; round++)
        for (word page = 0; page < pages; page++)
            sum += *AT(page);
    return sum;
}

void main(void)
{
    static const word sizes[] = {8, 32, 62, 63, 128};

    for (word page = 0; page < PAGES; page++)   /* scattered: no arithmetic finds them */
        page_table[page] = (0x01000000 + ((page * 77 + 13) % 256) * 0x1000) | 7;
    for (word page = 0; page < PAGES; page++)
        *(volatile word *)(page_table[page] & ~0xFFFu) = page * page + 1;
    for (word i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        window_begins(sizes[i]);
        word sum = walk(sizes[i], 20);
        window_ends(sizes[i]);
        print_number(sizes[i]);
        print(" pages: sum ");
        print_number(sum);
        print("\n");
    }
    *AT(3) = 7;
    print("stored: ");
    print_number(*AT(3));
    print("\nregisters kept: ");
    print_number(registers_kept(AT(190)));
    print("\nno page: ");
    print_number(loads(AT(250)));
    print("\na page after that: ");
    print_number(loads(AT(191)));
    print("\n");
}
