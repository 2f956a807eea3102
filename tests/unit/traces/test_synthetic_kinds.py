# SPDX-License-Identifier: BSD-3-Clause
"""The kinds of a short made-up stream are those that NumPy's legacy generator draws."""

from __future__ import annotations

import numpy as np
import pytest

from simobjects.traces import synthetic
from simobjects.traces.synthetic import SyntheticWorkload, below_hundred


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 12345, 2**31, 2**32 - 1])
@pytest.mark.parametrize("count", [1, 7, 624, 625, 4096])
def test_the_draws_are_those_of_numpy(seed: int, count: int) -> None:
    assert below_hundred(seed, count) == np.random.RandomState(seed).randint(0, 100, count).tolist()


@pytest.mark.parametrize(("accesses", "pages"), [(0, 24), (20, 24), (20, 1000), (3, 2000)])
def test_both_ways_make_the_same_stream(monkeypatch: pytest.MonkeyPatch, accesses: int, pages: int) -> None:
    workload = SyntheticWorkload(records=1000, seed=7, accesses=accesses, data_pages=pages)
    made: list[object] = []
    monkeypatch.setattr(synthetic, "TraceStream", lambda *columns: made.append([list(column) for column in columns]))
    values = {name: getattr(workload, name) for name in synthetic._Made._fields}
    for few in (0, 1 << 13):
        monkeypatch.setattr(synthetic, "_FEW", few)
        synthetic._Made(**values).stream()
    assert made[0] == made[1]
