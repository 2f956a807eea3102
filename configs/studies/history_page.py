# SPDX-License-Identifier: BSD-3-Clause
"""The tables of docs/history.md, from the parts that `history_runs.py` has measured and what real hosts counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from history_even import Even  # these are beside this script
from history_runs import BOOT, HISTORY, LIVE, ONCE, RUNGS, SIZES, WALK, WHAT_IFS, Part, Setting
from linux_windows import GUESTS_OWN, rows_of
from scheme_figures import SCHEMES, size, title

from simobjects.base.text import markdown
from simobjects.draw.palette import in_family_order

FIRST = tuple(map(str, range(2, 11)))
"""The windows that a guest ends under every scheme: under E3 it hangs in the next."""
PINGPONG = "11"
"""The window that is left out of sums: two processes at the capacity of one round robin, which has several states."""
WINDOWS = "windows"
HOST_COLUMNS = ("boot", "whole", "device", "virt")
MILLION = 1_000_000


@dataclass(frozen=True)
class Measured:
    """All parts, by what they were measured on."""

    parts: dict[Setting, dict[str, Part]]

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Measured:
        found: dict[Setting, dict[str, Part]] = {}
        for part in parts:
            found.setdefault(part.setting, {})[part.name] = part
        return cls(found)

    def __call__(self, setting: Setting | str, what: str) -> Part:
        """A part, or the sum of the windows 2 to 10."""
        at = Setting(setting) if isinstance(setting, str) else setting
        if what != WINDOWS:
            return self.parts[at][what]
        return self.sum(at, FIRST)

    def sum(self, setting: Setting, names: Sequence[str]) -> Part:
        """Several parts as one; those that the run has not are passed over."""
        counts: dict[str, int] = {}
        for name in names:
            if name in self.parts[setting]:
                for each, count in self.parts[setting][name].counts.items():
                    counts[each] = counts.get(each, 0) + count
        return Part(setting, WINDOWS, counts)

    def shared(self, *rungs: str) -> list[str]:
        """The parts that a guest ends under all of these, but for the ping-pong."""
        first, *others = (self.parts[Setting(rung)] for rung in rungs)
        return [name for name in first if name != PINGPONG and all(name in other for other in others)]


@dataclass(frozen=True)
class Real:
    """What real hosts counted: windows as KVM's counters name them, and whole runs by rung."""

    windows: list[dict[str, str]]
    hosts: dict[str, dict[str, int]]

    @classmethod
    def read(cls, windows: Path, hosts: Path) -> Real:
        runs = {row["rung"]: {name: int(row[name]) for name in HOST_COLUMNS if row[name]} for row in rows_of(hosts)}
        return cls(rows_of(windows), runs)


def name_of(rung: str) -> str:
    """As the page writes it."""
    return title(rung) if rung in SCHEMES else rung


def mega(count: float) -> str:
    return f"{count / MILLION:,.1f}"


def saved(before: float, after: float) -> str:
    """The gain: what is saved of what was before."""
    return f"{round(100 * (1 - after / before), 1) + 0.0:.1f} %"


def times(before: float, after: float) -> str:
    return f"{before / after:.2f}"


# ---- the rungs ----


def rungs(found: Measured) -> str:
    """A row for each scheme: boot and windows."""
    heads = ("scheme", "as in", *(f"{part}: {what}" for part in (BOOT, WINDOWS) for what in _COLUMNS))
    rows = []
    for rung in (*HISTORY, *WHAT_IFS):
        cells = [cell(found(rung, part)) for part in (BOOT, WINDOWS) for cell in _COLUMNS.values()]
        rows.append((name_of(rung), RUNGS[rung].release, *cells))
    return markdown(heads, rows, left=(0, 1))


_COLUMNS: dict[str, Callable[[Part], str]] = {
    "M instructions": lambda part: mega(part["instructions"]),
    "M cycles": lambda part: mega(part["cycles"]),
    "exits": lambda part: f"{part.exits:,}",
    "virt misses": lambda part: f"{part.virt:,}",
}


