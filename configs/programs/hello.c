/* SPDX-License-Identifier: BSD-3-Clause */
/* The shortest program: a line on the console. */
#include "board.h"

void main(void)
{
    print("Hello from a PowerPC 440\n");
}
