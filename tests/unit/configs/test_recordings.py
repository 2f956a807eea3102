# SPDX-License-Identifier: BSD-3-Clause
"""The study of what recordings cost: a row a program, in which replay and execution are equal."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "configs" / "studies" / "recordings.py"
PAGE = SCRIPT.parents[2] / "docs" / "recordings.md"


def given(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """What the command ends with."""
    monkeypatch.setattr("sys.argv", [SCRIPT.name, *arguments])
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return ended.value.code


def test_a_row_for_each_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert given(monkeypatch, "refill", "hello", "--references", "2.5k", "--scheme", "e3b") == 0
    head, *rows = (line.split(",") for line in capsys.readouterr().out.splitlines())
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["program"] for row in found] == ["refill", "hello"]
    for row in found:
        assert row["equal"] == "yes"
        assert 0 < int(row["references"]) <= 2500
        assert float(row["bytes_a_reference"]) == pytest.approx(int(row["bytes"]) / int(row["references"]), abs=1e-4)


def test_the_row_of_refill_is_the_pages(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert given(monkeypatch, "refill") == 0
    row = capsys.readouterr().out.splitlines()[1].split(",")
    shown = re.search(r"^\| refill \| ([\d,]+) \| ([\d.]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert shown is not None
    assert int(row[1]) == int(shown[1].replace(",", ""))
    assert float(row[3]) == pytest.approx(float(shown[2]), abs=0.0006)


def test_what_is_wrong_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "none.elf" in str(given(monkeypatch, "none.elf"))
    assert given(monkeypatch, "refill", "--references", "2.5") == 2
    assert "'2.5' is no whole number" in capsys.readouterr().err
