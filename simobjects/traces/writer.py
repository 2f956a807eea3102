# SPDX-License-Identifier: BSD-3-Clause
"""Writing a trace file: records are spooled as they come, and the file is made whole at the end."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pyarrow as pa

from simobjects.base.claims import Claim
from simobjects.base.errors import OutputError
from simobjects.base.files import is_device, naming, reason, replacing
from simobjects.base.text import readable
from simobjects.cext.traces.blocks import BlockMaker
from simobjects.cext.traces.records import Records
from simobjects.traces._blocks import keep_blocks
from simobjects.traces._spool import Spool
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.tally import GRANULE, Tally
from simobjects.traces.views import Views, new_columns

if TYPE_CHECKING:
    from simobjects.traces.columns import Columns

BATCH_RECORDS = 1 << 20
DEFAULT_LEVEL = 3
"""zstd level: 6 makes files of half the size in a third more time; from 10 on it takes several times as long."""


WRITER_VERSION = 1
"""Raised whenever the same records would give other bytes."""


def created_by() -> str:
    """What decides a file's bytes besides its records and labels."""
    return f"simobjects trace writer {WRITER_VERSION}, pyarrow {pa.__version__}"


Remap = Callable[["Columns", int], "Columns"]
"""Gives the records of a batch new pages; the number is the batch's first record."""


class TraceOutputError(OutputError, TraceError):
    """A trace that the disk or the folder does not take."""


