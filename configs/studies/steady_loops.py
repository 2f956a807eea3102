# SPDX-License-Identifier: BSD-3-Clause
"""Loops over a few more pages than there are slots, under KVM, with turns of a host task that move the hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from steady_run import SLOTS, Run, host_pages, shares, simulated  # these are beside this script

from simobjects import VMM, HostKernel, HostTask, SyntheticWorkload, System
from simobjects.base.text import markdown
from simobjects.boards import stream_machine
from simobjects.draw.palette import COLOURS
from simobjects.kvm.ring import loop_rates
from simobjects.study.figures.page import Page, from_zero, label, legend, panels, picture

LOOPS = (64, 66, 70, 80)
TURNS = 6
"""Of the host task in a loop's run."""
PERIOD = 20_000_000
"""Cycles between two of them; the second half is measured."""
ROUNDS = 60
"""Rounds of a loop that are measured: the rates n / k with k to 6, 10, 12 are whole then."""


def touching(scheme: str, offset: int) -> HostKernel:
    """A host with a task that touches so many pages of its own at each tick, and nothing else."""
    task = HostTask(workload=host_pages(offset), every=1, instructions=offset)
    return HostKernel(scheme=scheme, hz="20Hz", interrupt_pages=0, vmm=VMM(signal_every=0), tasks=[task])


def loop_machine(scheme: str, pages: int, offset: int) -> System:
    """A guest that loops over `pages` pages."""
    rounds = (TURNS + 1) * PERIOD // 400
    workload = SyntheticWorkload(code_pages=pages, data_pages=1, records=rounds, instructions=1, accesses=0, stores=0)
    return stream_machine(workload, touching(scheme, offset), guest_entries=256)


def settled(system: System, references: int) -> Iterator[tuple[str, float]]:
    """Misses of a round of so many references, halfway between the turns of the host's task."""
    sim = simulated(system)
    for turn in range(TURNS):
        sim.run_all(cycles=PERIOD * turn + PERIOD // 2 - sim.cycle)
        before = sim.stats.count("system.host.virt_misses")
        sim.run_all(references=references * ROUNDS)
        yield f"turn {turn}", (sim.stats.count("system.host.virt_misses") - before) / ROUNDS


def loop_runs(scheme: str, pages: int, offset: int) -> Iterator[Run]:
    """Misses of a round before the first turn and after each of the others."""
    for turn, misses in settled(loop_machine(scheme, pages, offset), pages):
        yield Run(f"loop{pages}", scheme, "host pages", offset, turn, misses)


def loops(replicates: int) -> Iterator[Run]:
    """Under E6, and one loop under E4 too, where a put empties the TLB."""
    for pages in LOOPS:
        for scheme in ("e4", "e6") if pages == LOOPS[1] else ("e6",):
            for offset in range(1, min(replicates, SLOTS - 1) + 1):
                yield from loop_runs(scheme, pages, offset)


def loop_table(runs: Sequence[Run]) -> str:
    """By loop: what is possible, and in how many runs which rate was found before the first turn and after the last."""
    rows = []
    for pages in LOOPS:
        mine = [run for run in runs if run.case == f"loop{pages}"]
        if not mine:
            continue
        possible = loop_rates(pages, SLOTS)
        for host, group in groupby(mine, key=lambda run: run.host):
            found = list(group)
            cells = [
                shares(
                    (rounds_of(run.misses, pages) for run in found if run.part == f"turn {turn}"), lambda k: f"{k:g}"
                )
                for turn in (0, 1, TURNS - 1)
            ]
            rows.append([str(pages), f"1 to {len(possible)}", host, *cells])
    return markdown(
        ["pages", "possible k", "scheme", "k at first", "after one turn", f"after {TURNS - 1}"], rows, left=range(6)
    )


def rounds_of(rate: float, pages: int) -> int:
    """The k of a loop's rate pages / k, which the measured rounds may cut somewhere."""
    return round(pages / rate)


def loop_figure(runs: Sequence[Run]) -> bytes:
    """Misses of a round after the first turn, over the pages that it touched."""
    page = Page()
    with picture(page, "One loop, several rates: E6, after one turn of a host task", 95) as (figure, content):
        (plot,) = panels(figure, page, [""])
        handles = []
        for pages, marker, colour in zip(LOOPS, "osD^", COLOURS, strict=False):
            mine = [run for run in runs if (run.case, run.host, run.part) == (f"loop{pages}", "e6", "turn 1")]
            handles += plot.plot(
                [run.value for run in mine],
                [run.misses for run in mine],
                marker,
                color=colour,
                markersize=3.5,
                label=f"{pages} pages",
            )
        from_zero(plot, 0)
        plot.grid(True)
        label(figure, page, "pages that the host task touches", "virt misses of a round")
        legend(figure, page, handles)
    return content.getvalue()
