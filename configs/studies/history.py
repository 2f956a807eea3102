# SPDX-License-Identifier: BSD-3-Clause
"""The history of KVM on the 440, on a real Linux guest: every scheme, what never was, and each claim of the commit.

    python configs/studies/history.py --elf vmlinux --dtb guest.dtb --initrd guest.cpio --out history.csv
    python configs/studies/history.py --built guest --arguments 'windows=2,3,4,5,6,7,8,9,10' --out history.csv
    python configs/studies/history.py --from history.csv
    python configs/studies/history.py --small

The guest is given by its files (a kernel that every host can run: `simobjects guest fit vmlinux -o FILE`), or as the
folder that `simobjects guest build` has filled. It boots once under each scheme with all else as in a release, once
more with the latencies of a 440, and parent and commit also on larger TLBs, with an instruction that flushes all, and
on a host that has other things to do: some 50 boots. Its timer interrupts are held in windows but 18, so that no window
depends on where one came. Printed are the tables of docs/history.md; `--out` keeps all counts as CSV, `--figures DIR`
draws, `--from` takes such a CSV (the one of the page is configs/studies/history.csv) and runs nothing. `--small` needs
no Linux: where parent and commit are even, on a small program.
`--windows` and `--hosts` are counts of real hosts to compare with; those of the page are shipped.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from history_even import measured  # these are beside this script
from history_figures import figures
from history_page import FIRST, Measured, Real, even, tables
from history_runs import BOOT, SETTINGS, Guest, measure_all, read, written
from linux_windows import REAL_WINDOWS

from simobjects.base.files import write_whole
from simobjects.base.text import replace_marked
from simobjects.framework import SimObjectsError

HERE = Path(__file__).parent


def parsed(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, text in (
        ("elf", "the guest's kernel, vmlinux"),
        ("dtb", "its device tree, given as it is"),
        ("initrd", "its initramfs"),
        ("from", "counts that --out has kept; nothing is run"),
    ):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=text, dest=f"{name}_file")
    parser.add_argument("--built", metavar="DIR", help="folder that `simobjects guest build` has filled")
    parser.add_argument("--arguments", default="", help="for a guest that was built: windows=5,7 scale=4")
    parser.add_argument("--small", action="store_true", help="no Linux: where parent and commit are even")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where the counts go, as CSV")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="where the figures go, as SVG")
    parser.add_argument("--page", type=Path, help="a page whose tables are replaced, and the figures beside it")
    parser.add_argument("--windows", type=Path, default=REAL_WINDOWS, help="of real hosts")
    parser.add_argument("--hosts", type=Path, default=HERE / "history_hosts.csv", help="their whole runs")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)), help="processes at a time")
    given = parser.parse_args(arguments)
    files = [given.elf_file, given.dtb_file, given.initrd_file]
    named = [file for file in files if file is not None]
    ways = [bool(named), given.built is not None, given.from_file is not None, given.small]
    if sum(ways) != 1:
        parser.error("give a guest (--elf --dtb --initrd, or --built DIR), or --from FILE, or --small: one of them")
    if named and len(named) < len(files):
        parser.error("a guest by its files needs all three: --elf, --dtb and --initrd")
    for file in (*named, given.from_file, given.windows, given.hosts):
        if file is not None and not file.is_file():
            parser.error(f"{file}: no such file")
    if given.built is not None and not Path(given.built).is_dir():
        parser.error(f"--built {given.built}: no such folder; run: simobjects guest build {given.built}")
    return given


def counts(given: argparse.Namespace) -> Measured:
    """What was measured, now or before.

    Raises:
        ValueError: a file is no table of counts, or the guest ended nothing of what the tables are about.
    """
    if given.from_file is not None:
        parts = read(given.from_file)
    else:
        guest = Guest(built=given.built or "", arguments=given.arguments)
        if given.elf_file is not None:
            guest = Guest(str(given.elf_file), str(given.dtb_file), str(given.initrd_file))
        parts = measure_all(SETTINGS, guest, given.jobs)
        if given.out is not None:
            write_whole(given.out, written(parts).encode())
    found = Measured.of(parts)
    for setting in SETTINGS:
        there = found.parts.get(setting, {})
        if BOOT not in there or not any(name in there for name in FIRST):
            needed = f"a boot and some of the windows {FIRST[0]} to {FIRST[-1]}"
            raise ValueError(f"{setting}: it came to {', '.join(there) or 'nothing'}; the tables need {needed}")
        if not there[BOOT]["exits.mmio"]:
            raise ValueError(f"{setting}: no access to a device in the boot; give the guest a console on the UART")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Print the tables, and write what is asked for. 1 when there is nothing to print."""
    given = parsed(arguments)
    if given.small:
        print(even(measured()))
        return 0
    try:
        found = counts(given)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    made = tables(found, Real.read(given.windows, given.hosts), measured())
    for name, table in made.items():
        print(f"{name}\n\n{table}\n")
    folders = [given.figures, given.page and given.page.parent / "figures"]
    for folder in folders:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in figures(found).items():
                write_whole(folder / name, content)
    if given.page is not None:
        replace_marked(given.page, made)
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except SimObjectsError as problem:
        raise SystemExit(str(problem)) from None
