# SPDX-License-Identifier: BSD-3-Clause
"""The names of `import simobjects`: its stub lists them, and they are imported when they are used."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

import simobjects
from simobjects.base.later import homes

STUB = Path(simobjects.__file__).with_suffix(".pyi")
LISTED = dict(reversed(pair) for pair in re.findall(r"^from (\S+) import (\w+) as \2$", STUB.read_text(), re.MULTILINE))


def test_the_stub_is_nothing_but_the_list() -> None:
    lines = [line for line in STUB.read_text().splitlines() if line.startswith(("from ", "import "))]
    assert len(lines) == len(LISTED) > 30
    assert homes("simobjects") == LISTED


@pytest.mark.parametrize("name", sorted(LISTED))
def test_a_name_is_what_its_module_has(name: str) -> None:
    assert getattr(simobjects, name) is getattr(import_module(LISTED[name]), name)
    assert name in dir(simobjects)


def test_a_star_brings_all_of_them() -> None:
    names: dict[str, object] = {}
    exec("from simobjects import *", names)
    assert set(names) - {"__builtins__"} == set(LISTED)


def test_a_wrong_name_is_an_error_of_the_usual_kind() -> None:
    with pytest.raises(AttributeError, match="module 'simobjects' has no attribute 'Simulatoin'"):
        simobjects.Simulatoin  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'Simulatoin'"):
        exec("from simobjects import Simulatoin")
