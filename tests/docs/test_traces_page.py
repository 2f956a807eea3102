# SPDX-License-Identifier: BSD-3-Clause
"""docs/traces.md says what is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from simobjects.traces.columns import DTYPES
from simobjects.traces.header import TraceHeader
from simobjects.traces.summary import summarize
from simobjects.traces.tracefile import open_trace
from simobjects.traces.views import RECORD_BYTES

PAGE = (Path(__file__).parents[2] / "docs" / "traces.md").read_text("utf-8")


def test_tables_name_every_column_and_key() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(?: (\w+) \|)?", PAGE, re.MULTILINE)
    named = [name for name, _ in rows]
    assert named == [*DTYPES, *(field.name for field in fields(TraceHeader))]
    assert rows[: len(DTYPES)] == [(name, dtype.name) for name, dtype in DTYPES.items()]
    assert f"{RECORD_BYTES} bytes a record" in PAGE


def test_code_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(block, "docs/traces.md", "exec"), {})
    made = open_trace("./strided.arrow").header
    assert (made.lookups, made.pages, made.crossings) == (16_000, 81, 0)


def test_figures_of_the_shipped_trace() -> None:
    summary = summarize("sqlite")
    header = summary.header
    assert f"{summary.tlb_misses[64]:,} times" in PAGE
    assert f"{header.pages} pages; {summary.file_bytes / 1e6:.1f} MB" in PAGE
    assert f"{header.accesses / 1e6:.1f} million accesses" in PAGE
    assert f"{header.instructions / 1e6:.1f} million instructions" in PAGE
    assert f"{header.lookups / 1e6:.1f} million look-ups" in PAGE
    assert f'--label "{header.source}"' in PAGE
    assert f'--license-note "{header.license_note}"' in PAGE.replace("\\\n", "")
