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
    """What is empty is chosen by the axes and the machine of the sweep.

    `stats` are the columns of the table, `figures` as for `plot`, `compare` as `--between` takes it. `metric` is what
    comparisons are about; less is better. With `sensitivity` the first `most` of them are tested by runs of so many
    `references`, `jobs` at a time.
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
