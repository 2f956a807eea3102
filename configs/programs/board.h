/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices of the board, and the marker page of the simulator. */
#ifndef BOARD_H
#define BOARD_H

typedef unsigned int word;
typedef unsigned char byte;

#define UART ((volatile byte *)0xEF600300)
#define MARKERS ((volatile word *)0xEF600000)

extern word refill_last;            /* the last TLB entry that the data miss handler uses */

static inline void put(char c)
{
    while (!(UART[5] & 0x20))       /* transmitter holding register empty */
        ;
    UART[0] = c;
}

static inline void window_begins(word number) { MARKERS[0] = number; }
static inline void window_ends(word number) { MARKERS[1] = number; }
static inline void record(word number, word value) { MARKERS[8 + number] = value; }

void print(const char *text);
void print_number(word value);

#endif
