# SPDX-License-Identifier: BSD-3-Clause
"""Rows, tables and a figure of the boots of a Linux guest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from steady_linux import MISSES, Boot, Guest  # these are beside this script
from steady_run import Run, number, spread

from simobjects.base.text import markdown
from simobjects.draw.palette import BLUE
from simobjects.study.figures.page import Page, from_zero, label, panels, picture

WORK, PAGES = "VMM work", "VMM pages"
"""What is varied."""
BETWEEN = 100
"""Misses of an exchange: fewer in the lower state of the ping-pong, more in the upper one."""


def boot_runs(guest: Guest, varied: str, value: int, found: Boot) -> Iterator[Run]:
    """The rows of a boot: its windows, then the exchanges of its ping-pong."""
    for each in found.windows:
        yield Run("linux", guest.kernel, varied, value, f"window {each.number}", each.misses, each.ticks)
    for place, misses in enumerate(found.exchanges):
        yield Run("linux", guest.kernel, varied, value, f"exchange {place}", misses)


def pingpong_boots(guest: Guest, boots: Mapping[int, Boot]) -> str:
    """The ping-pong's window by the VMM's work: what KVM counted, ticks, exchanges in the lower state, and the last."""
    rows = []
    for work, found in boots.items():
        window = next(each for each in found.windows if each.number == guest.pingpong)
        exits = [number(window.exits[name]) for name in (*MISSES, "inst_emu")]
        lower = sum(misses < BETWEEN for misses in found.exchanges)
        rows.append([number(work), *exits, str(window.ticks), str(lower), str(found.exchanges[-1])])
    return markdown([WORK, *MISSES, "inst_emu", "ticks", "lower exchanges", "last exchange"], rows, left=())


def linux_table(runs: Sequence[Run]) -> str:
    """By window: the spread over the VMM's pages and over its work, and how many of those boots had a tick in it."""
    rows = []
    for window in dict.fromkeys(run.part for run in runs if run.part.startswith("window ")):
        pages, work = ([run for run in runs if (run.part, run.varied) == (window, varied)] for varied in (PAGES, WORK))
        low, _, high, apart = spread([run.misses for run in pages])
        ticked = sum(run.ticks > 0 for run in work)
        of_work = spread([run.misses for run in work])
        rows.append([window.removeprefix("window "), f"{low} to {high}", apart, *of_work, str(ticked)])
    heads = ["window", "over pages", "apart", "over work: least", "median", "most", "apart", "boots with a tick"]
    return markdown(heads, rows)


def linux_figure(runs: Sequence[Run], kernel: str) -> bytes:
    """Virt misses of the ping-pong, exchange by exchange, a line for each boot."""
    mine = [run for run in runs if run.varied == WORK and run.part.startswith("exchange ")]
    boots = {value: [run.misses for run in group] for value, group in groupby(mine, key=lambda run: run.value)}
    page = Page()
    title = f"The same 800 system calls in {len(boots)} boots under {kernel}"
    with picture(page, title, 95) as (figure, content):
        (plot,) = panels(figure, page, [""])
        for misses in boots.values():
            plot.plot(misses, color=BLUE, alpha=0.35, linewidth=0.9)
        from_zero(plot, 0)
        plot.grid(True)
        label(figure, page, "exchange of the two processes", "virt misses of the exchange")
    return content.getvalue()
