# SPDX-License-Identifier: BSD-3-Clause
"""The page of what cannot go wrong: each line names a test that there is."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hardening.md").read_text()


def test_each_line_names_a_test_that_there_is() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| what |")]
    named = [re.search(r"`(tests/[\w/]+\.py)::(\w+)` \|$", row) for row in rows]
    assert len(rows) > 50
    assert [row for row, found in zip(rows, named, strict=True) if found is None] == []
    missing = [
        found[0] for found in named
        if found is not None and f"\ndef {found[2]}(" not in (ROOT / found[1]).read_text()
    ]  # fmt: skip
    assert missing == []
