# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark of what is paid beside simulating: that it measures what it says, never how much."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import everyday


def test_a_row_holds_what_is_measured_against_something_else() -> None:
    row = everyday.Row("name", "ms", iter([4.0, 9.0, 6.0]).__next__, "base", iter([2.0, 3.0, 1.0]).__next__, "5")
    for _ in range(3):
        row.once()
    assert row.cells() == ("name", "6 ms", "5", "3.00", "base")
    assert "| name | 6 ms | 5 | 3.00 | base |" in everyday.table([row])


def test_a_process_that_fails_is_no_measurement() -> None:
    assert everyday.python("sum(range(10**6))") > 0
    with pytest.raises(RuntimeError, match="no such thing"):
        everyday.python("raise SystemExit('no such thing')")


def test_the_rows_are_those_of_the_goals(tmp_path: Path) -> None:
    names = [row.name for row in everyday.rows(tmp_path, None)]
    assert names[:5] == [
        "`--help`", "`--version`", "`run --references 1`", "a sweep's point of 1,000 references",
        "the same with `--keep 'system.host.*'`",
    ]  # fmt: skip
    assert everyday.program("--version") > 0
