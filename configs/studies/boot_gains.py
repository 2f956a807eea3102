# SPDX-License-Identifier: BSD-3-Clause
"""The gains that three commits of 2008 claim for booting a guest, beside what the model gives on boot-like exit mixes.

A mix is how many events of each kind a real kernel has from reset to restart (`boot_mix.csv` beside this file, with
its source).  It is played on GuestKernel: the 6.1 handlers for misses, calls, ticks and switches, and in every system
call its share of the kernel's other instructions, privileged and plain, and of the device accesses.  What the counts do
not say is how many pages the kernel's instructions touch; three working sets, each drawn by Zipf's law, stand for it.
`--page docs/gains.md` writes the tables of that page anew; `--mix NAME` plays one mix only.
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from numbers import Real
from pathlib import Path

import numpy as np

from simobjects import (
    GuestKernel,
    HostKernel,
    Interleave,
    Simulation,
    SyntheticWorkload,
    System,
    Workload,
)
from simobjects.base.text import markdown, replace_marked
from simobjects.boards import stream_machine
from simobjects.guest.eras import ERAS, Era, Scripts, register_era
from simobjects.guest.steps import (
    Addresses,
    Datum,
    Event,
    Kind,
    Script,
    Step,
    code,
    instructions,
    load,
    run,
    store,
)
from simobjects.isa.arch import OP, OPERATION_NAMES

DATA = Path(__file__).with_name("boot_mix.csv")
SCHEMES = ("e0", "e1", "e2", "e3", "e3b", "e4", "e5", "e6")
PUBLISHED = {("e0", "e1"): "about 15 %", ("e1", "e2"): "about 15 %", ("e2", "e3"): "about 30 %"}
SHRINK = {"all": 20}
"""Mixes of which only so small a part is played, events and instructions alike."""
WORKING_SETS = {"small": (20, 30), "medium": (60, 90), "large": (150, 220)}
"""Pages of kernel code and of kernel data."""
UNIT = 120
"""Kernel instructions on one page of code before the next is drawn; estimate."""
CODE, DATA_PAGES = 0xC010_0000, 0xC020_0000
OTHER = {"mtspr": OP.MTSPR, "mfspr": OP.MFSPR, "mfmsr": OP.MFMSR, "mtmsr": OP.MTMSR, "wrtee": OP.WRTEE}


def read_mixes(path: Path = DATA) -> dict[str, Counter[str]]:
    """Counts by mix and quantity."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    names = [name for name in rows[0] if name != "quantity"]
    return {name: Counter({row["quantity"]: int(row[name]) for row in rows}) for name in names}


@dataclass(frozen=True)
class Rates:
    """How often a mix has each event, and what is left for a system call to do."""

    user: int
    calls: int
    plain: int
    """Kernel instructions of a call beside its script, none of them privileged."""
    privileged: Mapping[str, int]
    """Other privileged instructions of a call."""
    devices: int
    """Device accesses of a call."""


