# SPDX-License-Identifier: BSD-3-Clause
"""Objects in a notebook: the picture, and a table of parameters."""

from __future__ import annotations

from html import escape

from simobjects.framework.describe import describe
from simobjects.framework.expect import value_text
from simobjects.framework.node import Part
from simobjects.framework.tree import walk

from .svg import to_svg


def object_html(obj: Part) -> str:
    """The picture of an object with what it owns, and the parameters of all of it.

    Args:
        obj: any object of a machine, as a notebook asks for it by `_repr_html_`.

    Returns:
        An HTML fragment without scripts; texts of the user's are escaped.
    """
    rows = [row for item in walk(obj) for row in _rows(item)]
    heads = "".join(f"<th style='text-align:left'>{head}</th>" for head in ("parameter", "value", "type", "meaning"))
    return f"<div>{to_svg(obj)}<table><tr>{heads}</tr>{''.join(rows)}</table></div>"


def _rows(obj: Part) -> list[str]:
    fields = type(obj).model_fields
    rows = []
    for info in describe(type(obj)).params:
        value = value_text(fields[info.name], vars(obj)[info.name]) if info.name in vars(obj) else "missing"
        cells = (f"{obj.path}.{info.name}", value, info.type, info.description)
        rows.append("<tr>" + "".join(f"<td style='text-align:left'>{escape(cell)}</td>" for cell in cells) + "</tr>")
    return rows
