# SPDX-License-Identifier: BSD-3-Clause
"""Where everything is in a differential image; runtime.S has the same numbers.

Physical memory (256 MiB): the runtime's program and tables from 0, the data window at 1 MiB, the device tree that
QEMU writes at 24 MiB, the sequences' code at 48 MiB, the log from 64 MiB on.
"""

from __future__ import annotations

from simobjects.isa import arch

MEMORY_MIB = 256
PARAMETERS = 0x200
TLB_ROWS = 0x4000
SETS = 0x8000
TABLE = 0x20000
DATA = 0x0010_0000
DATA_BYTES = 0x2000  # two physical pages
DEVICE_TREE = 0x0180_0000
DEVICE_TREE_BYTES = 0x10000
CODE = 0x0300_0000
LOG = 0x0400_0000
LOG_END = 0x1000_0000 - 0x20000  # room for one more record with its window

# The sequences' own view, address space 1.
CODE_EA = 0x0100_0000  # 16 MiB, not at its physical address
END_EA = CODE_EA  # the first word of the code area is the sc that ends a sequence
FIRST_EA = CODE_EA + 0x20
LOW = 0x0000_0000  # below 32 KiB: reached with RA = 0
TOP = 0xFFFF_F000  # reached with RA = 0 and a negative displacement; LOW follows it
PAIR = 0x1000_0000  # two pages, the second is the one that lies lower in memory
READ_ONLY = 0x1000_2000
WRITE_ONLY = 0x1000_3000
SUPERVISOR = 0x1000_4000
USER = 0x1000_5000
NOTHING = 0x1000_6000  # mapped, no permission
UNMAPPED = 0x1000_7000
MEDIUM = 0x2000_0000  # 16 KiB
TAGGED = 0x3000_0000  # TID 5
SPARE = 0x6000_0000  # for entries that sequences make themselves, slots 32 to 47
SPARE_SLOT = 32
SPARE_SLOTS = 16

V, TS = arch.W0.VALID, arch.W0.TS
SIZES = {"4K": 1, "16K": 2, "64K": 3, "256K": 4, "1M": 5, "16M": 7, "256M": 9}
UX, UW, UR, SX, SW, SR = arch.W2.UX, arch.W2.UW, arch.W2.UR, arch.W2.SX, arch.W2.SW, arch.W2.SR


def entry(ea: int, size: str, physical: int, permissions: int, tid: int = 0) -> tuple[int, int, int, int]:
    """The three words and the TID of an entry in address space 1."""
    return (ea | V | TS | SIZES[size] << 4, physical, permissions, tid)


READ_WRITE = UW | UR | SW | SR
MAP = (
    entry(CODE_EA, "16M", CODE, UX | SX),
    entry(LOW, "4K", DATA, READ_WRITE),
    entry(TOP, "4K", DATA + 0x1000, READ_WRITE),
    entry(PAIR, "4K", DATA + 0x1000, READ_WRITE),
    entry(PAIR + 0x1000, "4K", DATA, READ_WRITE),
    entry(READ_ONLY, "4K", DATA, UR | SR),
    entry(WRITE_ONLY, "4K", DATA + 0x1000, UW | SW),
    entry(SUPERVISOR, "4K", DATA, SW | SR),
    entry(USER, "4K", DATA + 0x1000, UW | UR),
    entry(NOTHING, "4K", DATA, 0),
    entry(MEDIUM, "16K", DATA, READ_WRITE),
    entry(TAGGED, "4K", DATA, READ_WRITE, 5),
)
