# SPDX-License-Identifier: BSD-3-Clause
"""Simulators of others and one in plain Python, on look-ups that are expanded into a list beforehand."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable

Simulate = Callable[[list[int], int], int]
"""Misses of pages, or of addresses, with so many slots."""


def python_set(pages: list[int], slots: int) -> int:
    """Misses of round robin over `slots` with a set and a ring."""
    resident: set[int] = set()
    ring: list[int | None] = [None] * slots
    following = misses = 0
    for page in pages:
        if page not in resident:
            misses += 1
            old = ring[following]
            if old is not None:
                resident.discard(old)
            resident.add(page)
            ring[following] = page
            following = following + 1 if following + 1 < slots else 0
    return misses


def python_dict(pages: list[int], slots: int) -> int:
    """The same with a dict from pages to slots and counts by page, as one writes it to look at the result."""
    slot_of: dict[int, int] = {}
    page_in: dict[int, int] = {}
    missed: dict[int, int] = {}
    following = 0
    for page in pages:
        if page in slot_of:
            continue
        missed[page] = missed.get(page, 0) + 1
        old = page_in.get(following)
        if old is not None:
            del slot_of[old]
        slot_of[page] = following
        page_in[following] = page
        following = (following + 1) % slots
    return sum(missed.values())


def has_pycachesim() -> bool:
    """Whether `pip install pycachesim` was done; it is no requirement of the project."""
    return importlib.util.find_spec("cachesim") is not None


def pycachesim(addresses: list[int], slots: int) -> int:
    """Misses of pycachesim: one set of `slots` lines of 4 KiB, FIFO; all addresses in one call."""
    cachesim = importlib.import_module("cachesim")
    memory = cachesim.MainMemory()
    cache = cachesim.Cache("TLB", 1, slots, 4096, "FIFO")
    memory.load_to(cache)
    memory.store_from(cache)
    simulator = cachesim.CacheSimulator(cache, memory)
    simulator.load(addresses)
    return int(cache.stats()["MISS_count"])
