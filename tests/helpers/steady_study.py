# SPDX-License-Identifier: BSD-3-Clause
"""The study of steady states, its modules and its command, for the tests of what it does and of what its page says."""

from __future__ import annotations

import runpy
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from simobjects.study.neighbours import neighbours_importable

SCRIPT = Path(__file__).parents[2] / "configs" / "studies" / "steady_states.py"


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
