# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark on a small part of the trace: counts and form of the report; never a rate."""

from __future__ import annotations

import json
import shutil
from typing import Any

import numpy as np
import pytest

from benchmarks import peers
from benchmarks.contenders import BARE, GENEROUS, NAIVE, PYTHON
from benchmarks.naive import compiler
from benchmarks.report import markdown, text
from benchmarks.run import run
from benchmarks.sample import Sample
from simobjects.cext.traces.columns import fifo_misses
from simobjects.traces.columns import DTYPES, Columns

REFERENCES = 300_000
pytestmark = pytest.mark.skipif(
    shutil.which(compiler()[0]) is None, reason="no C compiler to build the naive scan with"
)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return run("sqlite", REFERENCES, 1, lambda _: None)


@pytest.fixture(scope="module")
def sample() -> Sample:
    return Sample.take("sqlite", REFERENCES)


def test_every_simulator_counts_the_same_misses(found: dict[str, Any], sample: Sample) -> None:
    """The native machine is a round robin of N - 1 slots; so are both scans, and a fourth program says the same."""
    assert found["counts_agree"]
    columns = sample.columns
    expected = fifo_misses(columns.fetch_page, columns.data_page, columns.accesses, columns.fetches, 63)
    assert expected > 0
    assert set(map(tuple, found["exact"].values())) == {(expected,)}


def test_each_row_is_measured_against_both_scans(found: dict[str, Any]) -> None:
    rows = {row["name"]: row for row in found["results"]}
    machines = {BARE, PYTHON, "native", "e3b", "e4"} | {f"{kind}, micro-TLBs 4/8" for kind in ("native", "e3b", "e4")}
    assert set(rows) == {NAIVE, GENEROUS} | machines
    assert rows[NAIVE]["to_naive"] == 1 and rows[GENEROUS]["to_generous"] == 1
    assert all(row["to_naive"] > 0 and row["to_generous"] > 0 for row in rows.values())
    assert {(target["name"], target["least"]) for target in found["targets"]} == {
        (BARE, 25),
        ("native", 25),
        ("e4", 5),
    }
    assert found["look_ups"] <= REFERENCES


def test_the_report_is_written_as_text_markdown_and_json(found: dict[str, Any]) -> None:
    assert json.loads(json.dumps(found)) == found
    for written in (text(found), markdown(found)):
        assert f"{found['look_ups']} look-ups" in written
        assert "native, micro-TLBs 4/8" in written
        assert "at least 25 x naive scan" in written


def test_a_disagreement_is_told(found: dict[str, Any]) -> None:
    assert "NOT EQUAL" in text({**found, "counts_agree": False})


def test_look_ups_are_expanded_in_the_order_of_the_records() -> None:
    """5 fetches of page 1 and 2 accesses of page 9: 2 of them, an access, 3, an access; then 2 fetches alone."""
    records = ([1, 4], [9, 0], [0, 0], [2, 0], [5, 2])
    columns = Columns._make(np.array(values, dtype) for values, dtype in zip(records, DTYPES.values(), strict=True))
    assert list(Sample("made up", columns, 9, 7).pages()) == [1, 1, 9, 1, 1, 1, 9, 4, 4]


def test_python_round_robin() -> None:
    assert peers.python_set([1, 2, 3, 1, 2, 3], 2) == 6
    assert peers.python_set([1, 2, 1, 2, 3, 2, 1], 2) == 4


def test_too_few_references_are_refused() -> None:
    with pytest.raises(ValueError, match="no whole record"):
        Sample.take("sqlite", 0)
