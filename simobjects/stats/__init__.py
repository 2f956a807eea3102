# SPDX-License-Identifier: BSD-3-Clause
"""Statistics: declared kinds, snapshots, windows, checks and writers. Knows nothing of what is counted."""

from .counts import Counts
from .declare import conserve, counter, formula, histogram, level, vector
from .errors import StatsError
from .exact import Exact, Number
from .kinds import Conservation, Counter, Formula, Histogram, Level, LevelVector, Stat, Vector, bin_label
from .snapshot import Row, Snapshot, Values, Window
from .source import Source
from .table import number_text
from .tree import TOTAL, StatsTree
from .writers import write_csv, write_json, write_text

__all__ = [
    "TOTAL",
    "Conservation",
    "Counter",
    "Counts",
    "Exact",
    "Formula",
    "Histogram",
    "Level",
    "LevelVector",
    "Number",
    "Row",
    "Snapshot",
    "Source",
    "Stat",
    "StatsError",
    "StatsTree",
    "Values",
    "Vector",
    "Window",
    "bin_label",
    "conserve",
    "counter",
    "formula",
    "histogram",
    "level",
    "number_text",
    "vector",
    "write_csv",
    "write_json",
    "write_text",
]
