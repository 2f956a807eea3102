# SPDX-License-Identifier: BSD-3-Clause
"""Random sequences over the instructions on which QEMU and a 440 agree.

What QEMU does differently (`Q` numbers of the list in docs/differential.md) is not generated: isel (Q15), unaligned or
stray reservations (Q16 to Q18), 1 KiB and little-endian entries (Q5, Q9), low EPN bits (Q3), changes of a valid entry
(Q6); divisions without a defined result; invalid forms. Where it differs in a register only, records.py masks it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.differential import computing, controlling, storing, supervising
from tests.differential.writer import LONGEST, Writer

Maker = Callable[[Writer], None]

# Weights: of a hundred groups about so many are of this kind.
COMMON: tuple[tuple[float, Maker], ...] = (
    (10, computing.immediate),
    (12, computing.arithmetic),
    (9, computing.logical),
    (5, computing.rotate),
    (5, computing.compare),
    (3, computing.condition),
    (2, computing.multiply_high),
    (2, computing.divide),
    (8, computing.multiply_accumulate),
    (1, computing.zero_byte),
    (3, computing.special_registers),
    (8, storing.displaced),
    (6, storing.indexed),
    (3, storing.updating),
    (1.5, storing.multiple),
    (1.5, storing.string),
    (1.5, storing.string_indexed),
    (1, storing.reservation),
    (1.5, storing.cache),
    (0.4, storing.anywhere),
    (6, controlling.forward),
    (2, controlling.through_register),
    (0.5, controlling.nowhere),
    (0.8, controlling.trap),
    (0.3, controlling.system_call),
    (0.15, controlling.illegal),
    (0.8, controlling.barrier),
)
PRIVILEGED: tuple[tuple[float, Maker], ...] = (
    (2, supervising.special_register),
    (1, supervising.machine_state),
    (0.8, supervising.enable),
    (0.8, supervising.return_from_interrupt),
    (1.5, supervising.entry),
    (1, supervising.search),
    (1, supervising.process),
    (0.6, supervising.cache),
)
HARDWARE: tuple[tuple[float, Maker], ...] = (
    (3, computing.select),
    (2, storing.loose_reservation),
)
USER_ONLY: tuple[tuple[float, Maker], ...] = ((1.2, supervising.refused),)
PRIVILEGED_IN_USER_MODE = 0.02  # there each of their words is an exception


def sequence(rng: random.Random, origin: int, *, user: bool, hardware: bool = False) -> list[int]:
    """Words of a sequence of at most 256 instructions that is to lie at the effective address `origin`.

    With `hardware` also of instructions that QEMU executes otherwise than a 440.
    """
    writer = Writer(rng, rng.randrange(100, LONGEST) - 40, hardware=hardware)
    scale = PRIVILEGED_IN_USER_MODE if user else 1.0
    common = COMMON + (HARDWARE if hardware else ()) + (USER_ONLY if user else ())
    makers = [maker for _, maker in common + PRIVILEGED]
    weights = [weight for weight, _ in common] + [weight * scale for weight, _ in PRIVILEGED]
    while not writer.full:
        if writer.in_loop:
            writer.loop_left -= 1
            if writer.loop_left <= 0:
                controlling.close_loop(writer)
                continue
        elif rng.random() < 0.03:
            controlling.open_loop(writer)
            continue
        rng.choices(makers, weights)[0](writer)
    if writer.in_loop:
        controlling.close_loop(writer)
    words = writer.finish(origin)
    assert len(words) <= LONGEST, len(words)
    return words
