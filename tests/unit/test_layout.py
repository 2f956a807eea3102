# SPDX-License-Identifier: BSD-3-Clause
"""The layout of the tests: each kind says what it is, and the unit tests mirror the rooms of the project."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
PAGE = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")

NO_TESTS = {"helpers", "reference"}
"""Kinds of folders that tests import from."""

OF_ITS_OWN = {"machine"}
"""Folders of tests/unit that are named after no folder of the project: whole machines are of no room."""


def folders(of: Path) -> set[str]:
    """The folders in a folder that hold Python or Cython, or folders that do."""
    files = [path.relative_to(of) for ending in ("py", "pyx") for path in of.glob(f"*/**/*.{ending}")]
    return {path.parts[0] for path in files}


KINDS = sorted(folders(TESTS))
ROOMS = folders(ROOT / "simobjects") | folders(ROOT / "cext") | {"benchmarks", "configs", "reference"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_says_what_it_is(kind: str) -> None:
    """In its `__init__.py`, and in the table of docs/testing.md by the same words."""
    said = ast.get_docstring(ast.parse((TESTS / kind / "__init__.py").read_text(encoding="utf-8")))
    assert said is not None
    assert f"| `tests/{kind}` | {said} |" in PAGE


def test_the_page_names_no_other_kind() -> None:
    assert sorted(re.findall(r"^\| `tests/(\w+)` \|", PAGE, re.MULTILINE)) == sorted([*KINDS, "data"])


@pytest.mark.parametrize("room", sorted(folders(TESTS / "unit")))
def test_unit_tests_are_named_after_a_room(room: str) -> None:
    """A folder of simobjects, of cext, or one of the few beside them."""
    assert room in ROOMS | OF_ITS_OWN


def test_tests_are_where_tests_are_looked_for() -> None:
    for path in TESTS.rglob("*.py"):
        kind = path.relative_to(TESTS).parts[0]
        if path.name.startswith("test_"):
            assert kind not in NO_TESTS, path
        elif "def test_" in path.read_text(encoding="utf-8"):
            pytest.fail(f"{path.relative_to(ROOT)} has a test that pytest does not find: call the file test_...py")
