# SPDX-License-Identifier: BSD-3-Clause
"""The uncompressed cache of a trace: one .npy file per column, memory-mapped, in a directory named by content hash."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from simobjects.workloads._columns import DTYPES, RECORD_BYTES, Columns
from simobjects.workloads.header import TraceHeader

LAYOUT = 1
SAMPLE = 4096
SAMPLES = 64


def directory() -> Path:
    """`$SIMOBJECTS_CACHE`, or ~/.cache/simobjects. OSError: there is no home directory, as in some containers."""
    try:
        return Path(os.environ.get("SIMOBJECTS_CACHE") or "~/.cache/simobjects").expanduser()
    except RuntimeError as error:
        raise OSError(errno.ENOENT, str(error)) from None


def load(entry: Path, header: TraceHeader) -> Columns | None:
    """Map the columns of a complete cache entry; None when it is missing, damaged, or of another header's counts."""
    try:
        note = json.loads((entry / "entry.json").read_text("utf-8"))
        columns = Columns(*(_map(entry / f"{name}.npy", dtype, header.records) for name, dtype in DTYPES.items()))
    except (OSError, ValueError, EOFError):
        return None
    if not isinstance(note, dict) or note != _note(columns, header):
        return None
    return columns


def _map(path: Path, dtype: np.dtype[Any], records: int) -> npt.NDArray[Any]:
    array = np.load(path, mmap_mode="r", allow_pickle=False)
    if array.dtype != dtype or array.shape != (records,):
        raise ValueError(f"{path.name}: {array.dtype} {array.shape}")
    return np.asarray(array)


def _note(columns: Columns, header: TraceHeader) -> dict[str, Any]:
    """What is kept to recognise a damaged entry, or a header that claims other counts than those checked with it."""
    counts = {name: value for name, value in header.model_dump().items() if isinstance(value, int)}
    return {"layout": LAYOUT, "counts": counts, "samples": _samples(columns)}


def _samples(columns: Columns) -> str:
    """Digest of blocks from all over the columns: cheap, and a hole or an overwritten part hardly escapes it."""
    digest = hashlib.sha256()
    for column in columns:
        for start in sorted({len(column) * i // SAMPLES for i in range(SAMPLES)} | {max(0, len(column) - SAMPLE)}):
            digest.update(np.ascontiguousarray(column[start : start + SAMPLE]).data)
    return digest.hexdigest()


def store(entry: Path, batches: Iterator[Columns], header: TraceHeader) -> Columns:
    """Write a cache entry from batches and map it. OSError: the cache cannot be used.

    The entry is made under another name and renamed, so that processes that do this at the same time do not meet.
    """
    records = header.records
    entry.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(entry.parent).free < records * RECORD_BYTES:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    work = Path(tempfile.mkdtemp(prefix=f"{entry.name[:12]}.", suffix=".partial", dir=entry.parent))
    try:
        _write_columns(work, batches, records)
        columns = Columns(*(_map(work / f"{name}.npy", dtype, records) for name, dtype in DTYPES.items()))
        (work / "entry.json").write_text(json.dumps(_note(columns, header), sort_keys=True) + "\n", "utf-8")
        _publish(work, entry)
        return columns  # the maps stay valid whatever happens to the names
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_columns(work: Path, batches: Iterator[Columns], records: int) -> None:
    files = [(work / f"{name}.npy").open("wb") for name in DTYPES]
    try:
        for file, dtype in zip(files, DTYPES.values(), strict=True):
            np.lib.format.write_array_header_1_0(
                file, {"descr": dtype.str, "fortran_order": False, "shape": (records,)}
            )
        for columns in batches:
            for file, column in zip(files, columns, strict=True):
                file.write(np.ascontiguousarray(column).data)
    finally:
        for file in files:
            file.close()


def _publish(work: Path, entry: Path) -> None:
    try:
        work.rename(entry)
    except OSError as error:
        if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
            raise
        # Another process was faster, or the entry there is damaged: put ours in its place.
        old = Path(tempfile.mkdtemp(prefix=f"{entry.name[:12]}.", suffix=".old", dir=entry.parent))
        try:
            entry.rename(old / "entry")
            work.rename(entry)
        except OSError:
            pass  # somebody else is doing the same; whichever stays is complete
        finally:
            shutil.rmtree(old, ignore_errors=True)
