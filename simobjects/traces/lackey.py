# SPDX-License-Identifier: BSD-3-Clause
"""Import the text of `valgrind --tool=lackey --trace-mem=yes`: every instruction, load and store in exact order.

`M` is a load then a store; what crosses a page is two look-ups, lower page first. Addresses that need more than 32
bits make all of them, code and data, be renumbered in aligned 1 MiB chunks in the order of first touch, from
0x10000000 up to 0xC0000000, so that page sizes up to 1 MiB keep their meaning.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Literal

import numpy as np
import numpy.typing as npt

from simobjects.cext.traces.lackey import LackeyDecoder
from simobjects.cext.traces.records import DecodeError
from simobjects.traces._source import chunks
from simobjects.traces.columns import Columns
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.tally import PAGE_LIMIT
from simobjects.traces.writer import DEFAULT_LEVEL, TraceWriter

Renumber = Literal["auto", "always", "never"]

CHUNK_PAGES = 256
"""Pages of a 1 MiB chunk."""


def import_lackey(
    source: str | Path | IO[bytes],
    out: str | Path,
    *,
    references: int | None = None,
    renumber: Renumber = "auto",
    label: str | None = None,
    architecture: str = "unknown",
    license_note: str = "",
    level: int = DEFAULT_LEVEL,
) -> TraceHeader:
    """Import the text of Valgrind's tool lackey to a trace file.

    Args:
        source: a file or an open binary stream, plain or zstd, of `--trace-mem=yes`.
        out: the trace file; nothing is left of it after an error.
        references: stop after this many instructions, loads and stores; None: all.
        renumber: addresses: `auto` (all of them, once one needs more than 32 bits), `always` or `never`.
        label: what the header gives as source; None: the file's name.
        architecture: instruction set of the traced program.
        license_note: terms of the program and its input.
        level: zstd level, 1 to 22.

    Raises:
        TraceError: the text is none of lackey's, with the byte; or the file cannot be written.
    """
    named = isinstance(source, (str, Path))
    label = label if label is not None else Path(source).name if named else "stream"  # type: ignore[arg-type]
    with LackeyImport(
        out,
        where=str(source) if named else "the input stream",
        source=label,
        references=references,
        renumber=renumber,
        architecture=architecture,
        license_note=license_note,
        level=level,
    ) as running:
        for piece in chunks(source):
            if not running.feed(piece):
                break
        return running.close()


class LackeyImport:
    """An import that is fed piece by piece; a context manager that leaves nothing behind unless closed."""

    def __init__(
        self,
        out: str | Path,
        *,
        where: str,
        source: str,
        references: int | None,
        renumber: Renumber,
        architecture: str,
        license_note: str = "",
        level: int = DEFAULT_LEVEL,
    ) -> None:
        if references is not None and references < 1:
            raise ValueError(f"references is {references}, expected 1 or more")
        options = (f" --references {references}" if references is not None else "") + (
            f" --renumber {renumber}" if renumber != "auto" else ""
        )
        self._where = where
        self._decoder = LackeyDecoder(renumber=renumber, limit=-1 if references is None else references)
        self._writer = TraceWriter(
            out,
            source=source,
            importer=f"lackey{options}",
            architecture=architecture,
            license_note=license_note,
            level=level,
        )

    def __enter__(self) -> LackeyImport:
        return self

    def __exit__(self, *_error: object) -> None:
        self._writer.abort()

    @property
    def references(self) -> int:
        """Instructions, loads and stores so far."""
        totals = self._decoder.totals()
        return totals["instructions"] + totals["loads"] + totals["stores"]

    def feed(self, piece: bytes | memoryview) -> bool:
        """Import one more piece of the text, cut anywhere.

        Returns:
            Whether more is wanted.

        Raises:
            TraceError: a line is none of lackey's.
        """
        try:
            self._decoder.feed(piece)
        except DecodeError as error:
            raise self._bad(error) from None
        self._writer.pour(self._decoder)
        return not self._decoder.done

    def close(self, *, cut: bool = False) -> TraceHeader:
        """Finish the file.

        Args:
            cut: the text was stopped at any byte, so an unfinished last line is left out.

        Raises:
            TraceError: the last line is none of lackey's, there were no references, or the file cannot be written.
        """
        decoder = self._decoder
        try:
            decoder.finish(cut=cut)
        except DecodeError as error:
            raise self._bad(error) from None
        self._writer.pour(decoder)
        totals = decoder.totals()
        late = decoder.renumbered and decoder.switched_at > 0
        return self._writer.close(
            instructions=totals["instructions"],
            loads=totals["loads"],
            stores=totals["stores"],
            address_map=self._address_map(),
            remap=_Renumbering(decoder.chunk_map(), decoder.switched_at) if late else None,
        )

    def _address_map(self) -> str:
        if not self._decoder.renumbered:
            return "none"
        count = len(self._decoder.chunk_map())
        return f"renumbered in aligned 1 MiB chunks in order of first touch from 0x10000000 up ({count} chunks)"

    def _bad(self, error: DecodeError) -> TraceError:
        return TraceError(
            self._where,
            f"line {error.line}: {error.what}",
            offset=error.offset,
            fix="give the output of 'valgrind --tool=lackey --trace-mem=yes --log-file=FILE' "
            "(a log file keeps the program's own output out); see also renumber",
        )


class _Renumbering:
    """Renumbers the records written before the first wide address was seen."""

    def __init__(self, chunk_map: dict[int, int], records: int) -> None:
        table = np.zeros(PAGE_LIMIT // CHUNK_PAGES, np.uint32)
        for old, new in chunk_map.items():
            if old < len(table):
                table[old] = new
        self._table = table
        self._records = records

    def __call__(self, columns: Columns, first: int) -> Columns:
        head = max(0, min(self._records - first, len(columns.kind)))
        if head == 0:
            return columns
        fetch_page, data_page = columns.fetch_page.copy(), columns.data_page.copy()
        fetch_page[:head] = self._pages(fetch_page[:head], columns.fetches[:head] > 0)
        data_page[:head] = self._pages(data_page[:head], columns.accesses[:head] > 0)
        return columns._replace(fetch_page=fetch_page, data_page=data_page)

    def _pages(self, pages: npt.NDArray[np.uint32], used: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint32]:
        """Page 0 that nothing touches (before the first fetch, or of a record without accesses) stays 0."""
        new = self._table[pages // CHUNK_PAGES] * np.uint32(CHUNK_PAGES) + pages % np.uint32(CHUNK_PAGES)
        return np.where(used | (pages > 0), new, np.uint32(0))
