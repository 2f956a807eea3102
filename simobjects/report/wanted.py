# SPDX-License-Identifier: BSD-3-Clause
"""What a report is to show, where its reader has a say."""

from __future__ import annotations

from dataclasses import dataclass

from simobjects.study.execute import Limits

REFERENCES = 100_000
"""A run by which a conclusion is tested ends here at the latest, unless said otherwise."""
MOST = 12
"""Comparisons that are tested, unless said otherwise."""


@dataclass(frozen=True)
class Wanted:
    """What a reader asks for. What is empty is chosen by the axes and the machine of the sweep.

    Attributes:
        question: the title.
        stats: columns of the table, as `export` takes them.
        figures: as `plot` takes them: `curves`, `heat:STAT`.
        compare: as `--compare` takes it: `scheme=e3b,e4`.
        metric: what comparisons are about; less is better.
        window: by its label; None: roi if there is one, else total.
        sensitivity: whether comparisons are tested.
        references: how long the runs of a test are; None: 100 000, or as the sweep's own where those are shorter.
        most: comparisons that are tested, those nearest to each other.
        jobs: processes at a time.
    """

    question: str = ""
    stats: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    compare: tuple[str, ...] = ()
    metric: str = ""
    window: str | None = None
    sensitivity: bool = True
    references: int | None = None
    most: int = MOST
    jobs: int = 1

    def limits(self, own: Limits) -> Limits:
        """Where these runs end: as the sweep's own, if those are not longer."""
        if self.references is not None:
            return Limits(self.references)
        if own.references is not None and own.references <= REFERENCES:
            return Limits(own.references, own.cycles)
        return Limits(REFERENCES, own.cycles)
