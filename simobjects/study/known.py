# SPDX-License-Identifier: BSD-3-Clause
"""What is known of a statistic before anything runs, and as `study.json` keeps it."""

from __future__ import annotations

from typing import NamedTuple

from simobjects.stats import StatsTree


class Known(NamedTuple):
    """A statistic: unit, description, and the labels of its values when it has several. JSON has it as a list."""

    unit: str
    description: str
    labels: tuple[str, ...] = ()

    @classmethod
    def parse(cls, facts: object) -> Known:
        """That of a list of these. Raises ValueError for anything else."""
        if not isinstance(facts, (list, tuple)) or len(facts) != 3 or not isinstance(facts[2], (list, tuple)):
            raise ValueError("no facts of a statistic")
        return cls(str(facts[0]), str(facts[1]), tuple(str(label) for label in facts[2]))


def known_of(stats: StatsTree) -> dict[str, Known]:
    """Those of a machine that is built, by `path.stat`."""
    made, start = {}, stats.start
    for source in start.sources:
        for stat in source.stats.values():
            labels = tuple(index for index, _ in start.shown(source, stat))
            made[f"{source.path}.{stat.name}"] = Known(stat.unit, stat.description, () if labels == ("",) else labels)
    return made
