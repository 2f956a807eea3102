# SPDX-License-Identifier: BSD-3-Clause
"""Where Linux keeps what in the hardware TLB: pinned entries on top, replaceable slots below."""

from __future__ import annotations

from simobjects.cext.core.tlb import TLB

PINNED_BYTES = 256 << 20
KERNEL_BASE = 0xC000_0000
_MOST_LOWMEM = 768 << 20  # what fits between KERNEL_BASE and the vmalloc area


def pinned_slots(memory: int, early_debug: bool) -> int:
    """Pinned slots on a host with `memory` bytes: one for each 256 MiB of lowmem, one for the early debug UART."""
    return max(1, -(-min(memory, _MOST_LOWMEM) // PINNED_BYTES)) + early_debug


def hardware_pins(entries: int, memory: int, early_debug: bool) -> list[tuple[int, int, int, int]]:
    """(slot, word 0, word 1, word 2) of the pinned entries of a TLB, from the top slot down."""
    slot = entries - 1
    pins = [(slot, KERNEL_BASE | 0x290, 0, 0x107)]
    if early_debug:
        slot -= 1
        pins.append((slot, 0xF000_0000 | 0x330, 0xEF60_0000, 0x507))
    for number in range(1, pinned_slots(memory, False)):
        slot -= 1
        base = number * PINNED_BYTES
        pins.append((slot, (KERNEL_BASE + base) & 0xF000_0000 | 0x290, base, 0x107))
    return pins


def pin_host(tlb: TLB, pins: list[tuple[int, int, int, int]]) -> None:
    """Write the pinned entries, as the kernel does at boot: before time and counters start."""
    for slot, word0, word1, word2 in pins:
        tlb.write_all(slot, word0, word1, word2, 0)
    tlb.forget_counts()
