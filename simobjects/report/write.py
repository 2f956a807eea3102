# SPDX-License-Identifier: BSD-3-Clause
"""From a sweep's folder to the report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simobjects.base.files import write_whole

from .content import collect
from .page import page
from .wanted import Wanted

LIMIT = 1_500_000
"""Bytes of a report: what goes into an e-mail."""


def report(
    folder: Path | str, file: Path | str | None = None, wanted: Wanted | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Path:  # fmt: skip
    """Write the report of a sweep, and return its path.

    The file has 1.5 MB at most: of a table that is too long the first rows are shown.

    Args:
        folder: of the sweep.
        file: where to; None: `report.html` in the folder.
        wanted: what is to be in it; None: what the sweep allows.
        say: hears how far it is.

    Raises:
        InputError: it is no folder of a sweep.
        PlotError: a figure, a statistic or a comparison that was asked for is not there.
        StoreError: a file is not as its run wrote it.
        OSError: the file cannot be written.
    """
    content = collect(Path(folder), wanted or Wanted(), say)
    place = Path(file) if file is not None else Path(folder) / "report.html"
    rows: int | None = None
    text = page(content).encode()
    while len(text) > LIMIT and rows != 0 and content.table is not None:
        rows = (len(content.table.rows) if rows is None else rows) // 2
        text = page(content, rows).encode()
    place.parent.mkdir(parents=True, exist_ok=True)
    write_whole(place, text)
    return place
