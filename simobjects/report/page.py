# SPDX-License-Identifier: BSD-3-Clause
"""The report as HTML: one file that needs nothing else, read with a mouse, a keyboard or a phone, in light or dark."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from simobjects.study.figures.names import axis_names

from .charts import Chart
from .comparing import compared_section, in_short
from .content import Content
from .markup import Html, joined, table, tag, written
from .origin import cite_section, machine_section, reproduce_section, varied_section

_ROWS_OF_CHART = 120
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'"
"""Nothing is fetched. Vega makes functions of the expressions in specifications, which are all in this file."""

_MADE = (
    "Made by simobjects. Figures that answer are drawn by Vega and Vega-Lite, copyright 2015 University of Washington "
    "Interactive Data Lab and others, under the BSD 3-Clause licence, which is in this file."
)


def page(content: Content, rows: int | None = None) -> str:
    """The whole document.

    Args:
        content: what it says.
        rows: of the table of points so many at most; None: all.

    Returns:
        HTML that fetches nothing: pictures, style, script and what draws are in it. It can be read without JavaScript,
        which adds sorting, filters and figures that answer.
    """
    sections = list(_sections(content, rows))
    name = content.kept.sweep.out.resolve().name
    menu = tag("ul", *(tag("li", tag("a", title, href=f"#{key}")) for key, title, _ in sections))
    body = joined(
        [
            tag("a", "To the content", href="#content", class_="skip"),
            tag("header", tag("p", "Study ", tag("code", name)), tag("h1", content.question or _question(content))),
            tag("nav", menu, aria_label="Sections"),
            tag("main", *(_section(key, title, inside) for key, title, inside in sections), id="content"),
            tag(
                "footer",
                tag("p", _MADE),
            ),
            tag("div", id="tip", role="status", hidden=True),
            _data(content),
            tag("script", Html(_file("page.js"))),
        ]
    )
    head = joined(
        [
            tag("meta", charset="utf-8"),
            tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            tag("title", content.question or f"Study {name}"),
            tag("style", Html(_file("style.css"))),
        ]
    )
    return f"<!doctype html>\n{tag('html', tag('head', head), tag('body', body), lang='en')}\n"


def _sections(content: Content, rows: int | None) -> Iterator[tuple[str, str, Html]]:
    """(key, title, content) of each section, in the order of the page; key is what a link to it ends with."""
    yield "short", "In short", in_short(content)
    yield "varied", "What was varied", varied_section(content)
    yield "machine", "The machine and its workload", machine_section(content)
    if content.charts:
        yield "figures", "Figures", joined([_figure(at, chart) for at, chart in enumerate(content.charts)])
    if content.groups:
        yield "comparisons", "Comparisons, and what they hang on", compared_section(content)
    if content.table is not None:
        yield "points", "All points", _points(content, rows)
    failed = _failures(content)
    yield "failures", "Failures", failed
    yield "reproduce", "How to reproduce it", reproduce_section(content)
    yield "cite", "What to cite", cite_section(content)


def _question(content: Content) -> str:
    """The title of a report whose sweep has no question, by the names of its axes."""
    names = axis_names(content.kept.sweep.space.axes)
    return f"What changes with {' and '.join(names.values())}?"


def _section(key: str, title: str, inside: Html) -> Html:
    return tag("section", tag("h2", title, id=f"{key}-head"), inside, id=key, aria_labelledby=f"{key}-head")


def _figure(at: int, chart: Chart) -> Html:
    """The picture; where there is JavaScript the page draws the same values in its place."""
    uri = f"data:image/{chart.form};base64," + base64.b64encode(chart.picture).decode()
    drawing = chart.drawing
    keys = [
        tag("button", tag("span", style=f"background:{colour}", aria_hidden="true"), name, type="button",
            aria_pressed="true", data_series=name)
        for name, colour in (drawing.series if drawing.panels else ())
    ]  # fmt: skip
    shown = drawing.rows[:_ROWS_OF_CHART]
    numbers = table(drawing.heads, [[written(cell) for cell in row] for row in shown], len(drawing.heads) - 1)
    more = len(drawing.rows) - len(shown)
    return tag(
        "figure",
        tag("figcaption", chart.title),
        tag("div", *keys, class_="keys", hidden=True, role="group", aria_label="Series to show") if keys else None,
        tag("div", class_="live", data_chart=at, hidden=True) if drawing.panels else None,
        tag("img", src=uri, alt=f"{chart.title}; the numbers are in the table below", class_="still"),
        *(tag("p", remark) for remark in chart.remarks),
        tag(
            "details",
            tag("summary", "The numbers"),
            numbers,
            tag("p", f"and {more} more, which sweep.csv has") if more else None,
        ),
    )


def _points(content: Content, rows: int | None) -> Html:
    """The table that the page sorts and filters."""
    found = content.table
    assert found is not None
    every = found.rows if rows is None else found.rows[:rows]
    heads = [_sorter(column.title, column.name) for column in found.columns]
    heads.append(_sorter("run", "the folder of its run"))
    body = []
    for row in every:
        run = content.runs.get(tuple(str(cell) for cell in row[: found.parameters]), "")
        body.append([*(written(cell) for cell in row), tag("code", run.partition("-")[0])])
    menus = []
    for place, column in enumerate(found.columns[: found.parameters]):
        values = dict.fromkeys(str(row[place]) for row in every)
        if 1 < len(values) <= 40:
            options = [tag("option", "all", value=""), *(tag("option", value) for value in values)]
            menus.append(tag("label", f"{column.head} ", tag("select", *options, data_column=place)))
    left = found.rows[len(every) :]
    return joined(
        [
            tag(
                "form",
                tag("label", "Rows with ", tag("input", type="search", placeholder="words, such as e4 64")),
                *menus,
                tag("output", f"{len(every)} points", aria_live="polite"),
                class_="filter",
                hidden=True,
            ),
            tag("div", table(heads, body, found.parameters, "All points"), id="points-table"),
            tag("p", f"{len(left)} further points are in sweep.csv and sweep.parquet.") if left else None,
            tag("p", f"Window: {found.window}. ", "Each value of each statistic is in ", tag("code", "sweep.csv"), "."),
        ]
    )


def _sorter(title: str, name: str) -> Html:
    """The button of a head; a long text gets more room, so that it does not become a tower."""
    return tag("button", title, type="button", title=name, style=f"min-width:{min(12, max(3, len(title) // 5))}em")


def _failures(content: Content) -> Html:
    """The points that failed, 100 at most, with their errors, and how many have not been run."""
    bad = [(point, result) for point, result in content.outcomes if result.status in ("failed", "watchdog")]
    pending = sum(result.status == "pending" for _, result in content.outcomes)
    said = [] if bad else [tag("p", "No point failed.")]
    if pending:
        said.append(tag("p", f"{pending} of {len(content.outcomes)} points have not been run."))
    if bad:
        rows = [(point.label, result.status, result.error) for point, result in bad[:100]]
        said.append(table(("point", "what", "error"), rows, 3, "Failed points"))
        if len(bad) > len(rows):
            said.append(tag("p", f"and {len(bad) - len(rows)} more, which points.csv has"))
    return joined(said)


def _data(content: Content) -> Html:
    """What the page draws, and what it draws it with; nothing where there is no figure."""
    if not content.charts:
        return Html("")
    charts = [[{"title": title, "spec": spec} for title, spec in chart.drawing.panels] for chart in content.charts]
    # In a script element nothing is escaped, so that its end must not come up in it.
    text = json.dumps(charts, separators=(",", ":")).replace("<", "\\u003c")
    return joined(
        [
            tag("script", Html(text), type="application/json", id="charts"),
            tag("script", Html(_vega()), type="text/plain", id="vega"),
        ]
    )


def _file(name: str) -> str:
    """A text that comes with this package, from `data`."""
    return files(__package__).joinpath("data", name).read_text(encoding="utf-8")


@cache
def _vega() -> str:
    """Vega and Vega-Lite, compressed: browsers have what undoes it, and a report stays a third of its size."""
    # With the licences in front: they go where the code goes.
    text = "\n".join(["/*", _file("LICENSES"), "*/", _file("vega.min.js"), _file("vega-lite.min.js")])
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
