# SPDX-License-Identifier: BSD-3-Clause
"""Host kernels' costs held against a Linux guest that ran under the real ones, window by window.

    python configs/studies/linux_costs.py --new VMLINUX --old VMLINUX --dtb FILE --initrd FILE
    python configs/studies/linux_costs.py ... --fit

`--windows` is a file with a row for each window under a real kernel: kernel, window, name, KVM's counters,
instructions; by default the shipped one. The guest's kernel comes twice: as hosts from 3.14 on can run it, and as the
ones before can. The table has each of the windows. `--fit` finds again the one number of each generation that is
fitted, by least squares of the relative errors over the windows of more than three million instructions, and judges it
by windows that the fit has not seen: each is left out in turn.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from linux_windows import COUNTERS, GUESTS_OWN, REAL_WINDOWS, LinuxRun, guest_of, rows_of  # beside this script

from simobjects.boards.measured_host import measured_host
from simobjects.framework import SimObjectsError
from simobjects.kvm.releases import RELEASES, Release, find_release, register_release

PATIENCE = 10
LONG = 3_000_000
"""Instructions of a window whose share of the VMM's own work at its end is small."""
FITTED = {"c_emulate": ("commit", "parent"), "c_hand_on": ("3.14",)}
STEP = 20
"""By which a cost is moved to see what a window has of it."""
SAME_MISSES = 0.03
"""A window whose virt misses differ by more is no judge of what one of them costs."""


@dataclass(frozen=True)
class Pair:
    """A window under a real kernel and in the model: counters by name, instructions."""

    kernel: str
    number: int
    name: str
    real: dict[str, int]
    model: dict[str, int]

    @property
    def long(self) -> bool:
        return self.real["instructions"] > LONG

    def error(self, name: str = "instructions") -> float:
        """Relative, of the model."""
        return self.model[name] / self.real[name] - 1

    def virt_error(self) -> float:
        """Of instruction and data misses together."""
        real, model = (each["itlb_v"] + each["dtlb_v"] for each in (self.real, self.model))
        return model / real - 1 if real else float(model > 0)


def pairs_of(given: argparse.Namespace, kernel: str, **costs: int) -> list[Pair]:
    """Every published window of a kernel; `costs` instead of the release's own."""
    host = kernel
    if costs:
        release = find_release(kernel)
        assert release is not None
        host = f"{kernel} with {costs}"
        register_release(Release(host, release.scheme, {**release.costs, **costs}, release.host))
    program = guest_of(given.new if kernel == "3.14" else given.old, given.dtb, given.initrd)
    run = LinuxRun(measured_host(program, host, hold_ticks=kernel == "3.14"), PATIENCE)
    rows = list(run.rows())
    if costs:
        del RELEASES[host]  # nobody else chooses it
    found = []
    for line in published(given.windows, kernel):
        mine = next((row for row in rows if row.number == int(line["window"])), None)
        if mine is None:
            why = run.problem or "the guest ended"
            raise SystemExit(f"{kernel}: no window {line['window']} {line['name']} as in {given.windows}: {why}")
        rows.remove(mine)
        real = {name: int(line[name]) for name in (*COUNTERS, "instructions")}
        model = {**{name: mine.counts[name] for name in COUNTERS}, "instructions": mine.instructions}
        found.append(Pair(kernel, mine.number, line["name"], real, model))
    return found


def published(windows: Path, kernel: str = "") -> list[dict[str, str]]:
    """The rows of the file, of one kernel or of all."""
    return [row for row in rows_of(windows) if kernel in ("", row["kernel"])]


def kernels_of(windows: Path) -> list[str]:
    """In the order of the file."""
    return list(dict.fromkeys(row["kernel"] for row in published(windows)))


def table(pairs: Sequence[Pair]) -> str:
    """A row for each window: what must be equal is, or is named; errors of the rest."""
    lines = [
        "| kernel | window | equal | inst_emu | virt misses, real | model | | instructions, real | model | |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for pair in pairs:
        unequal = [name for name in GUESTS_OWN if pair.real[name] != pair.model[name]]
        virt = [f"{each['itlb_v']} + {each['dtlb_v']}" for each in (pair.real, pair.model)]
        cells = (
            pair.kernel,
            f"{pair.number} {pair.name}",
            "but " + ", ".join(unequal) if unequal else "yes",
            f"{pair.model['inst_emu'] - pair.real['inst_emu']:+d}",
            *virt,
            f"{100 * pair.virt_error():+.1f} %",
            str(pair.real["instructions"]),
            str(pair.model["instructions"]),
            f"{100 * pair.error():+.1f} %",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def solve(low: Sequence[float], high: Sequence[float], start: float, step: float) -> float:
    """The value at which relative errors that go straight from `low` to `high` are smallest, in squares."""
    slopes = [(after - before) / step for before, after in zip(low, high, strict=True)]
    return start - sum(s * e for s, e in zip(slopes, low, strict=True)) / sum(s * s for s in slopes)


def fit(given: argparse.Namespace) -> str:
    """Each fitted cost from all its windows, and the error of each window by a fit without it."""
    lines = []
    for cost, kernels in FITTED.items():
        release = find_release(kernels[0])
        assert release is not None
        start = release.costs[cost]
        low = [pair for kernel in kernels for pair in pairs_of(given, kernel)]
        high = [pair for kernel in kernels for pair in pairs_of(given, kernel, **{cost: start + STEP})]
        used = [(a, b) for a, b in zip(low, high, strict=True) if a.long and abs(a.virt_error()) < SAME_MISSES]
        before, after = [a.error() for a, _ in used], [b.error() for _, b in used]
        lines.append(f"{', '.join(kernels)}: {cost} {solve(before, after, start, STEP):.1f} (in use: {start})")
        for i, (pair, _) in enumerate(used):
            rest = [errors[:i] + errors[i + 1 :] for errors in (before, after)]
            moved = (solve(rest[0], rest[1], start, STEP) - start) / STEP
            unseen = before[i] + moved * (after[i] - before[i])
            place = f"{pair.kernel:<7} {pair.number:>2} {pair.name:<9}"
            lines.append(f"  {place} {100 * unseen:+.1f} % by a fit without it")
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Print the table, or the fit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, text in (
        ("new", "the guest's kernel for hosts from 3.14 on"),
        ("old", "the same for hosts before"),
        ("dtb", "its device tree"),
        ("initrd", "its initramfs"),
    ):
        parser.add_argument(f"--{name}", type=Path, required=True, metavar="FILE", help=text)
    parser.add_argument("--windows", type=Path, metavar="FILE", default=REAL_WINDOWS, help="what real kernels counted")
    parser.add_argument("--fit", action="store_true", help="fit the costs again, and judge the fit")
    given = parser.parse_args(arguments)
    for file in (given.windows, given.new, given.old, given.dtb, given.initrd):
        if not file.is_file():
            parser.error(f"{file}: no such file")
    if given.fit:
        print(fit(given), end="")
    else:
        print(table([pair for kernel in kernels_of(given.windows) for pair in pairs_of(given, kernel)]), end="")
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except SimObjectsError as problem:
        raise SystemExit(str(problem)) from None
