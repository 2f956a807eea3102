# SPDX-License-Identifier: BSD-3-Clause
"""The list of costs: what the kernels read and what a script sets are the same lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simobjects import CostModel
from simobjects.cext.core.costs import Costs
from simobjects.isa.numbers import rows

CEXT = Path(__file__).parents[3] / "cext"
NAMES = [row[0] for row in rows("core/costs.def", "COST")]


def test_every_cost_is_a_parameter_with_its_description() -> None:
    fields = CostModel.model_fields
    assert [name for name in fields if name in NAMES] == NAMES
    for name, _, _, plausible, description in rows("core/costs.def", "COST"):
        expected = f"{description}; estimate, {plausible}" if plausible else description
        assert fields[name].description == expected


def test_every_cost_is_used() -> None:
    kernels = "".join(path.read_text(encoding="utf-8") for path in CEXT.rglob("*.p[yx][xd]"))
    used = set(re.findall(r"costs\.of\.(\w+)", kernels)) | {"iccci"}  # which the host kernel is told
    assert used == set(NAMES)


def test_a_missing_cost_is_an_error() -> None:
    with pytest.raises(KeyError, match="guest_cpi"):
        Costs({})
