/* SPDX-License-Identifier: BSD-3-Clause */
#include "program.h"

#include <stdarg.h>

#define UART ((volatile u8 *)0xef600300)

void put(char c)
{
    while (!(UART[5] & 0x20))
        ;
    UART[0] = (u8)c;
}

static void put_unsigned(u32 value, u32 base)
{
    char digits[32];
    int n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n)
        put(digits[--n]);
}

static void put_hex(u64 value, int digits)
{
    while (digits--)
        put("0123456789abcdef"[(value >> (4 * digits)) & 15]);
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(arguments, const char *); *s; s++)
                put(*s);
            break;
        case 'c':
            put((char)va_arg(arguments, int));
            break;
        case 'd': {
            s32 value = va_arg(arguments, s32);
            if (value < 0)
                put('-');
            put_unsigned(value < 0 ? -(u32)value : (u32)value, 10);
            break;
        }
        case 'u':
            put_unsigned(va_arg(arguments, u32), 10);
            break;
        case 'x':
            put_hex(va_arg(arguments, u32), 8);
            break;
        case 'X':
            put_hex(va_arg(arguments, u64), 16);
            break;
        default:
            put(*format);
        }
    }
    va_end(arguments);
}

void report_exception(u32 number, u32 pc, u32 address)
{
    print("exception %u at %x, address %x\n", number, pc, address);
    reset();
}

u32 random32(u32 *state)
{
    u32 x = *state ? *state : 0x9e3779b9;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

u32 mix(u32 digest, u32 value)
{
    digest ^= value;
    digest *= 0x01000193;
    return digest << 5 | digest >> 27;
}

void *memcpy(void *to, const void *from, u32 n)
{
    u8 *a = to;
    const u8 *b = from;
    while (n--)
        *a++ = *b++;
    return to;
}

void *memset(void *to, int value, u32 n)
{
    u8 *a = to;
    while (n--)
        *a++ = (u8)value;
    return to;
}
