# SPDX-License-Identifier: BSD-3-Clause
"""The framework and the statistics need few libraries, and their files are small."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import simobjects
from tests.unit.test_docstrings import texts

ROOT = Path(simobjects.__file__).parent
FILES = sorted([*(ROOT / "framework").rglob("*.py"), *(ROOT / "stats").rglob("*.py")])


def imported(file: Path) -> set[str]:
    """The packages below simobjects (or the top-level packages) that a file imports, with relative ones resolved."""
    parts = ("simobjects", *file.relative_to(ROOT).with_suffix("").parts)
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = parts[: len(parts) - node.level] if node.level else ()
            found.add(".".join([*base, *(node.module or "").split(".")]).strip("."))
    return {".".join(name.split(".")[:2]) if name.startswith("simobjects") else name.split(".")[0] for name in found}


def own_names(text: str) -> list[str]:
    """Names that pydantic keeps for itself: in its classes, and its modules that begin with an underscore."""
    return re.findall(r"__pydantic_\w*|\bpydantic(?:_core)?\._[a-z]\w*|from pydantic(?:_core)? import _[a-z]\w*", text)


def test_pydantic_is_used_by_what_it_documents() -> None:
    assert own_names("model.__pydantic_validator__, pydantic._internal, from pydantic import _migration") == [
        "__pydantic_validator__",
        "pydantic._internal",
        "from pydantic import _migration",
    ]
    sources = [
        path
        for folder in (ROOT, (ROOT / "cext").resolve(), (ROOT / "configs").resolve())
        for path in folder.rglob("*")
        if path.suffix in (".py", ".pyi", ".pyx", ".pxd", ".pxi")
    ]
    found = {str(path): own_names(path.read_text(encoding="utf-8")) for path in sources}
    assert len(found) > 500
    assert {path: names for path, names in found.items() if names} == {}


def test_only_the_named_packages_are_needed() -> None:
    needed = {"pydantic", "pydantic_core", "networkx", "annotationlib", "pyarrow"}
    import sys

    for file in FILES:
        foreign = {name for name in imported(file) if not name.startswith("simobjects")}
        assert foreign <= needed | set(sys.stdlib_module_names) | {"__future__"}, file


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_are_small_and_licensed(file: Path) -> None:
    source = file.read_text()
    lines = source.splitlines()
    assert lines[0] == "# SPDX-License-Identifier: BSD-3-Clause"
    said = sum((text.end_lineno or 0) - text.lineno + 1 for text in texts(ast.parse(source)))
    assert len(lines) - said <= 350, "lines without docstrings"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_is_known_of_what_is_simulated(file: Path) -> None:
    found = re.findall(r"(?i)powerpc|\bppc|440|\bkvm\b|\bmsr\b|\bspr|registers? r\d", file.read_text())
    assert not found
