/* SPDX-License-Identifier: BSD-3-Clause */
/* A program for the Linux guest in one file, without a C library: include this and write main(argc, argv, envp).
 * System calls, text on the console, processes. Integers only: the guest's processor has no floating point. */
#ifndef GUEST_H
#define GUEST_H

#include "mark.h"

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

enum { /* numbers of system calls, 32-bit PowerPC */
    SYS_EXIT = 1, SYS_FORK = 2, SYS_READ = 3, SYS_WRITE = 4, SYS_OPEN = 5, SYS_CLOSE = 6, SYS_EXECVE = 11,
    SYS_GETPID = 20, SYS_MOUNT = 21, SYS_KILL = 37, SYS_MKDIR = 39, SYS_PIPE = 42, SYS_REBOOT = 88, SYS_MUNMAP = 91,
    SYS_WAIT4 = 114, SYS_YIELD = 158, SYS_NANOSLEEP = 162, SYS_SIGACTION = 173, SYS_MMAP2 = 192,
};

enum { PAGE = 4096, PRIVATE = 0x22, SHARED = 0x21 }; /* anonymous memory: its own, or shared with children */

/* The kernel's answer; below 0 the negative number of an error. */
#define call6 mark_call
#define call0(n) call6(n, 0, 0, 0, 0, 0, 0)
#define call1(n, a) call6(n, (long)(a), 0, 0, 0, 0, 0)
#define call2(n, a, b) call6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define call3(n, a, b, c) call6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define call4(n, a, b, c, d) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* The compiler calls these by name. Byte by byte, and not made into calls of themselves. */
#define PLAIN __attribute__((weak, optimize("no-tree-loop-distribute-patterns")))

PLAIN void *memcpy(void *to, const void *from, unsigned long count)
{
    for (unsigned long i = 0; i < count; i++)
        ((u8 *)to)[i] = ((const u8 *)from)[i];
    return to;
}

PLAIN void *memset(void *to, int value, unsigned long count)
{
    for (unsigned long i = 0; i < count; i++)
        ((u8 *)to)[i] = value;
    return to;
}

static inline u32 length(const char *text)
{
    u32 count = 0;
    while (text[count])
        count++;
    return count;
}

static inline int same(const char *one, const char *other)
{
    for (; *one && *one == *other; one++, other++)
        ;
    return *one == *other;
}

/* What follows `name=` in the environment, which has the kernel's arguments; 0: it is not there. */
static inline const char *given(char **environment, const char *name)
{
    for (; *environment; environment++) {
        u32 i = 0;
        while (name[i] && (*environment)[i] == name[i])
            i++;
        if (!name[i] && (*environment)[i] == '=')
            return *environment + i + 1;
    }
    return 0;
}

static inline u32 number(const char *text)
{
    u32 value = 0;
    for (; *text >= '0' && *text <= '9'; text++)
        value = 10 * value + (*text - '0');
    return value;
}

/* A line is collected and written by one call, so that those of several processes do not mix. */
static char line_text[256];
static u32 line_used;

static inline void put(const char *text)
{
    for (; *text && line_used < sizeof line_text - 1; text++)
        line_text[line_used++] = *text;
}

static inline void put_number(u32 value)
{
    char digits[11];
    u32 i = 10;
    digits[i] = 0;
    do
        digits[--i] = '0' + value % 10;
    while (value /= 10);
    put(digits + i);
}

static inline void put_hex(u32 value)
{
    char digits[9];
    for (int i = 7; i >= 0; i--, value >>= 4)
        digits[i] = "0123456789abcdef"[value & 15];
    digits[8] = 0;
    put(digits);
}

static inline void end_line(void)
{
    line_text[line_used++] = '\n';
    call3(SYS_WRITE, 1, line_text, line_used);
    line_used = 0;
}

static inline void leave(int status) { call1(SYS_EXIT, status); }
static inline long fork(void) { return call0(SYS_FORK); }

/* The exit status of a child, 128 and the signal's number if a signal ended it. */
static inline int wait_for(long child)
{
    int status = 0;
    call4(SYS_WAIT4, child, &status, 0, 0);
    return status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff;
}

/* Anonymous memory, zeroed; 0 when there is none. */
static inline void *memory(u32 bytes, int kind)
{
    long at = call6(SYS_MMAP2, 0, bytes, 3, kind, -1, 0);
    return (u32)at >= 0xfffff000u ? 0 : (void *)at;
}

int main(int argc, char **argv, char **environment);

__attribute__((used, noreturn)) static void guest_start(long *stack)
{
    char **argv = (char **)(stack + 1);
    leave(main(stack[0], argv, argv + stack[0] + 1));
    for (;;)
        ;
}

__asm__("    .globl _start\n"
        "_start:\n"
        "    mr 3,1\n"             /* argc and all that follows it */
        "    rlwinm 1,1,0,0,27\n"  /* frames are whole 16 bytes */
        "    li 0,0\n"
        "    stwu 0,-16(1)\n"      /* the outermost: none is above it */
        "    b guest_start\n");

#endif
