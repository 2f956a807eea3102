# SPDX-License-Identifier: BSD-3-Clause
"""Lines of the pages fit beside each other on a screen: at most 120 characters. A row of a table is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 120
WRITTEN = {"objects.md", "instructions.md"}
"""Pages that the program writes."""
PAGES = [ROOT / "README.md", *sorted(path for path in (ROOT / "docs").glob("*.md") if path.name not in WRITTEN)]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_lines_are_short(page: Path) -> None:
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
    long = [number for number, line in lines if len(line) > WIDTH and not line.startswith("|")]
    assert not long, f"{page.name}: lines {long}"
