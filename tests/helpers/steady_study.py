# SPDX-License-Identifier: BSD-3-Clause
"""The study of steady states, its modules and its command, for the tests of what it does and of what its page says."""

from __future__ import annotations

import re
import runpy
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from simobjects.study.neighbours import neighbours_importable

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "configs" / "studies" / "steady_states.py"
PAGE = (ROOT / "docs" / "steady-states.md").read_text(encoding="utf-8")


@cache
def steady_study() -> SimpleNamespace:
    """Its modules: `cycle` is steady_cycle.py, and so on."""
    with neighbours_importable(SCRIPT):
        names = [file.stem for file in SCRIPT.parent.glob("steady_*.py") if file != SCRIPT]
        return SimpleNamespace(**{name.removeprefix("steady_"): import_module(name) for name in names})


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    """What its command line does."""
    monkeypatch.setattr("sys.argv", [SCRIPT.name, *arguments])
    with neighbours_importable(SCRIPT):
        runpy.run_path(str(SCRIPT), run_name="__main__")


def cells(line: str) -> list[str]:
    """Of a line of a table."""
    return [cell.strip() for cell in line.strip("|").split("|")]


def marked_rows(mark: str) -> list[list[str]]:
    """The page's table between the marks, without its head."""
    found = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- /{mark} -->", PAGE, re.DOTALL)
    assert found is not None, mark
    return [cells(line) for line in found[1].splitlines()[2:]]