def labelled(found: Measured, kind: str) -> str:
    """The counts of a vector in the boot and in the windows; what is nothing everywhere has no column."""
    rows = [(rung, part) for part in (BOOT, WINDOWS) for rung in (*HISTORY, *WHAT_IFS)]
    counts = {row: found(*row).under(kind) for row in rows}
    labels = in_family_order(label for row in counts.values() for label, count in sorted(row.items()) if count)
    cells = (
        (part, name_of(rung), *(f"{counts[rung, part].get(label, 0):,}" for label in labels)) for rung, part in rows
    )
    return markdown(("part", "scheme", *labels), cells, left=(0, 1))


# ---- the steps ----


def steps(found: Measured, real: Real) -> str:
    """What each commit saved: as its message says, on real hosts, in the model."""
    heads = (
        *("step", "message", "real boot", "real whole run", "boot", "windows 2 to 10", "whole run"),
        *("boot, cycles", "whole run, cycles"),
    )
    rows = []
    for old, new in pairwise(HISTORY):
        names = found.shared(old, new)
        whole = [found.sum(Setting(rung), names) for rung in (old, new)]
        boot = [found(rung, BOOT) for rung in (old, new)]
        windows = [found(rung, WINDOWS) for rung in (old, new)]
        model = [saved(*(part["instructions"] for part in pair)) for pair in (boot, windows, whole)]
        timed = [saved(*(part["cycles"] for part in pair)) for pair in (boot, whole)]
        hosts = [saved(real.hosts[old][what], real.hosts[new][what]) for what in ("boot", "whole")]
        claimed = SCHEMES[new].claimed if new in SCHEMES else ""
        rows.append((f"{name_of(old)} to {name_of(new)}", claimed, *hosts, *model, *timed))
    return markdown(heads, rows, left=(0, 1))


def faster(found: Measured, real: Real) -> str:
    """How many times as long a part takes under the parent as under the commit, by window."""
    counted = {(row["kernel"], row["window"]): int(row["instructions"]) for row in real.windows}
    names = {row["window"]: row["name"] for row in real.windows}
    parts = found.parts[Setting("e3b")]
    rows = []
    for name, part in parts.items():
        new = found("e4", name)
        hosts = [counted[kernel, name] for kernel in ("parent", "commit") if (kernel, name) in counted]
        if name == BOOT:
            hosts = [real.hosts[rung]["boot"] for rung in ("e3b", "e4")]
        shown = times(*hosts) if len(hosts) == 2 else ""
        each = (part, new)
        rows.append(
            (
                f"{name} {names.get(name, '')}".strip(),
                *(mega(one["instructions"]) for one in each),
                times(*(one["instructions"] for one in each)),
                shown,
                times(*(one["cycles"] for one in each)),
                *(f"{one.virt:,}" for one in each),
            )
        )
    heads = ("part", "E3b, M instructions", "E4", "E3b / E4", "real hosts", "in cycles", "E3b, virt misses", "E4")
    return markdown(heads, rows)


def beside(found: Measured, real: Real) -> str:
    """The model beside each real kernel of whose windows there are counts."""
    of = {RUNGS[rung].release: rung for rung in ("e0", "e3b", "e4", "e5", "3.14")}
    rows = []
    for kernel in dict.fromkeys(row["kernel"] for row in real.windows):
        # Of a window that comes twice the first: the windows that do nothing are no measure.
        pairs = [
            (row, found(of[kernel], row["window"]))
            for row in real.windows
            if row["kernel"] == kernel
            and row["window"] not in ("1", PINGPONG)
            and row["window"] in found.parts[Setting(of[kernel])]
        ]
        if not pairs:
            continue
        equal = sum(all(int(row[name]) == part[f"exits.{name}"] for name in GUESTS_OWN) for row, part in pairs)
        virt = [sum(int(row["itlb_v"]) + int(row["dtlb_v"]) for row, _ in pairs), sum(part.virt for _, part in pairs)]
        spent = [sum(int(row["instructions"]) for row, _ in pairs), sum(part["instructions"] for _, part in pairs)]
        off = [100 * (new / old - 1) for old, new in (virt, spent)]
        rows.append(
            (
                kernel,
                name_of(RUNGS[of[kernel]].scheme),
                f"{equal} of {len(pairs)}",
                *(f"{count:,}" for count in virt),
                f"{off[0]:+.1f} %",
                *map(mega, spent),
                f"{off[1]:+.1f} %",
            )
        )
    heads = (
        *("kernel", "scheme", "windows whose guest did the same", "virt misses, real", "model", ""),
        *("M instructions, real", "model", ""),
    )
    return markdown(heads, rows, left=(0, 1))