class TraceWriter:
    """Writes one trace file in bounded memory.

    Records go to a hidden spool beside `path`; `close` knows the totals, writes the real file from it and renames it
    into place, so that `path` is never half a trace. Use as a context manager: an exception removes the spool.
    The same records and header give the same bytes.

    Args:
        path: of the trace file.
        source: what was traced, for the header: a program or command line.
        importer: what made the records, with its options.
        architecture: instruction set of the program.
        license_note: terms of the program and its input, where the trace is handed on.
        machine: of a whole guest, what it ran on, as JSON; else empty.
        level: zstd level, 1 to 22.
        batch_records: records of a batch of the file, each 15 bytes before they are compressed.

    Raises:
        ValueError: a level or a size of batches that there is not.
        TraceError: the file cannot be written.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        source: str,
        importer: str,
        architecture: str,
        license_note: str = "",
        machine: str = "",
        level: int = DEFAULT_LEVEL,
        batch_records: int = BATCH_RECORDS,
    ) -> None:
        if not 1 <= level <= 22:
            raise ValueError(f"level is {level}, expected a zstd level from 1 to 22")
        if batch_records < 1:
            raise ValueError(f"batch_records is {batch_records}, expected 1 or more")
        self.path = Path(path)
        self.labels = {
            "source": readable(source),
            "importer": importer,
            "architecture": architecture,
            "license_note": readable(license_note),
            "machine": machine,
        }
        self._blocks, self.tally = self._new_tally()
        self._level = level
        self._batch_records = batch_records
        self._batch = new_columns(batch_records)
        self._filled = self._counted = 0
        """Records of the batch, and those of them that are in the tally."""
        self._decoder: Records | None = None
        """It writes into the batch."""
        self._claim = self._new_claim()
        self._spool = Spool(self._claim.path, level)

    def _new_tally(self) -> tuple[BlockMaker | None, Tally]:
        """With the summary for the cache, which a recording does not have."""
        full_system = bool(self.labels["machine"])
        blocks = None if full_system else BlockMaker()
        return blocks, Tally(full_system, blocks)

    def _new_claim(self) -> Claim:
        try:
            with naming(self.path):
                if self.path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
                return Claim(_scratch() / "trace" if is_device(self.path) else self.path, "spool")
        except OSError as error:
            fix = "choose a directory that exists and is writable"
            raise TraceOutputError(self.path, f"cannot be written: {error.strerror}", fix=fix) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.abort()  # after close there is nothing left to remove

    def append(self, columns: Columns) -> None:
        """Add records, any number of them.

        Raises:
            ValueError: one is not valid; with its index in the whole trace.
            TraceError: there is no room for them.
        """
        from simobjects.traces.columns import from_bytes

        self._decoder = None
        batch = from_bytes(self._batch)
        done = 0
        while done < len(columns.kind):
            size = min(len(columns.kind) - done, self._batch_records - self._filled)
            for name, column in columns._asdict().items():
                getattr(batch, name)[self._filled : self._filled + size] = column[done : done + size]
            done += size
            self._filled += size
            if self._filled == self._batch_records:
                self._keep_batch()
        self._count()

    def pour(self, decoder: Records) -> None:
        """Add what a decoder has finished.

        What it finishes later goes into the batch at once, and is added when this is called again.
        """
        if decoder is not self._decoder:
            self._decoder = decoder
            decoder.aim(*self._batch, self._filled)
        self._filled = decoder.reached
        while self._filled == self._batch_records:
            self._keep_batch()
            decoder.aim(*self._batch, 0)
            self._filled = decoder.reached
        self._count()

    def _count(self) -> None:
        """The tally gets what is new in the batch."""
        if self._counted < self._filled:
            self.tally.add(Views._make(column[self._counted : self._filled] for column in self._batch))
            self._counted = self._filled

    def _keep_batch(self) -> None:
        self._count()
        with self._writing():
            self._spool.add(Views._make(column[: self._filled] for column in self._batch))
        self._filled = self._counted = 0

    def close(
        self,
        *,
        instructions: int,
        loads: int,
        stores: int,
        address_map: str = "none",
        remap: Remap | None = None,
    ) -> TraceHeader:
        """Finish the file.

        Args:
            instructions: fetched, as the source counts them.
            loads: of the source; one that crosses a page is one.
            stores: the same.
            address_map: how addresses were renumbered, for the header.
            remap: changes pages on the way out (renumbering that became necessary late).

        Returns:
            The header as it was written.

        Raises:
            TraceError: there are no records, or the file cannot be written.
        """
        if self._filled:
            self._keep_batch()
        with self._writing():
            self._spool.close()
        if self.tally.records == 0:
            self.abort()
            raise TraceError(self.path, "there are no records to write", fix="import a stream that holds references")
        if remap is not None:
            self._remap(remap)
        header = self._header(instructions, loads, stores, address_map)
        self._write_file(header)
        self.abort()
        if self._blocks is not None:
            keep_blocks(header.content_hash, self._blocks)
        return header

    def _header(self, instructions: int, loads: int, stores: int, address_map: str) -> TraceHeader:
        """What the source counts, beside what the tally has."""
        return TraceHeader(
            granule=GRANULE,
            instructions=instructions,
            accesses=loads + stores,
            loads=loads,
            stores=stores,
            crossings=self.tally.lookups - instructions - loads - stores,
            lookups=self.tally.lookups,
            records=self.tally.records,
            pages=self.tally.pages,
            address_map=address_map,
            content_hash=self.tally.content_hash(),
            created_by=created_by(),
            **self.labels,
        )

    def _remap(self, remap: Remap) -> None:
        """Everything again, with other pages."""
        self._blocks, self.tally = self._new_tally()
        claim, first = self._new_claim(), 0
        try:
            with self._writing():
                spool = Spool(claim.path, self._level)
                for columns in self._spool.batches():
                    changed = remap(columns, first)
                    first += len(columns.kind)
                    self.tally.add(changed)
                    spool.add(changed)
                spool.close()
        except BaseException:
            claim.release()
            raise
        self._claim.release()
        self._claim, self._spool = claim, spool

    def _write_file(self, header: TraceHeader) -> None:
        with self._writing(), replacing(self.path) as partial, partial.open("wb") as file:
            self._spool.write_file(file, header.to_metadata())

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            fix = "choose a directory that is writable and has room"
            raise TraceOutputError(self.path, f"cannot be written: {reason(error)}", fix=fix) from None

    def abort(self) -> None:
        """Give up and leave nothing behind; no effect after `close`."""
        with contextlib.suppress(OSError):  # a full disk must not hide the first error
            self._spool.close()
        self._claim.release()


def _scratch() -> Path:
    import tempfile  # which few need

    return Path(tempfile.gettempdir())
