# SPDX-License-Identifier: BSD-3-Clause
"""Lines of the pages fit on a screen: at most 120 characters, but for tables whose words stand elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WIDTH = 120
WRITTEN = {"objects.md", "instructions.md"}
"""Pages that the program writes."""
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted(path for path in (ROOT / "docs").glob("*.md") if path.name not in WRITTEN),
]
COMPARED = re.compile(r"^<!-- (\w+) -->\n.*?^<!-- /\1 -->$|^\| `tests/\w+` \| [^\n]* \|$", re.MULTILINE | re.DOTALL)
"""What a script writes or a test compares, between two marks; what the kinds of tests say of themselves."""


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_lines_are_short(page: Path) -> None:
    own = COMPARED.sub(lambda found: "\n" * found[0].count("\n"), page.read_text(encoding="utf-8"))
    long = [number for number, line in enumerate(own.splitlines(), 1) if len(line) > WIDTH]
    assert not long, f"{page.name}: lines {long}"
