# SPDX-License-Identifier: BSD-3-Clause
"""Each vector is executed by the plain Python twin and by the compiled core."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.helpers.bench440 import Bench
from tests.helpers.machines440 import KINDS

Maker = Callable[..., Bench]


@pytest.fixture(params=list(KINDS))
def make_bench(request: pytest.FixtureRequest) -> Maker:
    """Makes benches of one kind with options of their own."""
    return lambda **options: Bench(request.param, **options)


@pytest.fixture
def bench(make_bench: Maker) -> Bench:
    """Without micro-TLBs, time only for instructions."""
    return make_bench()
