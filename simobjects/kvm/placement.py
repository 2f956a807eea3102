# SPDX-License-Identifier: BSD-3-Clause
"""Where Linux keeps what in the hardware TLB: pinned entries on top, replaceable slots below."""

from __future__ import annotations

from simobjects.cext.core.tlb import TLB
from simobjects.isa.arch import ADDRESS, SUPERVISOR, W2, entry

PINNED_BYTES = 256 << 20
KERNEL_BASE = ADDRESS.KERNEL
EARLY_DEBUG = 0xF000_0000
"""Where the early debug UART is mapped, with the address space that KVM's own entries have, and 64 KiB."""
LOWMEM = W2.G | SUPERVISOR
_MOST_LOWMEM = 768 << 20  # what fits between KERNEL_BASE and the vmalloc area


def pinned_slots(memory: int, early_debug: bool) -> int:
    """Pinned slots on a host: one for each 256 MiB of lowmem, one for the early debug UART.

    Args:
        memory: bytes of the host's RAM; what lies above 768 MiB is not lowmem.
        early_debug: whether the kernel was configured with that UART.
    """
    return max(1, -(-min(memory, _MOST_LOWMEM) // PINNED_BYTES)) + early_debug


def hardware_pins(entries: int, memory: int, early_debug: bool) -> list[tuple[int, int, int, int]]:
    """(slot, word 0, word 1, word 2) of the pinned entries of a TLB, from the top slot down.

    Source: arch/powerpc/mm/44x_mmu.c and kernel/head_44x.S of Linux 2.6.29.

    Args:
        entries: of the TLB.
        memory: bytes of the host's RAM.
        early_debug: whether the early debug UART has its entry.
    """
    pins = [entry(KERNEL_BASE, 0, PINNED_BYTES, LOWMEM)]
    if early_debug:
        pins.append(entry(EARLY_DEBUG, ADDRESS.DEVICES, 64 << 10, W2.I | W2.G | SUPERVISOR, space=1))
    for base in range(PINNED_BYTES, pinned_slots(memory, False) * PINNED_BYTES, PINNED_BYTES):
        pins.append(entry((KERNEL_BASE + base) & 0xFFFF_FFFF, base, PINNED_BYTES, LOWMEM))
    return [(entries - 1 - place, *words) for place, words in enumerate(pins)]


def pin_host(tlb: TLB, pins: list[tuple[int, int, int, int]]) -> None:
    """Write the pinned entries, as the kernel does at boot: before time and counters start."""
    for slot, word0, word1, word2 in pins:
        tlb.write_all(slot, word0, word1, word2, 0)
    tlb.forget_counts()
