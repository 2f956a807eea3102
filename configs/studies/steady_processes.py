# SPDX-License-Identifier: BSD-3-Clause
"""Two processes whose kernel goes over a loop at each switch, on the host of the loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from steady_loops import PERIOD, settled, touching  # these are beside this script
from steady_run import SLOTS, Run, spread

from simobjects import GuestKernel, Interleave, SyntheticWorkload, System
from simobjects.base.text import markdown
from simobjects.boards import stream_machine
from simobjects.guest.eras import ERAS, Era, Scripts, register_era
from simobjects.guest.steps import Addresses, Event, code
from simobjects.guest.steps import run as plain

KERNEL_PAGES = 56
"""Of a switch between the two processes, beside those that the era has anyhow."""
KERNEL_CODE = 0xC010_0000


def switching(kernel_pages: int) -> Era:
    """A 2.6.29 whose scheduler goes over so many more pages of the kernel's at each switch of processes."""

    def scripts(at: Addresses, kuap: bool) -> Scripts:
        made = dict(ERAS["2.6.29"].scripts(at, kuap))
        switch = made[Event.SWITCH]
        middle = next(place for place, step in enumerate(switch) if step == plain(200))
        more = [step for page in range(kernel_pages) for step in (code(KERNEL_CODE + 4096 * page), plain(1))]
        made[Event.SWITCH] = (*switch[:middle], *more, *switch[middle:])
        return made

    return register_era(Era(f"2.6.29+{kernel_pages}", "2.6.29 with a longer way through a switch", scripts))


def processes_machine(offset: int) -> System:
    """Two processes with two pages each, which are switched at every tenth instruction; the host as of a loop."""
    processes = [
        SyntheticWorkload(code_pages=1, data_pages=1, records=PERIOD // 100, instructions=10, accesses=1, stores=0)
        for _ in range(2)
    ]
    guest = GuestKernel(era=switching(KERNEL_PAGES).name, io_every=0)
    return stream_machine(
        Interleave(processes=processes, quantum=10), touching("e6", offset), guest=guest, guest_entries=256
    )


def processes(replicates: int) -> Iterator[Run]:
    """Misses of an exchange (two switches) before the first turn and after each of the others."""
    for offset in range(1, min(replicates, SLOTS - 1) + 1):
        for turn, misses in settled(processes_machine(offset), 22):
            yield Run("processes", "e6", "host pages", offset, turn, misses)


def processes_table(runs: Sequence[Run]) -> str:
    """By turn: the spread over the pages that the host's task touches."""
    turns = dict.fromkeys(run.part for run in runs)
    rows = [[turn.removeprefix("turn "), *spread([run.misses for run in runs if run.part == turn])] for turn in turns]
    return markdown(["turns", "least", "median", "most", "apart"], rows)
