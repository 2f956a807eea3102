# SPDX-License-Identifier: BSD-3-Clause
"""The page on the core names what there is."""

from __future__ import annotations

import re
from pathlib import Path

from simobjects.cext.engine.executing_core import ExecutingCore

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "core.md").read_text(encoding="utf-8")


def test_every_diagnostic_is_explained() -> None:
    table = PAGE.partition("| diagnostic |")[2].partition("\n\n")[0]
    named = {name for row in re.findall(r"^\| ([a-z_, ]+) \|", table, re.MULTILINE) for name in row.split(", ")}
    assert named == set(ExecutingCore.diagnostic_names())


def test_the_pages_and_files_that_it_names_exist() -> None:
    for target in re.findall(r"\]\(([\w.-]+)(?:#[\w-]+)?\)", PAGE):
        assert (ROOT / "docs" / target).is_file(), target
    for name in re.findall(r"`(cext/[\w.]+|tests/[\w/.]+)`", PAGE):
        assert (ROOT / name).exists() or list(ROOT.glob(name)), name