def rates(mix: Counter[str]) -> Rates:
    """What the handlers' scripts leave of a mix, shared among the system calls."""
    scripts = ERAS["6.1"].scripts(Addresses(), False)
    events = {
        Event.DATA_USER: mix["data_misses"],
        Event.INST_USER: mix["inst_misses"],
        Event.SYSCALL: mix["system_calls"],
        Event.PAGE_FLUSH: mix["dsi"],
        Event.TIMER: mix["decrementer"] + mix["external"],
        Event.SWITCH: mix["mtspr_pid"],
    }
    played: Counter[str] = Counter()
    done = 0
    for event, count in events.items():
        done += count * instructions(scripts[event])
        for step in scripts[event]:
            if step.kind is Kind.PRIVILEGED:
                played[OPERATION_NAMES[step.a]] += count
    calls = max(1, mix["system_calls"])
    left = {name: max(0, mix[name] - played[name]) // calls for name in OTHER}
    devices = (mix["mmio"] + mix["dcr"]) // calls
    plain = (mix["instructions"] - mix["user_instructions"] - done) // calls - sum(left.values()) - devices
    return Rates(mix["user_instructions"], calls, max(0, plain), left, devices)


def kernel_work(found: Rates, pages: tuple[int, int]) -> Script:
    """The instructions of one call: plain ones page by page, the others spread evenly among them."""
    random = np.random.RandomState(1)
    others = [Step(Kind.PRIVILEGED, OTHER[name]) for name, count in found.privileged.items() for _ in range(count)]
    others += [store(Datum.ADDRESS, Addresses().device)] * found.devices
    random.shuffle(others)
    units = max(1, found.plain // UNIT)
    codes, data = (_zipf(random, count, units) for count in pages)
    steps: list[Step] = []
    for unit in range(units):
        steps += [
            code(CODE + 4096 * int(codes[unit])),
            run(UNIT - 1),
            load(Datum.ADDRESS, DATA_PAGES + 4096 * int(data[unit])),
        ]
        steps += others[unit * len(others) // units : (unit + 1) * len(others) // units]
    return tuple(steps)


def _zipf(random: np.random.RandomState, pages: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    bounds = np.cumsum(1.0 / np.arange(1, pages + 1))
    return np.searchsorted(bounds / bounds[-1], random.random_sample(count)).clip(0, pages - 1).astype(np.int64)


def era(name: str, found: Rates, pages: tuple[int, int]) -> Era:
    """The 6.1 kernel whose system call does its share of the mix's work."""

    def scripts(at: Addresses, kuap: bool) -> Scripts:
        made = dict(ERAS["6.1"].scripts(at, kuap))
        call = made[Event.SYSCALL]
        middle = next(place for place, step in enumerate(call) if step.kind is Kind.RUN and step.a == 46)
        made[Event.SYSCALL] = (*call[:middle], *kernel_work(found, pages), *call[middle:])
        return made

    return Era(name, "6.1 with the work of a boot-like mix", scripts)


def workload(mix: Counter[str]) -> Workload:
    """User instructions over as many pages as give the mix's misses; two processes where the mix switches."""
    misses = max(1, mix["data_misses"])
    switches = mix["mtspr_pid"] if mix["mtspr_pid"] > 10 else 0
    processes = 2 if switches else 1
    records = max(misses, mix["system_calls"], 1) // processes
    pages = max(1, misses // processes) if misses <= 60 else min(misses, 512)
    per_record = max(1, mix["user_instructions"] // (records * processes))
    make = partial(
        SyntheticWorkload,
        code_pages=max(1, min(mix["inst_misses"] // processes, 8)),
        data_pages=pages,
        records=records,
        instructions=per_record,
        accesses=max(1, per_record // 3),
    )
    if not switches:
        return make()
    return Interleave(
        processes=[make() for _ in range(processes)], quantum=max(1, mix["user_instructions"] // switches)
    )


def machine(mix: Counter[str], era_name: str, scheme: str) -> System:
    """The mix as guest of a scheme on a host with a timer and nothing else to do."""
    user = mix["user_instructions"]

    def every(count: int) -> int:
        return max(1, user // (count + 1)) if count else 0

    guest = GuestKernel(
        era=era_name,
        kuap=False,
        io_every=0,
        syscall_every=every(mix["system_calls"]),
        timer_every=every(mix["decrementer"] + mix["external"]),
        page_flush_every=every(mix["dsi"]),
    )
    return stream_machine(workload(mix), HostKernel(scheme=scheme, hz="250Hz"), guest=guest)


@dataclass(frozen=True)
class Played:
    """What one scheme comes to on one mix."""

    cycles: float
    exits: int
    virt_misses: int
    instructions: int


def play(mix: Counter[str], era_name: str, scheme: str) -> Played:
    sim = Simulation(machine(mix, era_name, scheme))
    sim.run_all()
    stats = {
        name: sim.stats["system." + name]
        for name in (
            "core.vcpu_time",
            "host.all_exits",
            "host.virt_misses",
            "core.instructions",
            "core.kernel_instructions",
        )
    }
    numbers = {name: float(value) for name, value in stats.items() if isinstance(value, Real)}
    return Played(
        cycles=numbers["core.vcpu_time"],
        exits=int(numbers["host.all_exits"]),
        virt_misses=int(numbers["host.virt_misses"]),
        instructions=int(numbers["core.instructions"] + numbers["core.kernel_instructions"]),
    )


def shrunk(name: str, mix: Counter[str]) -> Counter[str]:
    """The part of a mix that is played."""
    return Counter({quantity: count // SHRINK.get(name, 1) for quantity, count in mix.items()})


def measure(mixes: Iterable[str], schemes: Iterable[str] = SCHEMES) -> dict[tuple[str, str], dict[str, Played]]:
    """Every scheme on every mix with every working set, by (mix, working set)."""
    known, found = read_mixes(), {}
    for name in mixes:
        mix = shrunk(name, known[name])
        for size, pages in WORKING_SETS.items():
            era_name = f"boot {name} {size}"
            register_era(era(era_name, rates(mix), pages))
            try:
                found[name, size] = {scheme: play(mix, era_name, scheme) for scheme in schemes}
            finally:
                del ERAS[era_name]
    return found


def gain(found: Mapping[str, Played], step: tuple[str, str]) -> float:
    """The time that a step saves, of the time before it."""
    return 1 - found[step[1]].cycles / found[step[0]].cycles


def report(found: Mapping[tuple[str, str], Mapping[str, Played]]) -> str:
    """A markdown table: the published gains, then what each mix gives."""
    schemes = next(iter(found.values()))
    steps = [(a, b) for a, b in zip(SCHEMES, SCHEMES[1:], strict=False) if a in schemes and b in schemes]
    heads = [f"{a.upper().replace('B', 'b')} to {b.upper().replace('B', 'b')}" for a, b in steps]
    heads = ["mix", "kernel pages", "exits", "virt misses of E0, E3, E4", *heads]
    rows = [["*published*", "", "", "", *(PUBLISHED.get(step, "no figure") for step in steps)]]
    for (name, size), played in found.items():
        million = played["e0"].instructions / 1e6
        virt = ", ".join(f"{played[s].virt_misses / million:,.0f}" for s in ("e0", "e3", "e4") if s in played)
        cells = [f"{100 * gain(played, step):.1f} %" for step in steps]
        pages = " + ".join(str(count) for count in WORKING_SETS[size])
        rows.append([name, pages, f"{played['e0'].exits / million:,.0f}", virt, *cells])
    return markdown(heads, rows, left=(0, 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--mix", action="append", choices=sorted(read_mixes()), help="play this one only; may be repeated"
    )
    parser.add_argument("--page", type=Path, help="write the table into this page, between its marks")
    arguments = parser.parse_args()
    text = report(measure(arguments.mix or read_mixes()))
    print(text)
    if arguments.page is not None:
        replace_marked(arguments.page, {"gains": text})


if __name__ == "__main__":
    main()
