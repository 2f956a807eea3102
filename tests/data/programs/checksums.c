/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-32 bit by bit and by table, CRC-16, Adler-32, Fletcher and FNV sums, over generated data. */
#include "program.h"

static u8 data[8192];
static u32 table[256];

static u32 crc_step(u32 crc, u8 byte)
{
    crc ^= byte;
    for (int i = 0; i < 8; i++)
        crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    return crc;
}

static u32 crc_by_bit(const u8 *p, u32 n)
{
    u32 crc = ~0u;
    while (n--)
        crc = crc_step(crc, *p++);
    return ~crc;
}

static u32 crc_by_table(const u8 *p, u32 n)
{
    u32 crc = ~0u;
    while (n--)
        crc = table[(crc ^ *p++) & 255] ^ crc >> 8;
    return ~crc;
}

static u16 crc16(const u8 *p, u32 n)
{
    u16 crc = 0xffff;
    while (n--) {
        crc ^= (u16)(*p++ << 8);
        for (int i = 0; i < 8; i++)
            crc = (u16)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

static u32 adler(const u8 *p, u32 n)
{
    u32 a = 1, b = 0;
    while (n--) {
        a = (a + *p++) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

static u64 fnv(const u8 *p, u32 n)
{
    u64 h = 0xcbf29ce484222325ULL;
    while (n--)
        h = (h ^ *p++) * 0x100000001b3ULL;
    return h;
}

PROGRAM(checksums)
{
    u32 state = 77, digest = 0;
    for (u32 i = 0; i < sizeof data; i++)
        data[i] = (u8)(random32(&state) >> 11);
    for (u32 i = 0; i < 256; i++)
        table[i] = crc_step(i, 0);
    if (crc_by_table((const u8 *)"123456789", 9) != 0xcbf43926 || crc16((const u8 *)"123456789", 9) != 0x29b1)
        return 0xbad;
    for (u32 from = 0; from < 8; from++) {
        u32 n = sizeof data - from * 700;
        u32 crc = crc_by_table(data + from, n);
        if (from < 2 && crc != crc_by_bit(data + from, n))
            return 0xbad;
        digest = mix(digest, crc);
        digest = mix(digest, crc16(data + from, n / 2));
        digest = mix(digest, adler(data + from, n));
        u64 h = fnv(data + from, n);
        digest = mix(digest, (u32)h ^ (u32)(h >> 32));
    }
    return digest;
}
