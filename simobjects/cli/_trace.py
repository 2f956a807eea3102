# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects trace`: look into traces, import them, record programs."""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import IO, Literal

from simobjects.workloads._source import ZSTD_MAGIC, chunks
from simobjects.workloads.capture import capture
from simobjects.workloads.header import TraceHeader
from simobjects.workloads.lackey import import_lackey
from simobjects.workloads.mtr import import_mtr
from simobjects.workloads.shipped import shipped_traces
from simobjects.workloads.summary import TraceSummary, summarize

from ._capture_progress import CaptureLine
from ._common import Commands, columns, command, count, say, short
from ._exit import ExitCode, UsageError

Format = Literal["mtr", "lackey"]
MTR_MAGIC = b"PPCMTR01"
_ONLY = {"mtr": ("accesses", "skip"), "lackey": ("references", "renumber", "architecture")}


def add(commands: Commands) -> None:
    """Add the three commands to the parser."""
    group = commands.add_parser("trace", help="look into traces, import them, record programs")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_info(inner)
    _add_import(inner)
    _add_capture(inner)


def _add_info(commands: Commands) -> None:
    parser = command(commands, "info", info, "show what a trace holds and where it came from")
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
    parser = command(
        commands,
        "import",
        import_trace,
        "make a trace file of a recording",
        "Formats: Valgrind lackey's --trace-mem=yes text, and PPCMTR01; both also compressed with zstd.",
    )
    parser.add_argument("source", metavar="FILE", help="the recording; - is standard input")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="TRACE", help="the trace file to write")
    parser.add_argument("--format", choices=sorted(_ONLY), help="default: found from the first bytes")
    parser.add_argument("--label", metavar="TEXT", help="what the header gives as source (default: the file's name)")
    parser.add_argument("--license-note", default="", metavar="TEXT", help="terms of what was recorded")
    parser.add_argument("--level", type=int, choices=range(1, 23), metavar="1..22", help="zstd level (default: 19)")
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
    parser = command(
        commands,
        "capture",
        record,
        "record a program under Valgrind: simobjects trace capture -o ls.trace -- ls -l",
        "The program's input and output are its own. Ctrl-C ends it and keeps what was recorded until then.",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="TRACE", help="default: the program's name and .trace")
    parser.add_argument("--references", type=count, metavar="N", help="stop after N instructions, loads and stores")
    parser.add_argument("--renumber", choices=("auto", "always", "never"), default="auto", help="default: auto")
    parser.add_argument("--license-note", default="", metavar="TEXT", help="terms of what is recorded")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="-- COMMAND ...", help="what to run")


def info(arguments: argparse.Namespace) -> int:
    """Carry out `trace info`."""
    for name in arguments.traces or shipped_traces():
        summary = summarize(name, tlb_entries=arguments.entries)
        if arguments.json:
            print(summary.model_dump_json())
        else:
            print(name)
            print(columns([[f"  {fact}", value] for fact, value in facts(summary)]), end="")
    return ExitCode.OK


def facts(summary: TraceSummary) -> list[tuple[str, str]]:
    """What there is to say of a trace, as pairs of text."""
    header = summary.header
    return [
        ("source", header.source),
        ("architecture", header.architecture),
        ("importer", header.importer),
        ("addresses", "as recorded" if header.address_map == "none" else header.address_map),
        *([("terms", header.license_note)] if header.license_note else []),
        ("file", f"{summary.file}, {summary.file_bytes} bytes"),
        ("look-ups", f"{header.lookups} in {header.records} records"),
        ("instructions", str(header.instructions)),
        ("loads", str(header.loads)),
        ("stores", str(header.stores)),
        ("page crossings", str(header.crossings)),
        ("pages of 4 KiB", f"{header.pages}: code {summary.code_pages}, data {summary.data_pages}"),
        *((f"misses, FIFO of {size}", _rate(misses, header)) for size, misses in summary.tlb_misses.items()),
        ("content hash", header.content_hash),
        ("made by", header.created_by),
    ]


def _rate(misses: int, header: TraceHeader) -> str:
    return f"{misses}, {1000 * misses / max(1, header.lookups):.3f} per thousand look-ups"


def import_trace(arguments: argparse.Namespace) -> int:
    """Carry out `trace import`."""
    source: Path | IO[bytes] = sys.stdin.buffer if arguments.source == "-" else Path(arguments.source)
    chosen: Format = arguments.format or recognize(source)
    for other, names in _ONLY.items():
        for name in names:
            if other != chosen and getattr(arguments, name) is not None:
                raise UsageError(f"--{name} belongs to {other} recordings, this one is {chosen}; leave it out")
    options = {"label": arguments.label, "license_note": arguments.license_note}
    for name in (*_ONLY[chosen], "level"):
        options[name] = getattr(arguments, name)
    given = {name: value for name, value in options.items() if value is not None}
    header = (import_mtr if chosen == "mtr" else import_lackey)(source, arguments.output, **given)
    _tell(header, arguments.output)
    return ExitCode.OK


def recognize(source: Path | IO[bytes]) -> Format:
    """The format of a recording, from its first bytes.

    Raises:
        TraceError: it cannot be read.
        UsageError: it comes compressed from a pipe, where it cannot be looked into beforehand.
    """
    if isinstance(source, Path):
        start = next(chunks(source), b"")
    else:
        start = source.peek(len(MTR_MAGIC)) if isinstance(source, io.BufferedReader) else b""
        if start.startswith(ZSTD_MAGIC):
            raise UsageError("compressed standard input does not show its format; add --format mtr or --format lackey")
    return "mtr" if start.startswith(MTR_MAGIC) else "lackey"


def record(arguments: argparse.Namespace) -> int:
    """Carry out `trace capture`."""
    program = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
    if not program:
        raise UsageError("trace capture: no program; write it after --, as in: simobjects trace capture -- ls -l")
    output = arguments.output or Path(f"{Path(program[0]).name}.trace")
    line = CaptureLine(sys.stderr)
    try:
        done = capture(
            program,
            output,
            references=arguments.references,
            renumber=arguments.renumber,
            license_note=arguments.license_note,
            progress=line,
        )
    finally:
        line.clear()
    _tell(done.header, output)
    if done.stopped == "interrupt":
        return ExitCode.INTERRUPTED
    if done.exit_status:
        say(f"{program[0]} itself ended with exit code {done.exit_status}")
    return ExitCode.OK


def _tell(header: TraceHeader, output: Path) -> None:
    counted = f"{short(header.lookups)} look-ups, {short(header.instructions)} instructions, {header.pages} pages"
    say(f"{counted}, {output.stat().st_size} bytes")
    print(output)


def _sizes(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(part) for part in text.split(","))
    except ValueError:
        sizes = (0,)
    if not all(1 <= size <= 4096 for size in sizes):
        raise argparse.ArgumentTypeError(f"{text}: expected sizes from 1 to 4096, as in 64 or 32,64,128")
    return sizes
