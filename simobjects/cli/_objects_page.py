# SPDX-License-Identifier: BSD-3-Clause
"""All SimObjects as a page of Markdown: docs/objects.md, which a test compares with the classes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from simobjects.base.text import markdown
from simobjects.framework import ObjectInfo
from simobjects.framework.describe import LinkInfo, ParamInfo

COMMAND = "simobjects objects --markdown"
_PREFACE = f"""\
<!-- SPDX-License-Identifier: BSD-3-Clause -->
<!-- Made by `{COMMAND}` from the classes; change those, not this page. -->
# The objects

What there is to build machines from: parameters with their types, defaults and limits, children, references, ports,
statistics and the checks that every snapshot makes.
"""


def page(infos: Sequence[ObjectInfo]) -> str:
    """The page, one section for each class.

    Args:
        infos: of the classes, in the order of the page.

    Returns:
        Markdown: a list of links, then tables. What a class has not has no table.
    """
    links = "".join(f"- [{info.name}](#{info.name.lower()}): {info.description}\n" for info in infos)
    return "\n".join([_PREFACE, links, *(_section(info) for info in infos)])


def _section(info: ObjectInfo) -> str:
    parts = [f"## {info.name}\n{info.description} (`{info.module}`)\n"]
    parts += _table(
        ("parameter", "type", "default", "limits", ""),
        (
            (f"`{p.name}`", p.type, "required" if p.default is None else f"`{p.default}`", _limits(p), p.description)
            for p in info.params
        ),
    )
    for title, links in (("child", info.children), ("reference", info.references)):
        parts += _table(
            (title, "class", "how many", ""),
            ((f"`{link.name}`", link.type, _number(link), link.description) for link in links),
        )
    parts += _table(
        ("port", "role", "protocol", "connections", ""),
        (
            (f"`{p.name}`", p.role, p.protocol, ("any" if p.many else "one") + ", required" * p.required, p.description)
            for p in info.ports
        ),
    )
    parts += _table(
        ("statistic", "kind", "unit", ""),
        (
            (f"`{s.name}`", s.kind, s.unit, s.description + (f": {', '.join(s.labels)}" if s.labels else ""))
            for s in info.stats
        ),
    )
    if info.checks:
        parts.append("Checked at every snapshot: " + "; ".join(info.checks) + ".\n")
    if info.debug_kinds:
        parts.append("Kinds for `--debug`: " + ", ".join(f"`{kind}`" for kind in info.debug_kinds) + ".\n")
    if info.cites:
        parts.append("Cites: " + "; ".join(info.cites) + ".\n")
    return "\n".join(parts)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, or nothing where there is no row."""
    lines = list(rows)
    return [markdown(heads, lines, left=range(len(heads))) + "\n"] if lines else []


def _limits(parameter: ParamInfo) -> str:
    return parameter.bounds or ", ".join(f"`{choice}`" for choice in parameter.choices)


def _number(link: LinkInfo) -> str:
    """How many objects a child or a reference takes."""
    if link.shape in ("list", "dict"):
        return "any number, by name" if link.shape == "dict" else "any number"
    if link.choices:
        return f"one of {', '.join(f'`{choice}`' for choice in link.choices)}; default `{link.default}`"
    return "one or none" if link.optional else "one"