def device(found: Measured, real: Real) -> str:
    """What an access to a device costs more under the commit than under its parent, in a boot."""
    old, new = (found(rung, BOOT) for rung in ("e3b", "e4"))
    real_old, real_new = (real.hosts[rung] for rung in ("e3b", "e4"))
    rows = []
    for name, accesses, virt, spent in (
        (
            "real hosts, a guest 3.14",
            real_old["device"],
            (real_old["virt"], real_new["virt"]),
            [host["boot"] * MILLION for host in (real_old, real_new)],
        ),
        (
            "the model, this guest",
            new["exits.mmio"],
            (old.virt, new.virt),
            [part["instructions"] for part in (old, new)],
        ),
    ):
        rows.append(
            (
                name,
                f"{accesses:,}",
                *(f"{count:,}" for count in virt),
                f"{(virt[1] - virt[0]) / accesses:.2f}",
                *map(mega, spent),
                f"{(spent[1] - spent[0]) / accesses:,.0f}",
                f"{100 * (spent[1] / spent[0] - 1):+.1f} %",
            )
        )
    heads = (
        *("boot", "device accesses", "virt misses, E3b", "E4", "more for each access"),
        *("M instructions, E3b", "E4", "more for each access", "in all"),
    )
    return markdown(heads, rows)


# ---- the claims ----


def claims(found: Measured) -> str:
    """Each claim of the commit's message, with its numbers on this guest."""
    heads = ("claim of the commit", "measured", "on", "parent", "commit", "holds")
    rows = [_memory(), *_exits(found), *_misses(found), *_alive(found), *_faster(found), *_larger(found)]
    return markdown(heads, rows, left=(0, 1, 2, 5))


Row = tuple[str, str, str, str, str, str]


def _row(claim: str, what: str, on: str, values: Sequence[float], holds: bool, form: str = ",.0f") -> Row:
    old, new = (format(value, form) for value in values)
    return claim, what, on, old, new, "yes" if holds else "no"


def _memory() -> Row:
    old, new = (sum(size(table) for table in SCHEMES[rung].tables) for rung in ("e3b", "e4"))
    return _row("less than half the memory", "bytes beside the guest's TLB", "a vcpu", (old, new), new < old / 2)


def _exits(found: Measured) -> Iterable[Row]:
    for part in (BOOT, WINDOWS):
        each = [found(rung, part) for rung in ("e3b", "e4")]
        means = [sum(one.under("spent").values()) / one.exits for one in each]
        yield _row("shorter exits", "host instructions an exit, mean", part, means, means[1] < means[0])
    each = [found(rung, BOOT) for rung in ("e3b", "e4")]
    alone = [one["spent.mmio"] / one["exits.mmio"] for one in each]
    yield _row("... to a device, alone", "host instructions", BOOT, alone, alone[1] < alone[0])
    swept = [one["cause.put_sweep"] * (one["spent.itlb_v"] + one["spent.dtlb_v"]) / one.virt for one in each]
    after = [one + more / part["exits.mmio"] for one, more, part in zip(alone, swept, each, strict=True)]
    yield _row("... and the misses that its sweep makes", "host instructions", BOOT, after, after[1] < after[0])


def _misses(found: Measured) -> Iterable[Row]:
    claim = "more TLB misses"
    for part in (BOOT, WINDOWS):
        virt = [found(rung, part).virt for rung in ("e3b", "e4")]
        yield _row(claim, "virt misses", part, virt, virt[1] > virt[0])
    for host, what in (("", "quiet host"), (LIVE, "live host")):
        settings = [Setting(rung, host=host) if host else Setting(rung) for rung in ("e3b", "e4")]
        for part in (BOOT, WINDOWS):
            taken = [found(at, part)["cause.host_miss"] for at in settings]
            name = "... because the host overwrites guest entries"
            yield _row(name, "virt misses by host_miss", f"{part}, {what}", taken, taken[1] > taken[0])
    swept = [found(rung, BOOT)["cause.put_sweep"] for rung in ("e3b", "e4")]
    yield _row("(because an exit to the VMM sweeps)", "virt misses by put_sweep", BOOT, swept, swept[1] > swept[0])


