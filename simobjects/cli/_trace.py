# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects trace`: look into traces, import them, record programs, one or a set."""

from __future__ import annotations

import argparse
import io
import os
import re
import shlex
import sys
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

from simobjects.base.errors import ExitCode, UsageError
from simobjects.base.text import columns, short
from simobjects.traces._source import ZSTD_MAGIC, chunks

from ._common import say
from .arguments.trace import ONLY

if TYPE_CHECKING:
    from simobjects.traces.header import TraceHeader
    from simobjects.traces.summary import TraceSummary

# Each command imports what it works with: an import of a second need not wait for what captures or simulates.

Format = Literal["mtr", "lackey", "tlb-events"]
IMPORTERS = {"mtr": "mtr:import_mtr", "lackey": "lackey:import_lackey", "tlb-events": "tlb_events:import_tlb_events"}
"""The functions of `simobjects.traces` by format."""
MTR_MAGIC = b"PPCMTR01"
_MEMORY = "ARROW_DEFAULT_MEMORY_POOL"
_FOR_ARRAYS = ("numpy", "cloudpickle")
"""What pyarrow imports where it is there. An import hands it memory, no arrays, and these take twice as long as it."""
TLB_EVENT = re.compile(rb"W [0-2] \d+ [0-9a-f]+\s|X [A-Z]+ [0-9a-f]+\s")


def info(arguments: argparse.Namespace) -> int:
    """Carry out `trace info`: what a trace holds, as lines of facts or as JSON, a line for each trace.

    Raises:
        TraceError: a trace is not there, or is damaged.
    """
    from simobjects.traces.shipped import shipped_traces
    from simobjects.traces.summary import summarize

    for name in arguments.traces or shipped_traces():
        summary = summarize(name, tlb_entries=arguments.entries)
        if arguments.json:
            print(summary.model_dump_json())
        else:
            print(name)
            print(columns([[f"  {fact}", value] for fact, value in facts(summary)]), end="")
    return ExitCode.OK


