# SPDX-License-Identifier: BSD-3-Clause
"""Where the values of an axis stand, and what is written there: as the sweep was told, `16KiB` and not 16384."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..space import Axis
from .plan import number, numeric

_MOST_TICKS = 12


def positions(axis: Axis) -> dict[str, float]:
    """The place of each value: the number that it is on an even scale, its order for names."""
    if not numeric(axis):
        return {value: float(at) for at, value in enumerate(axis.values)}
    return {value: found for value in axis.values if (found := number(value)) is not None}


def geometric(values: Sequence[float]) -> bool:
    """Whether the values are better told apart on a logarithmic axis: more than two, each far above the last."""
    order = sorted(values)
    return len(order) > 2 and order[0] > 0 and all(b >= 1.5 * a for a, b in zip(order, order[1:], strict=False))


def along(panel: Any, axis: Axis, at: dict[str, float]) -> None:
    """Draw the x axis of a panel to scale."""
    from matplotlib.ticker import FixedLocator, NullLocator

    if geometric(list(at.values())):
        panel.set_xscale("log", base=2)
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_locator(FixedLocator([at[value] for value in thinned(axis.values)]))
    panel.set_xticklabels(list(thinned(axis.values)))
    turned(panel, thinned(axis.values))


def named(panel: Any, values: Sequence[str]) -> None:
    """Draw an x axis on which the values stand side by side, in their order."""
    panel.set_xticks(range(len(values)), list(values))
    panel.set_xlim(-0.6, len(values) - 0.4)
    turned(panel, values)


def turned(panel: Any, texts: Sequence[str]) -> None:
    """Turn the texts of an x axis when they would meet."""
    width = 0.66 * panel.figure.get_size_inches()[0] * 72 / columns_of(panel) / max(1, len(texts))
    if max(map(len, texts), default=0) * 0.62 * panel.xaxis.get_ticklabels()[0].get_fontsize() > width:
        for text in panel.xaxis.get_ticklabels():
            text.set(rotation=45, ha="right", rotation_mode="anchor")


def columns_of(panel: Any) -> int:
    """How many panels stand side by side."""
    spec = panel.get_subplotspec()
    return int(spec.get_gridspec().ncols) if spec else 1


def thinned(values: Sequence[str]) -> tuple[str, ...]:
    """At most so many of them as can be read."""
    step = -(-len(values) // _MOST_TICKS)
    return tuple(values[::step])
