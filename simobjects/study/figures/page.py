# SPDX-License-Identifier: BSD-3-Clause
"""The page that a figure is drawn on: its size in a paper, its form, its texts. The same figure gives the same bytes.

Ids are hashed with a fixed salt, no date and no version is written, the user's own style is not looked at, and the font
is one that matplotlib brings with it.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from simobjects.base.errors import UsageError
from simobjects.base.names import by_ending
from simobjects.base.text import short
from simobjects.base.units import split
from simobjects.draw.palette import INK, PAPER, RULE, SOFT, Look

Form = Literal["svg", "pdf", "png"]
FORMS: tuple[Form, ...] = get_args(Form)
_MILLIMETRES = {"mm": 1.0, "cm": 10.0, "in": 25.4, "pt": 25.4 / 72}
_LEAST, _MOST = 30.0, 1000.0
_NARROW = 120.0
"""Below this width text is smaller and legends stand below, as in one column of two."""
DIGITS = 4
"""Of a number on an axis."""
_PANEL = 40.0
"""The least width of a panel, in mm."""


@dataclass(frozen=True)
class Page:
    """Size in mm, form and texts. A text that is None is the figure's own, an empty one is left out."""

    width: float = 160.0
    height: float | None = None
    form: Form = "svg"
    title: str | None = None
    xlabel: str | None = None
    ylabel: str | None = None

    @property
    def narrow(self) -> bool:
        """Whether it is as wide as one column of two."""
        return self.width < _NARROW

    @property
    def size(self) -> float:
        """Of the text, in points."""
        return 7.0 if self.narrow else 9.0

    def high(self, panels: int, one: float, row: float) -> float:
        """The height in mm: a share of the width for `one` panel alone, or for each `row` of several."""
        rows = -(-panels // self.columns(panels))
        return self.width * (one if panels == 1 else row * rows) + (14.0 if self.narrow else 0.0)

    def columns(self, panels: int) -> int:
        """How many of so many panels stand side by side."""
        return max(1, min(panels, int(self.width // _PANEL)))

    def wrapped(self, text: str, share: float = 1.0) -> str:
        """A text in as many lines as a share of the width needs."""
        letters = max(12, int(self.width * share * 72 / 25.4 / (0.54 * self.size)))
        return "\n".join(textwrap.wrap(text, letters)) if text else ""


def parse_length(text: str, option: str) -> float:
    """A length such as `88mm`, `3.5in` or `17 cm`, in mm.

    Raises:
        UsageError: it is none, or no page has it.
    """
    found = split(text)
    if found is None or found[1] not in _MILLIMETRES:
        raise UsageError(f"{text!r} is no length", where=option, fix="write 88mm, 18cm, 3.5in or 250pt")
    length = float(found[0]) * _MILLIMETRES[found[1]]
    if not _LEAST <= length <= _MOST:
        raise UsageError(f"{text} is no length of a figure", where=option, fix=f"{_LEAST:g}mm to {_MOST:g}mm are")
    return length


def form_of(file: Path) -> Form:
    """The form that the name of a file says.

    Raises:
        UsageError: it is another one.
    """
    return by_ending(file, {f".{form}": form for form in FORMS}, "a figure")


@contextmanager
def picture(page: Page, title: str, height: float) -> Iterator[tuple[Any, io.BytesIO]]:
    """A matplotlib figure to draw on, and where the bytes are when the block ends.

    `height` is in mm, for a page that has none.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    style: Any = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}
    style.update(_style(page))
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(page.width / 25.4, (page.height or height) / 25.4), layout="constrained")
        FigureCanvasAgg(figure)
        content = io.BytesIO()
        yield figure, content
        shown = title if page.title is None else page.title
        if shown:
            figure.suptitle(page.wrapped(shown), x=0.01, ha="left", fontsize=page.size + 1)
        figure.savefig(content, format=page.form, dpi=300, metadata=_metadata(page.form, shown))


def panels(figure: Any, page: Page, names: Sequence[str], share: bool = True) -> list[Any]:
    """One panel for each name, in rows as the width allows, with one scale when they share it."""
    columns = page.columns(len(names))
    rows = -(-len(names) // columns)
    grid = figure.subplots(rows, columns, sharey=share, squeeze=False)
    made = [grid[place // columns][place % columns] for place in range(rows * columns)]
    for panel in made[len(names) :]:
        panel.set_visible(False)
    for panel, name in zip(made, names, strict=False):
        if name:
            panel.set_title(name, fontsize=page.size, color=INK, loc="left")
    return made[: len(names)]


def label(figure: Any, page: Page, xlabel: str, ylabel: str) -> None:
    """The texts at the axes: once for all panels."""
    across, up = (own if given is None else given for own, given in ((xlabel, page.xlabel), (ylabel, page.ylabel)))
    if page.narrow:  # where the legend stands below, which the text of the whole figure would run into
        for panel in figure.axes:
            spec = panel.get_subplotspec()
            if spec is not None and spec.is_last_row():
                panel.set_xlabel(page.wrapped(across, 0.9 / spec.get_gridspec().ncols), fontsize=page.size)
    elif across:
        figure.supxlabel(page.wrapped(across, 0.9), fontsize=page.size)
    if up:
        high = figure.get_size_inches()[1] * 25.4 / page.width
        figure.supylabel(page.wrapped(up, 0.85 * high), fontsize=page.size)


def from_zero(panel: Any, lowest: float) -> None:
    """Let the y axis begin at zero, unless a value lies below."""
    if lowest >= 0:
        panel.set_ylim(bottom=0)


def in_short(panel: Any) -> None:
    """Write large numbers at the y axis as 20k, 5M, 1.5G."""
    panel.yaxis.set_major_formatter(lambda value, _: short(value, DIGITS))


def legend(figure: Any, page: Page, handles: Sequence[Any], title: str = "") -> None:
    """Beside the panels, below them on a narrow page."""
    if not handles:
        return
    if page.narrow:
        columns = max(1, min(len(handles), int(page.width // 27)))
        figure.legend(handles=handles, loc="outside lower center", ncols=columns, title=title or None)
    else:
        figure.legend(handles=handles, loc="outside right upper", title=title or None)


def area(look: Look) -> dict[str, Any]:
    """How matplotlib fills an area of this look: white between neighbours, and white hatches."""
    return {"facecolor": look.colour, "hatch": look.hatch or None, "edgecolor": PAPER, "linewidth": 0.4}


def _style(page: Page) -> dict[str, Any]:
    return {
        "svg.hashsalt": "simobjects",
        "svg.fonttype": "path",
        "pdf.fonttype": 42,
        "font.family": "DejaVu Sans",
        "font.size": page.size,
        "legend.fontsize": page.size - 1,
        "legend.title_fontsize": page.size - 1,
        "xtick.labelsize": page.size - 1,
        "ytick.labelsize": page.size - 1,
        "legend.frameon": False,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": SOFT,
        "axes.labelcolor": INK,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "axes.axisbelow": True,
        "grid.color": RULE,
        "grid.linewidth": 0.6,
        "lines.linewidth": 1.4,
        "lines.markersize": 4.5,
        "hatch.linewidth": 0.9,
    }


def _metadata(form: Form, title: str) -> dict[str, str | None]:
    if form == "png":
        return {"Software": None, "Title": title}
    date, maker = ("Date", ("Creator",)) if form == "svg" else ("CreationDate", ("Creator", "Producer"))
    return {date: None, **dict.fromkeys(maker), "Title": title}
