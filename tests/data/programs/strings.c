/* SPDX-License-Identifier: BSD-3-Clause */
/* String functions, overlapping moves, formatting and parsing, word counting with a hash table, run-length coding. */
#include "program.h"

static const char text[] =
    "a core executes what it fetches, and it fetches what its translations allow; "
    "where a translation is missing, the core asks software, and software answers with an entry";

static u32 length(const char *s)
{
    u32 n = 0;
    while (s[n])
        n++;
    return n;
}

static int compare(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (u8)*a - (u8)*b;
}

static const char *find(const char *in, const char *what)
{
    for (; *in; in++) {
        const char *a = in, *b = what;
        while (*b && *a == *b) {
            a++;
            b++;
        }
        if (!*b)
            return in;
    }
    return 0;
}

static void move(char *to, const char *from, u32 n)
{
    if (to < from)
        for (u32 i = 0; i < n; i++)
            to[i] = from[i];
    else
        while (n--)
            to[n] = from[n];
}

static char *format(char *out, s32 value)
{
    char reversed[12];
    int n = 0;
    u32 rest = value < 0 ? -(u32)value : (u32)value;
    if (value < 0)
        *out++ = '-';
    do
        reversed[n++] = (char)('0' + rest % 10);
    while (rest /= 10);
    while (n)
        *out++ = reversed[--n];
    *out = 0;
    return out;
}

static s32 parse(const char *s)
{
    int negative = *s == '-';
    u32 value = 0;
    for (s += negative; *s >= '0' && *s <= '9'; s++)
        value = value * 10 + (u32)(*s - '0');
    return (s32)(negative ? -value : value);
}

static u32 count_words(u32 digest)
{
    static struct {
        char word[16];
        u32 seen;
    } slots[64];
    memset(slots, 0, sizeof slots);
    for (const char *s = text; *s;) {
        char word[16];
        u32 n = 0, h = 17;
        while (*s && !(*s >= 'a' && *s <= 'z'))
            s++;
        for (; *s >= 'a' && *s <= 'z'; s++)
            if (n < 15) {
                word[n++] = *s;
                h = h * 31 + (u8)*s;
            }
        if (!n)
            break;
        word[n] = 0;
        for (h %= 64; slots[h].seen && compare(slots[h].word, word); h = (h + 1) % 64)
            ;
        memcpy(slots[h].word, word, n + 1);
        slots[h].seen++;
    }
    for (u32 i = 0; i < 64; i++)
        digest = mix(digest, slots[i].seen << 8 | (u8)slots[i].word[0]);
    return digest;
}

PROGRAM(strings)
{
    static char buffer[1024], packed[2048];
    u32 digest = 0, state = 9;
    for (u32 i = 0; i < 16; i++) {
        memset(buffer, 'x', sizeof buffer);
        memcpy(buffer + i, text, sizeof text);
        digest = mix(digest, length(buffer + i) * 16 + i);
        move(buffer + i + (i & 7), buffer + i, sizeof text);
        digest = mix(digest, (u32)compare(buffer + i + (i & 7), text));
        move(buffer, buffer + i + (i & 7), sizeof text);
        digest = mix(digest, (u32)(find(buffer, "software answers") - buffer));
        digest = mix(digest, find(buffer, "hardware") == 0);
    }
    for (int i = 0; i < 200; i++) {
        s32 value = (s32)random32(&state) >> (i & 31);
        char *end = format(buffer, value);
        if (parse(buffer) != value)
            return 0xbad;
        digest = mix(digest, (u32)(end - buffer) ^ (u32)(u8)buffer[0]);
    }
    for (u32 i = 0; i < sizeof buffer; i++)
        buffer[i] = (char)(random32(&state) % 3 ? 'a' : 'b');
    u32 n = 0;
    for (u32 i = 0; i < sizeof buffer;) {
        u32 run = 1;
        while (i + run < sizeof buffer && run < 9 && buffer[i + run] == buffer[i])
            run++;
        packed[n++] = (char)('0' + run);
        packed[n++] = buffer[i];
        i += run;
    }
    for (u32 i = 0, at = 0; i < n; i += 2)
        for (int run = packed[i] - '0'; run; run--)
            if (buffer[at++] != packed[i + 1])
                return 0xbad;
    return count_words(mix(digest, n));
}
