# SPDX-License-Identifier: BSD-3-Clause
"""HTML by calls: what is text is escaped, what is made by `tag` is not escaped again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from simobjects.study.sheet import Cell, digits_of

DIGITS = 4
_EMPTY = frozenset(("br", "hr", "img", "input", "meta", "link", "col"))


class Html(str):
    """Text that is HTML already, and is not escaped again. Whoever makes one says that it is safe."""

    __slots__ = ()


Content = str | None | Iterable["Content"]
"""What stands in an element: text, HTML, several of them; None is nothing."""


def tag(name: str, /, *content: Content, **attributes: str | int | bool | None) -> Html:
    """An element: `tag("p", "a < b", class_="x")` is `<p class="x">a &lt; b</p>`.

    Args:
        name: of the element.
        content: text is escaped, `Html` is taken as it is. An element that is always empty (`img`, `meta`) takes none.
        attributes: values are escaped. `class_` is `class`, `data_x` is `data-x`; True is an attribute without a value,
            False and None are none at all.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _EMPTY:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(content)}</{name}>")


def joined(content: Content) -> Html:
    """Several parts one after the other; text is escaped, `Html` is not, None is nothing."""
    if content is None:
        return Html("")
    if isinstance(content, Html):
        return content
    if isinstance(content, str):
        return Html(escape(content, quote=False))
    return Html("".join(joined(part) for part in content))


def table(heads: Sequence[Content], rows: Iterable[Sequence[Content]], left: int = 1, label: str = "") -> Html:
    """A table that scrolls by itself.

    End tags that HTML does not need are left out: a report has many cells.

    Args:
        heads: of the columns.
        rows: of cells, as many as heads.
        left: how many columns from the left have text; the others have numbers.
        label: what a screen reader says of it.
    """
    head = "".join(f"<th scope=col>{joined(cell)}" for cell in heads)
    body = "\n".join("<tr>" + "".join(f"<td>{joined(cell)}" for cell in row) for row in rows)
    made = Html(f'<table class="text{left}"><thead><tr>{head}</thead><tbody>\n{body}\n</tbody></table>')
    return tag("div", made, class_="scroll", tabindex="0", role="region", aria_label=label or "table")


def written(cell: Cell) -> str:
    """A value as a report shows it: whole numbers exactly, others in four digits, nothing for None."""
    if cell is None or isinstance(cell, str):
        return cell or ""
    return digits_of(int(cell) if float(cell).is_integer() else cell, DIGITS)


def _attribute(key: str, value: str | int | bool | None) -> str:
    """One attribute with a space before it, or nothing."""
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value), quote=True)}"'
