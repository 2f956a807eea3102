# SPDX-License-Identifier: BSD-3-Clause
"""The map is true: its rooms are those of the layers, and what it names exists."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from pathlib import Path

from tests.unit.test_layers import BELOW

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
CEXT = ROOT / "cext"


def between(begin: str, end: str) -> str:
    return PAGE.partition(begin)[2].partition(end)[0]


def test_the_rooms_are_those_of_the_layers_in_their_order() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", between("<!-- rooms -->", "<!-- /rooms -->"), re.MULTILINE)
    assert {room: set(re.findall(r"`(\w+)`", below)) for room, below in rows} == BELOW
    seen: set[str] = set()
    for room, _ in rows:
        assert BELOW[room] <= seen, f"{room} stands above a room that it uses"
        seen.add(room)


def test_the_rooms_of_the_kernels_are_all_there() -> None:
    cells = re.findall(r"^\| (`.+?) \|", between("room of `cext/`", "\n\n"), re.MULTILINE)
    named = re.findall(r"`([\w/]+)`", "".join(cells))
    assert set(named) == {str(path.parent.relative_to(CEXT)) for path in CEXT.glob("*/**/__init__.py")}


def test_every_table_of_facts_is_listed() -> None:
    rows = re.findall(r"^\| `([\w/]+\.def)` \| ", PAGE, re.MULTILINE)
    assert set(rows) >= {str(path.relative_to(CEXT)) for path in CEXT.rglob("*.def")}
    assert len(set(rows)) == len(rows)


def test_the_kernels_that_a_picture_names_exist() -> None:
    for name in re.findall(r"cext/[\w/.]+\.\w+|simobjects/[\w/]+\.pyi?|tests/[\w/]+\.py", PAGE):
        assert (ROOT / name).exists(), name


def test_small_files_are_those_that_the_page_lists() -> None:
    lines = re.findall(r"^\| (`.+?) \|", between("<!-- small files -->", "<!-- /small files -->"), re.MULTILINE)
    listed = re.findall(r"`([^`]+)`", " ".join(lines))
    package = ROOT / "simobjects"
    files = [path for path in package.rglob("*.py") if not {"cext", "configs"} & set(path.relative_to(package).parts)]
    small = {
        str(path.relative_to(package))
        for path in files
        if path.name != "__init__.py" and path.read_text(encoding="utf-8").count("\n") < 40
    }
    assert [name for name in small if not any(fnmatch(name, each) for each in listed)] == [], "merge it, or say why not"
    assert [each for each in listed if not list(package.glob(each))] == [], "not there"
