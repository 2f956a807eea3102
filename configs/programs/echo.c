/* SPDX-License-Identifier: BSD-3-Clause */
/* A session at the console: a prompt, a line that is typed and said again, `bye` ends it. Between two characters the
 * program waits (MSR[WE]), so that waiting costs the simulator nothing. */
#include "board.h"

#define MSR_WE 0x00040000u
#define MSR_EE 0x00008000u

extern char received[];

/* The external interrupt only ends the wait: it goes back with WE and EE off, and the loop looks for itself. */
__asm__("    .section .vectors, \"ax\"\n"
        "    .balign 16\n"
        "    .globl received\n"
        "received:\n"
        "    mtspr 272, 10\n"            /* SPRG0 */
        "    mfspr 10, 27\n"             /* SRR1 */
        "    rlwinm 10, 10, 0, 14, 12\n" /* WE */
        "    rlwinm 10, 10, 0, 17, 15\n" /* EE */
        "    mtspr 27, 10\n"
        "    mfspr 10, 272\n"
        "    rfi\n"
        "    .previous\n");

static char typed(void)
{
    while (!(UART[5] & 1)) {
        word msr;
        __asm__ volatile("mfmsr %0" : "=r"(msr));
        __asm__ volatile("mtmsr %0; isync" : : "r"(msr | MSR_WE | MSR_EE) : "memory");
        __asm__ volatile("mtdcr 0xC0, %0" : : "r"(0x80000000u));    /* UIC: interrupt 0 is done with */
    }
    return UART[0];
}

static int same(const char *a, const char *b)
{
    for (; *a && *a == *b; a++)
        b++;
    return *a == *b;
}

void main(void)
{
    static char line[64];

    __asm__ volatile("mtspr 404, %0" : : "r"((word)received & 0xFFFF));    /* IVOR4 */
    __asm__ volatile("mtdcr 0xC2, %0" : : "r"(0x80000000u));               /* UIC enables interrupt 0 */
    UART[2] = 1;                                                           /* FIFO */
    UART[1] = 1;                                                           /* an interrupt for what comes in */
    for (;;) {
        word length = 0;
        print("> ");
        for (char c = typed(); c != '\n' && c != '\r'; c = typed()) {
            put(c);
            if (length < sizeof line - 1)
                line[length++] = c;
        }
        line[length] = 0;
        print("\n");
        if (same(line, "bye"))
            return;
        print("you said: ");
        print(line);
        print("\n");
    }
}
