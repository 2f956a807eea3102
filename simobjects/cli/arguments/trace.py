# SPDX-License-Identifier: BSD-3-Clause
"""The arguments of `simobjects trace`."""

from __future__ import annotations

import argparse
from pathlib import Path

from .shared import Commands, command, count

ONLY = {"mtr": ("accesses", "skip"), "lackey": ("references", "renumber", "architecture"), "tlb-events": ()}
"""The options that only one format of recordings has, by format."""


def add(commands: Commands) -> None:
    """Add the four commands to the parser."""
    group = commands.add_parser("trace", help="look into traces, import them, record programs")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_info(inner)
    _add_import(inner)
    _add_capture(inner)
    _add_suite(inner)


def _add_info(commands: Commands) -> None:
    """Add `trace info`.

    The command gets:
        traces: paths or names, as text; empty: the shipped ones.
        json: bool.
        entries: sizes of a TLB, at least one.
    """
    parser = command(commands, "info", "_trace.info", "show what a trace holds and where it came from")
    parser.add_argument(
        "traces", nargs="*", metavar="TRACE", help="trace files, or shipped ones by name (default: all shipped ones)"
    )
    parser.add_argument("--json", action="store_true", help="the same as JSON, one object a line")
    parser.add_argument(
        "--entries",
        type=_sizes,
        default=(64,),
        metavar="N,N",
        help="sizes of the first-in-first-out TLB whose misses are counted (default: 64)",
    )


def _add_import(commands: Commands) -> None:
    """Add `trace import`. None: the option is not given.

    The command gets:
        source: text; `-` is standard input.
        output: path.
        format: a key of `ONLY`, or None.
        label: text or None.
        license_note: text; empty: none.
        level: 1 to 22, or None.
        accesses, skip, references: above 0, or None.
        renumber: auto, always, never or None.
        architecture: text or None.
    """
    parser = command(
        commands,
        "import",
        "_trace.import_trace",
        "make a trace file of a recording",
        "Formats: Valgrind lackey's --trace-mem=yes text, PPCMTR01, and logs of tlbwe and interrupts, which become "
        "recordings; all also compressed with zstd.",
    )
    parser.add_argument("source", metavar="FILE", help="the recording; - is standard input")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="TRACE", help="the trace file to write")
    parser.add_argument("--format", choices=sorted(ONLY), help="default: found from the first bytes")
    parser.add_argument("--label", metavar="TEXT", help="what the header gives as source (default: the file's name)")
    parser.add_argument("--license-note", default="", metavar="TEXT", help="terms of what was recorded")
    parser.add_argument("--level", type=int, choices=range(1, 23), metavar="1..22", help="zstd level (default: 3)")
    parser.add_argument("--accesses", type=count, metavar="N", help="mtr: keep N data accesses")
    parser.add_argument("--skip", type=count, metavar="N", help="mtr: leave out the first N data accesses")
    parser.add_argument("--references", type=count, metavar="N", help="lackey: keep N instructions, loads and stores")
    parser.add_argument(
        "--renumber",
        choices=("auto", "always", "never"),
        help="lackey: renumber addresses in chunks of 1 MiB below 0xC0000000 (default: auto, if one needs > 32 bits)",
    )
    parser.add_argument("--architecture", metavar="NAME", help="lackey: instruction set, as in ppc32 or x86-64")


def _add_capture(commands: Commands) -> None:
    """Add `trace capture`.

    The command gets:
        output: path; None: by the program's name.
        references: above 0, or None.
        renumber: auto, always or never.
        license_note: text; empty: none.
        program: words, of which the first may be `--`.
    """
    parser = command(
        commands,
        "capture",
        "_trace.record",
        "record a program under Valgrind: simobjects trace capture -o ls.trace -- ls -l",
        "The program's input and output are its own. Ctrl-C ends it and keeps what was recorded until then.",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="TRACE", help="default: the program's name and .trace")
    parser.add_argument("--references", type=count, metavar="N", help="stop after N instructions, loads and stores")
    parser.add_argument("--renumber", choices=("auto", "always", "never"), default="auto", help="default: auto")
    parser.add_argument("--license-note", default="", metavar="TEXT", help="terms of what is recorded")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="what to run")


def _add_suite(commands: Commands) -> None:
    """Add `trace suite`.

    The command gets:
        programs: names; empty: all.
        output: path of a folder.
        references: above 0, or None.
        list: bool.
    """
    parser = command(
        commands,
        "suite",
        "_trace.record_suite",
        "record a set of programs from Debian packages as a suite of workloads",
        "Writes a trace of each into a folder, and suite.json beside them, which `Suite.load` reads.",
    )
    parser.add_argument("programs", nargs="*", metavar="PROGRAM", help="only these (default: the whole set)")
    parser.add_argument("-o", "--output", type=Path, default=Path("suite"), metavar="DIR", help="default: suite")
    parser.add_argument("--references", type=count, metavar="N", help="of each program (default: 20M)")
    parser.add_argument("--list", action="store_true", help="show the set: program, package, command")


def _sizes(text: str) -> tuple[int, ...]:
    """Sizes of a TLB, from 1 to 4096: `64`, `32,64,128`. argparse.ArgumentTypeError: it is no such list."""
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = (0,)
    if not all(1 <= size <= 4096 for size in sizes):
        raise argparse.ArgumentTypeError(f"{text}: expected sizes from 1 to 4096, as in 64 or 32,64,128")
    return sizes
