/* SPDX-License-Identifier: BSD-3-Clause */
/* Windows of the simulator's statistics, marked by a program in the Linux guest.
 *
 *     #include "mark.h"
 *     if (mark_open() == 0) { mark_begin(7); work(); mark_end(); }
 *
 * Whoever may open /dev/mem can mark: programs run by /init can. It needs no C library and goes with any. Windows do
 * not nest. The numbers are in the run directory, in order: system.board.marker.values.csv. */
#ifndef MARK_H
#define MARK_H

#ifndef MARK_ADDRESS
#define MARK_ADDRESS 0xef600000u /* system.board.marker.address */
#endif

enum { MARK_BEGIN = 0, MARK_END = 1, MARK_STOP = 4, MARK_NUMBER = 8 }; /* words of the page */

static volatile unsigned int *mark_page;

#define MARK_IN(place, value) register long place __asm__(#place) = (value)

/* A system call. Linux takes its number in r0 and the arguments from r3 on; the answer is in r3, and the summary overflow
 * bit of cr0 says that it is an error's number. It keeps r13 to r31, and nothing of what is named below. */
static inline long mark_call(long number, long a, long b, long c, long d, long e, long f)
{
    MARK_IN(r0, number);
    MARK_IN(r3, a);
    MARK_IN(r4, b);
    MARK_IN(r5, c);
    MARK_IN(r6, d);
    MARK_IN(r7, e);
    MARK_IN(r8, f);
    __asm__ volatile("sc\n\t"
                     "bns+ .Lanswer%=\n\t"
                     "neg %[answer],%[answer]\n"
                     ".Lanswer%=:"
                     : [answer] "+r"(r3), "+r"(r0), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7), "+r"(r8)
                     :
                     : "cr0", "ctr", "xer", "r9", "r10", "r11", "r12", "memory");
    return r3;
}

/* Map the markers; 0, or the negative number of an error. */
static inline int mark_open(void)
{
    long file, at;
    if (mark_page)
        return 0;
    file = mark_call(5, (long)"/dev/mem", 2, 0, 0, 0, 0); /* open, for reading and writing */
    if (file < 0)
        return (int)file;
    at = mark_call(192, 0, 4096, 3, 1, file, MARK_ADDRESS >> 12); /* mmap2, shared */
    mark_call(6, file, 0, 0, 0, 0, 0); /* close: the mapping stays */
    if ((unsigned long)at >= 0xfffff000ul)
        return (int)at;
    mark_page = (volatile unsigned int *)at;
    return 0;
}

/* Begin a window; its number is recorded before it. */
static inline void mark_begin(unsigned int number)
{
    mark_page[MARK_NUMBER] = number;
    mark_page[MARK_BEGIN] = number;
}

static inline void mark_end(void) { mark_page[MARK_END] = 0; }

/* End the run of the simulator. */
static inline void mark_stop(unsigned int status) { mark_page[MARK_STOP] = status; }

#endif
