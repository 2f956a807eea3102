# SPDX-License-Identifier: BSD-3-Clause
"""Import `PPCMTR01` streams: memory references of PowerPC programs recorded by a QEMU plugin.

Accesses keep their exact order and pages. Instruction fetch is known as page visits and as instruction counts at marks
(every 65536 accesses), so the fetches are placed by rule: of the D instructions between two marks, each of the C page
visits that begin there has one, fetched as the page is entered; the other D - C are spread evenly over the accesses,
each fetched from the code page current at that access and before it. docs/traces.md has the corner cases.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO

from simobjects.cext.traces.mtr import MtrDecoder
from simobjects.cext.traces.records import DecodeError
from simobjects.traces._source import chunks
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.writer import DEFAULT_LEVEL, TraceWriter


def import_mtr(
    source: str | Path | IO[bytes],
    out: str | Path,
    *,
    accesses: int | None = None,
    skip: int = 0,
    label: str | None = None,
    license_note: str = "",
    level: int = DEFAULT_LEVEL,
) -> TraceHeader:
    """Import a `PPCMTR01` stream, as a QEMU plugin records it, to a trace file.

    Args:
        source: a file or an open binary stream, plain or zstd.
        out: the trace file; nothing is left of it after an error.
        accesses: keep this many after those left out; None: all.
        skip: leave out so many at first.
        label: what the header gives as source; None: the file's name.
        license_note: terms of the program and its input.
        level: zstd level, 1 to 22.

    Raises:
        ValueError: `accesses` is below 1, or `skip` below 0.
        TraceError: the stream is damaged, with the byte; or the file cannot be written.
    """
    if accesses is not None and accesses < 1:
        raise ValueError(f"accesses is {accesses}, expected 1 or more")
    if skip < 0:
        raise ValueError(f"skip is {skip}, expected 0 or more")
    name = Path(source).name if isinstance(source, (str, Path)) else "stream"
    options = (f" --accesses {accesses}" if accesses is not None else "") + (f" --skip {skip}" if skip else "")
    decoder = MtrDecoder(accesses=-1 if accesses is None else accesses, skip=skip)
    with TraceWriter(
        out,
        source=label if label is not None else name,
        importer=f"mtr{options}",
        architecture="ppc32",
        license_note=license_note,
        level=level,
    ) as writer:
        _decode(source, decoder, writer)
        totals = decoder.totals()
        return writer.close(instructions=totals["instructions"], loads=totals["loads"], stores=totals["stores"])


def _decode(source: str | Path | IO[bytes], decoder: MtrDecoder, writer: TraceWriter) -> None:
    """Pour what the decoder makes of the stream into the file, to its end or until it has as much as it wants."""
    try:
        for piece in chunks(source):
            decoder.feed(piece)
            writer.pour(decoder)
            if decoder.done:
                break
        decoder.finish()
    except DecodeError as error:
        raise TraceError(
            source if isinstance(source, (str, Path)) else "the input stream",
            f"not a good PPCMTR01 stream: {error.what} (offset in the decompressed stream)",
            offset=error.offset,
            fix="record the trace again, or copy the file again",
        ) from None
    writer.pour(decoder)
