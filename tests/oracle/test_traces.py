# SPDX-License-Identifier: BSD-3-Clause
"""Imported traces against the decoder that came with the recordings, and the shipped trace made anew."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simobjects.cext.traces import columns as native_columns
from simobjects.cli import main
from simobjects.traces.mtr import import_mtr
from simobjects.traces.shipped import data_directory
from simobjects.traces.tracefile import open_trace, read_header

ORACLE = Path(__file__).parents[3] / "shared" / "oracle"
DECODER = ORACLE / "plugin" / "mtdec.c"
RECORDINGS = ("sqlite", "awk", "grep", "sha256", "minigzip")

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not DECODER.exists(), reason="the recordings (../shared/oracle) are not beside this project"),
    pytest.mark.skipif(
        not (shutil.which("gcc") and shutil.which("zstd")), reason="gcc and zstd are needed for the recordings' decoder"
    ),
]


@pytest.fixture(scope="module")
def decoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recordings' own decoder, compiled."""
    program = tmp_path_factory.mktemp("decoder") / "mtdec"
    subprocess.run(["gcc", "-O2", "-w", "-o", program, DECODER], check=True)
    return program


def recording(name: str) -> Path:
    return ORACLE / "traces" / f"{name}.mtr.zst"


@pytest.mark.parametrize("name", RECORDINGS)
def test_counts(name: str, decoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(tmp_path))
    summary = subprocess.run(
        ["sh", "-c", 'zstd -dcq "$1" | "$2"', "sh", recording(name), decoder],
        check=True,
        capture_output=True,
        text=True,
    ).stderr

    def said(what: str) -> int:
        found = re.search(rf"{what} (\d+)", summary)
        assert found, what
        return int(found[1])

    header = import_mtr(recording(name), tmp_path / "t.arrow", level=1)
    columns = open_trace(tmp_path / "t.arrow").columns
    assert header.loads == said("loads")
    assert header.stores == said("stores")
    visits = 1 + int(np.count_nonzero(np.diff(columns.fetch_page)))
    assert visits == said("ipage-changes")
    assert len(np.unique(columns.fetch_page)) == said("code pages")
    # the decoder takes an access for its first page only
    data_pages = len(np.unique(columns.data_page[columns.accesses > 0]))
    assert 0 <= data_pages - said("data pages") <= header.crossings
    pages = (columns.fetch_page, columns.data_page, columns.accesses, columns.fetches)
    misses = native_columns.fifo_misses(*pages, 64, True)
    assert abs(misses - said("fifo")) <= header.crossings
    if name == "sqlite":
        assert misses == said("fifo") == 174_274
    # after the last mark the instructions are an estimate over less than one interval
    assert 0 <= header.instructions - said("insn-mark") < 65_536 * 8


def test_order(decoder: Path, tmp_path: Path) -> None:
    """The first 200,000 accesses: page, kind and page visits in the decoder's order."""
    count = 200_000
    process = subprocess.Popen(
        ["sh", "-c", 'zstd -dcq "$1" | "$2" -p', "sh", recording("sqlite"), decoder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    wanted: list[tuple[str, int]] = []
    left = count
    assert process.stdout is not None
    for line in process.stdout:
        fields = line.split()
        if fields[0] == "F":
            wanted.append(("F", int(fields[1], 16) >> 12))
            continue
        letter, first, size = {"R": "L", "W": "S"}[fields[0]], int(fields[2], 16), int(fields[3])
        wanted += [(letter, page) for page in range(first >> 12, (first + size - 1 >> 12) + 1)]
        left -= 1
        if left == 0:
            break
    process.kill()
    process.communicate()
    import_mtr(recording("sqlite"), tmp_path / "t.arrow", accesses=count, level=1)
    columns = open_trace(tmp_path / "t.arrow", cache=False).columns
    found: list[tuple[str, int]] = []
    page = None
    for fetch_page, data_page, kind, accesses, _ in zip(*(column.tolist() for column in columns), strict=True):
        if fetch_page != page:
            found.append(("F", fetch_page))
        page = fetch_page
        found += [("LS"[kind], data_page)] * accesses
    assert found == wanted


@pytest.mark.slow
def test_the_shipped_trace_is_made_by_the_documented_command(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "traces.md").read_text("utf-8")
    text = re.search(r"simobjects (trace import --accesses(?:\\\n|.)*)", page)
    assert text
    command = shlex.split(text[1].replace("\\\n", ""))
    target = command.index("simobjects/traces/data/sqlite.arrow")
    command[target] = str(tmp_path / "sqlite.arrow")
    command[command.index("sqlite.mtr.zst")] = str(recording("sqlite"))
    assert main(command) == 0
    shipped = data_directory() / "sqlite.arrow"
    header, again = read_header(shipped), read_header(tmp_path / "sqlite.arrow")
    if again.created_by == header.created_by:
        assert (tmp_path / "sqlite.arrow").read_bytes() == shipped.read_bytes()
    else:  # another zstd may compress otherwise; the records are the same
        assert replace(again, created_by=header.created_by) == header
