# SPDX-License-Identifier: BSD-3-Clause
"""The naive C simulator, compiled when it is wanted and called without Python on the way."""

from __future__ import annotations

import ctypes
import os
import shlex
import subprocess
from pathlib import Path

from simobjects.traces.tracefile import Columns

SOURCE = Path(__file__).with_name("scan.c")
FLAGS = ("-O2", "-std=c11", "-Wall", "-Werror", "-shared", "-fPIC")


class _Trace(ctypes.Structure):
    _fields_ = (
        ("fetch_page", ctypes.c_void_p),
        ("data_page", ctypes.c_void_p),
        ("kind", ctypes.c_void_p),
        ("accesses", ctypes.c_void_p),
        ("fetches", ctypes.c_void_p),
        ("records", ctypes.c_int64),
    )


def compiler() -> list[str]:
    """What compiles it: $CC, else gcc."""
    return shlex.split(os.environ.get("CC", "")) or ["gcc"]


def compile_scan(folder: Path) -> ctypes.CDLL:
    """Compile into `folder`. Raises OSError without a compiler, CalledProcessError when it fails."""
    library = folder / "scan.so"
    subprocess.run([*compiler(), *FLAGS, "-o", str(library), str(SOURCE)], check=True)
    return ctypes.CDLL(str(library))


class Naive:
    """The scans over the columns of one trace."""

    def __init__(self, columns: Columns, library: ctypes.CDLL) -> None:
        for name in ("textbook_scan", "pages_scan", "read_columns"):
            function = getattr(library, name)
            function.argtypes = (ctypes.POINTER(_Trace), ctypes.c_int, ctypes.c_int)
            function.restype = ctypes.c_int64
        self._library = library
        self._columns = columns  # keeps the maps open
        self._trace = _Trace(
            columns.fetch_page.ctypes.data,
            columns.data_page.ctypes.data,
            columns.kind.ctypes.data,
            columns.accesses.ctypes.data,
            columns.fetches.ctypes.data,
            len(columns.fetch_page),
        )

    def textbook(self, entries: int, pinned: int) -> int:
        """Misses with the 440's match, an array of structs; the last `pinned` entries are never replaced."""
        return int(self._library.textbook_scan(ctypes.byref(self._trace), entries, pinned))

    def pages(self, entries: int, pinned: int) -> int:
        """The same with nothing but page numbers to compare."""
        return int(self._library.pages_scan(ctypes.byref(self._trace), entries, pinned))

    def read(self) -> int:
        """The sum of all columns: nothing but reading them once."""
        return int(self._library.read_columns(ctypes.byref(self._trace), 0, 0))