def _alive(found: Measured) -> Iterable[Row]:
    for host, what in (("", "quiet host"), (LIVE, "live host")):
        settings = [Setting(rung, host=host) if host else Setting(rung) for rung in ("e3b", "e4")]
        for part in (BOOT, WINDOWS):
            each = [found(at, part) for at in settings]
            alive = [one["alive"] / one["puts"] for one in each]
            claim, on = "more host mappings stay alive", f"{part}, {what}"
            yield _row(claim, "host entries alive at a put", on, alive, alive[1] > alive[0], ".2f")
    each = [found(rung, BOOT) for rung in ("e3b", "e4")]
    missed = [one["host_misses.vmm"] / one["puts"] for one in each]
    yield _row("... so the host misses less", "misses of the VMM at a turn", BOOT, missed, missed[1] < missed[0], ".2f")


def _faster(found: Measured) -> Iterable[Row]:
    for part in (BOOT, WINDOWS):
        spent = [found(rung, part)["instructions"] for rung in ("e3b", "e4")]
        yield _row("(faster on the whole)", "instructions", part, spent, spent[1] < spent[0])


def _larger(found: Measured) -> Iterable[Row]:
    """Gains, time of the parent / time of the commit: beside that on 64 entries the one where the claim looks."""
    for part in (BOOT, WINDOWS):
        base = _gain(found, part)
        for entries in SIZES[1:]:
            gain = _gain(found, part, entries)
            claim = "more gain with a larger TLB"
            yield _gains(claim, f"64 and {entries} entries", part, base, gain)
        claim, once = "more gain with a flush such as tlbivax", _gain(found, part, flush=ONCE)
        yield _gains(claim, "walk and one instruction", part, base, once)
        most = SIZES[-1]
        yield _gains(
            "... on the largest TLB",
            f"walk and one instruction, {most} entries",
            part,
            _gain(found, part, most),
            _gain(found, part, most, ONCE),
        )


def _gains(claim: str, what: str, part: str, first: float, second: float) -> Row:
    return claim, f"gain, {what}", part, f"{first:.3f}", f"{second:.3f}", "yes" if second > first + 0.0005 else "no"


def _gain(found: Measured, part: str, entries: int = SIZES[0], flush: str = WALK) -> float:
    old, new = (found(Setting(rung, entries, flush), part)["instructions"] for rung in ("e3b", "e4"))
    return float(old / new)


# ---- sizes, and where it is even ----


def sizes(found: Measured) -> str:
    """Times by the hardware's TLB and its flush."""
    heads = ("entries", "flush", *(f"{part}: {what}" for part in (BOOT, WINDOWS) for what in ("E3b", "E4", "E3b / E4")))
    rows = []
    for flush in (WALK, ONCE):
        for entries in SIZES:
            cells: list[str] = []
            for part in (BOOT, WINDOWS):
                each = [found(Setting(rung, entries, flush), part)["instructions"] for rung in ("e3b", "e4")]
                cells += [*map(mega, each), times(*each)]
            rows.append((str(entries), "slot by slot" if flush == WALK else "one instruction", *cells))
    return markdown(heads, rows, left=(0, 1))


def even(points: Iterable[Even]) -> str:
    """What an access to a device costs the host, by the pages that the guest needs again after it."""
    rows = [
        (str(point.pages + 1), *(f"{point.instructions[kernel]:,.0f}" for kernel in ("parent", "commit")))
        for point in points
    ]
    return markdown(("pages between two accesses", "E3b, host instructions an access", "E4"), rows)


def tables(found: Measured, real: Real, points: Iterable[Even]) -> dict[str, str]:
    """By the mark of the page that each belongs to."""
    return {
        "rungs": rungs(found),
        "steps": steps(found, real),
        "faster": faster(found, real),
        "device": device(found, real),
        "even": even(points),
        "claims": claims(found),
        "sizes": sizes(found),
        "exits": labelled(found, "exits"),
        "causes": labelled(found, "cause"),
        "beside": beside(found, real),
    }
