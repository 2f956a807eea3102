# SPDX-License-Identifier: BSD-3-Clause
"""The statistics as an HTML table."""

from __future__ import annotations

from html import escape

from .snapshot import Values
from .table import number_text


def stats_html(values: Values) -> str:
    """A table of every value."""
    rows = []
    for row in values.rows():
        name = f"{row.path}.{row.stat}" + (f"[{row.index}]" if row.index else "")
        rows.append(
            f"<tr><td style='text-align:left'>{escape(name)}</td>"
            f"<td style='text-align:right'>{number_text(row.value)}</td>"
            f"<td style='text-align:left'>{escape(row.unit)}</td></tr>"
        )
    head = "<tr><th style='text-align:left'>statistic</th><th>value</th><th>unit</th></tr>"
    return f"<table>{head}{''.join(rows)}</table>"
