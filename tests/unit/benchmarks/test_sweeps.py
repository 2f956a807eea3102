# SPDX-License-Identifier: BSD-3-Clause
"""The benchmark of sweeps on a few points: the tables of its ways are equal, and its table; never a rate."""

from __future__ import annotations

from benchmarks.sweeps import WAYS, measure, table


def test_the_ways_of_a_sweep_give_the_same_tables() -> None:
    """`measure` compares them by byte; Dask and SLURM have tests of their own."""
    rows = measure(4, 300, ["one process", "two processes"], lambda text: None)
    assert all(row["cpu_ms"] > 0 and row["rate"] > 0 for row in rows.values())
    assert rows["one process"]["efficiency"] == 1
    assert [line.split("|")[1].strip() for line in table(rows).splitlines()[2:]] == ["one process", "two processes"]
    assert len(WAYS) == 4
