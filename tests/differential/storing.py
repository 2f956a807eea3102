# SPDX-License-Identifier: BSD-3-Clause
"""Generators of loads, stores, multiples, strings, reservations and user-mode cache operations."""

from __future__ import annotations

from tests.differential import encode, layout
from tests.differential.computing import XER, arithmetic, immediate
from tests.differential.encode import d_form, load_constant, spr_form, x_form
from tests.differential.writer import BASES, Writer


def displacement(w: Writer) -> int:
    kind = w.rng.random()
    if kind < 0.6:
        return w.rng.randrange(-16, 16) * 4
    return w.rng.randrange(-64, 64)


def displaced(w: Writer) -> None:
    if w.rng.random() < 0.55:
        w.add([d_form(w.rng.choice(list(encode.LOAD.values())), w.target(), w.base(), displacement(w))])
    else:
        w.add([d_form(w.rng.choice(list(encode.STORE.values())), w.source(), w.base(), displacement(w))])


def anywhere(w: Writer) -> None:
    """RA = 0, so that the displacement is the address: the first and the last 32 KiB."""
    offset = w.rng.choice((w.rng.randrange(0, 0xFF0), -w.rng.randrange(1, 0xFF0), w.rng.getrandbits(16)))
    primary = w.rng.choice((*encode.LOAD.values(), *encode.STORE.values()))
    w.add([d_form(primary, w.target(), 0, offset)])


def indexed(w: Writer) -> None:
    if w.rng.random() < 0.55:
        xo, data = w.rng.choice(list(encode.LOAD_INDEXED.values())), w.target()
    else:
        xo, data = w.rng.choice(list(encode.STORE_INDEXED.values())), w.source()
    if w.rng.random() < 0.5:
        w.add([x_form(31, xo, data, 0, w.base())])
        return
    index, base = w.target(), w.base()
    words = [d_form(14, index, 0, displacement(w))]
    w.add([*words, x_form(31, xo, data, *((index, base) if w.rng.random() < 0.5 and index else (base, index)))])


def updating(w: Writer) -> None:
    """Update forms; a load's target is never its base."""
    base = w.rng.choice(BASES)
    data = w.target()
    while data == base:
        data = w.target()
    load = w.rng.random() < 0.5
    if w.rng.random() < 0.5:
        table = encode.LOAD_UPDATE if load else encode.STORE_UPDATE
        offset = w.rng.choice((-8, -4, 4, 8, w.rng.randrange(-9, 10)))
        w.add([d_form(w.rng.choice(list(table.values())), data, base, offset)])
        return
    table = encode.LOAD_UPDATE_INDEXED if load else encode.STORE_UPDATE_INDEXED
    index = w.target()
    while index == base:
        index = w.target()
    words = [d_form(14, index, 0, w.rng.randrange(-12, 13))]
    w.add([*words, x_form(31, w.rng.choice(list(table.values())), data, base, index)])


def multiple(w: Writer) -> None:
    base = w.base()
    if w.rng.random() < 0.4:
        w.add([d_form(47, w.source(), base, displacement(w))])
        return
    first = w.rng.randrange(max(base + 1, 22), 32) if base < 31 else 31
    if first > base:  # RA among the loaded registers is an invalid form
        w.add([d_form(46, first, base, displacement(w))])


def _registers(first: int, count: int) -> set[int]:
    return {(first + i) % 32 for i in range((count + 3) // 4)}


def string(w: Writer) -> None:
    base, count = w.base(), w.rng.randrange(32)
    if w.rng.random() < 0.5:
        w.add([x_form(31, 725, w.source(), base, count)])
        return
    for _ in range(20):
        first = w.target()
        loaded = _registers(first, count or 32)
        if base not in loaded and not loaded & set(BASES):
            w.add([x_form(31, 597, first, base, count)])
            return


def string_indexed(w: Writer) -> None:
    """The count comes from XER, which is loaded before."""
    scratch = w.rng.randrange(0, 14)
    count = w.rng.choice((w.rng.randrange(0, 33), w.rng.randrange(0, 80)))
    base = w.rng.choice(BASES)
    flags = w.rng.choice((0, 0, w.rng.getrandbits(3) << 29))
    prefix = [*load_constant(scratch, flags | count), spr_form(467, scratch, XER)]
    if w.rng.random() < 0.5:
        w.add([*prefix, x_form(31, 661, w.source(), 0, base)])
        return
    for _ in range(20):
        first = w.target()
        loaded = _registers(first, count)
        if count and base not in loaded and 0 not in loaded and not loaded & set(BASES):
            w.add([*prefix, x_form(31, 533, first, 0, base)])
            return


def reservation(w: Writer) -> None:
    """lwarx and stwcx. of one aligned word that is there, sometimes the second alone."""
    address = w.target()
    where = w.rng.choice((layout.PAIR, layout.PAIR + 0x1000, layout.MEDIUM)) + w.rng.randrange(0, 0x1000, 4)
    loaded = w.target()
    while loaded == address:
        loaded = w.target()
    w.add(load_constant(address, where))
    words = w.groups[-1].words
    if w.rng.random() < 0.8:
        words.append(x_form(31, 20, loaded, 0, address))
    for _ in range(w.rng.randrange(3)):
        w.rng.choice((immediate, arithmetic))(w)
        between = w.groups.pop().words
        if _writes(between[0]) != address:
            words += between
    words.append(x_form(31, 150, w.source(), 0, address, 1))


def loose_reservation(w: Writer) -> None:
    """lwarx or stwcx. anywhere: one bit, no address, unaligned, across interrupts, faults without a reservation too."""
    if w.rng.random() < 0.5:
        w.add([x_form(31, 20, w.target(), 0, w.base())])
    else:
        w.add([x_form(31, 150, w.source(), 0, w.base(), 1)])


def _writes(word: int) -> int:
    """The register that an instruction of `immediate` or `arithmetic` writes."""
    return word >> 16 & 31 if 24 <= word >> 26 <= 29 else word >> 21 & 31


def cache(w: Writer) -> None:
    if w.rng.random() < 0.6:
        w.add([x_form(31, w.rng.choice(list(encode.CACHE.values())), 0, 0, w.base())])
    else:  # these never fault, wherever the address is
        xo = w.rng.choice(list(encode.CACHE_HINT.values()))
        w.add([x_form(31, xo, 0, w.source(), w.source())])
