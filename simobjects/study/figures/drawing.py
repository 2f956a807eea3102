# SPDX-License-Identifier: BSD-3-Clause
"""From the results of a sweep to a figure."""

from __future__ import annotations

from dataclasses import dataclass

from .bars import stacked
from .curves import curves
from .figure import Figure
from .maps import crossing_texts, even, heat
from .page import Page
from .plan import Key, Plan, collected, planned
from .swept import Swept

_DRAWN = {"curves": curves, "stack": stacked, "share": stacked, "difference": stacked, "heat": heat, "even": even}


@dataclass(frozen=True)
class Drawn:
    """A figure: the bytes of the file, and what there is to say of it in words."""

    content: bytes
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Prepared:
    """A figure before it is drawn: its plan, the values of its points, its title."""

    plan: Plan
    found: dict[Key, dict[str, float]]
    title: str

    def drawn(self, page: Page | None = None) -> Drawn:
        """The picture. Raises PlotError where nothing is left to draw."""
        plan, found = self.plan, self.found
        content = _DRAWN[plan.figure.kind](plan, found, page or Page(), self.title)
        remarks = tuple(crossing_texts(plan, found)) if plan.figure.kind == "even" and plan.y is None else ()
        return Drawn(content, remarks)


def prepared(results: Swept, figure: Figure | None = None, window: str | None = None) -> Prepared:
    """A figure of a sweep: by default misses over the first parameter that takes several numbers.

    Raises:
        PlotError: it asks for what there is not; the message says what there is.
    """
    plan = planned(figure or Figure(), results.axes, results.catalogue)
    found, chosen = collected(plan, results, window)
    fixed = ", ".join(f"{plan.names[path]} {value}" for path, value in plan.fixed.items())
    title = ", ".join(part for part in (results.name, fixed, "" if chosen == "total" else f"window {chosen}") if part)
    return Prepared(plan, found, title)


def draw(results: Swept, figure: Figure | None = None, page: Page | None = None, window: str | None = None) -> Drawn:
    """`prepared` and drawn. Raises as it does."""
    return prepared(results, figure, window).drawn(page)
