# SPDX-License-Identifier: BSD-3-Clause
"""No vector of the reference is left out."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_vector_has_a_test() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert {int(number) for number in re.findall(r"def test_vector_(\d\d)_", text)} == set(range(1, 61))
