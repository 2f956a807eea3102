# SPDX-License-Identifier: BSD-3-Clause
"""The page on the framework says what is true: its code runs, and prints what it shows."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[2] / "docs" / "framework.md"
BLOCK = re.compile(r"^```(python|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page() -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    printed = ""
    for kind, text in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if kind == "text":
            assert printed == text
            continue
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(text, "docs/framework.md", "exec", dont_inherit=True), names)
        printed = output.getvalue()
