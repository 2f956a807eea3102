/* SPDX-License-Identifier: BSD-3-Clause */
/* What the programs share: types, the console, a random generator, a running digest. */
#ifndef PROGRAM_H
#define PROGRAM_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

void put(char c);
void print(const char *format, ...);      /* %s %d %u %x %c; %X: 16 hexadecimal digits of a u64 */
u32 random32(u32 *state);
u32 mix(u32 digest, u32 value);
_Noreturn void reset(void);

void *memcpy(void *to, const void *from, u32 n);
void *memset(void *to, int value, u32 n);

/* One test program: its digest, which is printed and compared. */
#define PROGRAM(name) u32 name(void)
PROGRAM(bits);
PROGRAM(checksums);
PROGRAM(sha);
PROGRAM(sorting);
PROGRAM(numbers);
PROGRAM(strings);
PROGRAM(matrices);
PROGRAM(recursion);
PROGRAM(floating);
PROGRAM(machine);
PROGRAM(allocation);
PROGRAM(records);
PROGRAM(paging);

#endif
