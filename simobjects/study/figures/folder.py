# SPDX-License-Identifier: BSD-3-Clause
"""What figures are drawn from, as the folder of a sweep has it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from simobjects.base.errors import InputError

from ..gather import outcomes, statistics_of
from ..plan import read_plan
from ..table import rows_of
from .names import Catalogue
from .swept import Swept, Table


def read_sweep(folder: Path) -> Swept:
    """The points of a sweep's folder that have finished, also while others run.

    Raises:
        InputError: it is no such folder, or no point has finished.
        StoreError: a file is not as its run wrote it.
    """
    kept = read_plan(folder)
    finished = [(point, result) for point, result in outcomes(kept.sweep, kept.sweep.tasks()) if result.run]
    if not finished:
        raise InputError("no point of this sweep has finished", where=folder, fix="run the sweep again")

    def tables() -> Iterator[Table]:
        for point, result in finished:
            yield point.values, rows_of(statistics_of(kept.sweep, result).decode())

    return Swept(folder.resolve().name, kept.sweep.space.axes, tables, Catalogue(kept.statistics))
