# SPDX-License-Identifier: BSD-3-Clause
"""Quantiles of Student's t distribution, for intervals of means. No library that is here anyway has them."""

from __future__ import annotations

import math

_STEPS = 2000


def quantile(share: float, freedom: int) -> float:
    """The t below which `share` (0.5 to below 1) of the distribution with so many degrees of freedom lies.

    To seven digits: bisection over the distribution, which is an integral of (cos a)^(freedom - 1) over a, with
    t = sqrt(freedom) tan a. ValueError outside of that.
    """
    if not 0.5 <= share < 1 or freedom < 1:
        raise ValueError(f"quantile({share}, {freedom}): expected a share from 0.5 to below 1, freedom of at least 1")
    low, high = 0.0, math.pi / 2
    whole = 2 * _area(math.pi / 2, freedom)
    for _ in range(60):
        middle = (low + high) / 2
        below = 0.5 + _area(middle, freedom) / whole
        low, high = (middle, high) if below < share else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _area(angle: float, freedom: int) -> float:
    """The integral from 0 to `angle`, by Simpson's rule."""
    step = angle / _STEPS
    inner = math.fsum((4 if k % 2 else 2) * math.cos(k * step) ** (freedom - 1) for k in range(1, _STEPS))
    return step / 3 * (1 + inner + math.cos(angle) ** (freedom - 1))
