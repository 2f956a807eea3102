/* SPDX-License-Identifier: BSD-3-Clause */
#include "board.h"

void print(const char *text)
{
    while (*text)
        put(*text++);
}

void print_number(word value)
{
    char digits[10];
    int used = 0;

    do
        digits[used++] = '0' + value % 10;
    while (value /= 10);
    while (used)
        put(digits[--used]);
}