def facts(summary: TraceSummary) -> list[tuple[str, str]]:
    """What there is to say of a trace, as pairs of text: counts, pages by kind, misses of plain TLBs, who made it."""
    header = summary.header
    return [
        ("source", header.source),
        ("architecture", header.architecture),
        ("importer", header.importer),
        ("addresses", "as recorded" if header.address_map == "none" else header.address_map),
        *([("terms", header.license_note)] if header.license_note else []),
        *([("recorded on", header.machine)] if header.full_system else []),
        ("file", f"{summary.file}, {summary.file_bytes} bytes"),
        ("look-ups", f"{header.lookups} in {header.records} records"),
        *(
            [("events", f"{summary.events} records of privileged instructions, exceptions, ...")]
            if summary.events
            else []
        ),
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
    """Misses, and misses in a thousand look-ups."""
    return f"{misses}, {1000 * misses / max(1, header.lookups):.3f} per thousand look-ups"


def import_trace(arguments: argparse.Namespace) -> int:
    """Carry out `trace import`: a recording of another tool becomes a trace file, whose path is printed.

    Raises:
        UsageError: an option belongs to another format, or compressed standard input does not show its own.
        TraceError: the recording is damaged, with its line or byte, or the file cannot be written.
    """
    if arguments.alone:
        import_arrow_alone()
    source: Path | IO[bytes] = sys.stdin.buffer if arguments.source == "-" else Path(arguments.source)
    chosen: Format = arguments.format or recognize(source)
    for other, names in ONLY.items():
        for name in names:
            if other != chosen and getattr(arguments, name) is not None:
                raise UsageError(f"--{name} belongs to {other} recordings, this one is {chosen}", fix="leave it out")
    options = {"label": arguments.label, "license_note": arguments.license_note}
    for name in (*ONLY[chosen], "level"):
        options[name] = getattr(arguments, name)
    given = {name: value for name, value in options.items() if value is not None}
    module, _, function = IMPORTERS[chosen].partition(":")
    importer = getattr(import_module(f"simobjects.traces.{module}"), function)
    header: TraceHeader = importer(source, arguments.output, **given)
    _tell(header, arguments.output)
    return ExitCode.OK


def import_arrow_alone() -> None:
    """Import pyarrow as it is where NumPy is not installed, unless one of them is imported already.

    For the rest of this process pyarrow makes no array of a column and takes none. NumPy can be imported after it.
    Batches of a trace are few and large, for which the C library's memory costs the system less than Arrow's own.
    """
    if "pyarrow" in sys.modules:
        return
    hidden = [name for name in _FOR_ARRAYS if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    chosen = os.environ.get(_MEMORY)
    os.environ.setdefault(_MEMORY, "system")
    try:
        import_module("pyarrow").default_memory_pool()  # chosen once
    finally:
        for name in hidden:
            del sys.modules[name]
        if chosen is None:
            del os.environ[_MEMORY]


def recognize(source: Path | IO[bytes]) -> Format:
    """The format of a recording, from its first bytes.

    Raises:
        TraceError: it cannot be read.
        UsageError: it comes compressed from a pipe, where it cannot be looked into beforehand.
    """
    if isinstance(source, Path):
        start = next(chunks(source), b"")
    else:
        start = source.peek(64) if isinstance(source, io.BufferedReader) else b""
        if start.startswith(ZSTD_MAGIC):
            raise UsageError(
                "compressed standard input does not show its format", fix="add --format mtr, lackey or tlb-events"
            )
    if TLB_EVENT.match(start):
        return "tlb-events"
    return "mtr" if start.startswith(MTR_MAGIC) else "lackey"


def record(arguments: argparse.Namespace) -> int:
    """Carry out `trace capture`: a program runs under Valgrind, and its references become a trace file.

    Returns:
        `INTERRUPTED` after Ctrl-C, which keeps the trace so far; else `OK`, however the program itself ended.

    Raises:
        UsageError: no program is named.
        TraceError: Valgrind or the program is not there, or nothing was recorded.
    """
    from simobjects.traces.capture import capture

    from ._progress import CaptureLine

    program = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
    if not program:
        raise UsageError("trace capture: no program", fix="write it after --, as in: simobjects trace capture -- ls -l")
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


def record_suite(arguments: argparse.Namespace) -> int:
    """Carry out `trace suite`: programs of Debian are recorded, and a suite of their traces is written.

    Returns:
        `INTERRUPTED` after Ctrl-C; the trace in work is kept, and no suite is written.

    Raises:
        UsageError: there is no such program, or the folder cannot be made.
        TraceError: a program cannot be fetched or recorded.
    """
    from simobjects.study.suite import Suite, Workload
    from simobjects.traces.debian import PROGRAMS, REFERENCES, chosen
    from simobjects.traces.debian import record as record_program

    from ._progress import CaptureLine

    names = chosen(arguments.programs)
    if arguments.list:
        print(columns([[name, PROGRAMS[name].package, shlex.join(PROGRAMS[name].command)] for name in names]), end="")
        return ExitCode.OK
    folder: Path = arguments.output
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"cannot be made ({error.strerror})", where=folder, fix="name another folder") from None
    workloads = []
    for name in names:
        line, file = CaptureLine(sys.stderr), f"{name}.arrow"
        try:
            done = record_program(name, folder / file, arguments.references or REFERENCES, line)
        finally:
            line.clear()
        _tell(done.header, folder / file)
        if done.stopped == "interrupt":
            return ExitCode.INTERRUPTED
        workloads.append(Workload(name, {"system.core.workload.trace": f"{{{file}}}"}, 1.0, {file: ""}))
    print(Suite("debian", tuple(workloads), folder).write())
    return ExitCode.OK


def _tell(header: TraceHeader, output: Path) -> None:
    """Print how much was recorded, and the file's path to standard output."""
    counted = f"{short(header.lookups)} look-ups, {short(header.instructions)} instructions, {header.pages} pages"
    say(f"{counted}, {output.stat().st_size} bytes")
    print(output)
