#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Build the example programs with Debian's gcc-powerpc-linux-gnu: configs/programs/build.sh [FOLDER FOR THE ELF FILES]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../simobjects/programs/data}
for name in hello refill echo; do
    powerpc-linux-gnu-gcc -O2 -mcpu=440 -msoft-float -ffreestanding -fno-pic -no-pie -fno-stack-protector \
        -fno-asynchronous-unwind-tables -nostdlib -static -G0 -msdata=none -Wall -Wno-main -Wl,--build-id=none \
        -Wl,--no-warn-rwx-segments -Wl,-z,noexecstack -Wl,-z,max-page-size=4096 -T "$here/link.ld" \
        -o "$out/$name.elf" "$here/start.S" "$here/print.c" "$here/$name.c"
done
