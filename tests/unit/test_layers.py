# SPDX-License-Identifier: BSD-3-Clause
"""Imports run one way: each part uses only what lies below it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BELOW: dict[str, set[str]] = {
    "base": set(),
    "stats": set(),
    "framework": {"stats"},
    "isa": set(),
    "ppc440": {"isa", "framework", "stats"},
    "traces": {"ppc440", "framework", "stats"},
    "programs": {"ppc440", "isa", "framework", "stats"},
    # The host's own processes have reference streams by default.
    "kvm": {"traces", "ppc440", "framework", "stats"},
    "guest": {"ppc440", "framework", "stats"},
    "gdb": {"framework", "stats"},
    # The machines that studies compare are no part of the tools that run and compare them.
    "boards": {"programs", "traces", "guest", "kvm", "ppc440", "framework", "stats"},
    "study": {"framework", "stats"},
    "cli": {"gdb", "study", "programs", "traces", "guest", "kvm", "ppc440", "isa", "framework", "stats"},
}
NATIVE = {"isa", "ppc440", "kvm", "guest", "programs", "traces"}
"""The parts whose objects have peers in cext."""

EVERYWHERE = "base"
"""What every part may use."""


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, wherever in the file."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            yield ".".join(part for part in (base, node.module) if part)


@pytest.mark.parametrize("part", sorted(BELOW))
def test_a_part_imports_only_what_is_below_it(part: str) -> None:
    files = sorted((ROOT / "simobjects" / part).rglob("*.py"))
    assert files
    for path in files:
        for name in imported(path):
            top, _, rest = name.partition(".")
            used = rest.partition(".")[0]
            if top == "simobjects" and used == "cext":
                assert part in NATIVE, f"{path.relative_to(ROOT)} imports {name}"
            elif top == "simobjects" and used not in ("", part, EVERYWHERE):
                assert used in BELOW[part], f"{path.relative_to(ROOT)} imports {name}"


def test_every_folder_is_on_the_map() -> None:
    folders = {path.parent.name for path in (ROOT / "simobjects").glob("*/__init__.py")} - {"cext"}
    assert folders == set(BELOW)


def test_what_every_part_may_use_needs_only_python() -> None:
    for path in sorted((ROOT / "simobjects" / EVERYWHERE).glob("*.py")):
        for name in imported(path):
            top = name.partition(".")[0]
            assert name.startswith(f"simobjects.{EVERYWHERE}") or top in sys.stdlib_module_names, f"{path.name}: {name}"


def test_the_native_half_imports_nothing_from_above() -> None:
    for path in [found for ending in ("pyx", "pxd", "pyi") for found in (ROOT / "cext").rglob(f"*.{ending}")]:
        text = path.read_text(encoding="utf-8")
        above = r"^\s*(from|c?import)\s+(simobjects(?!\.cext)|pydantic|networkx)\b"
        assert not re.search(above, text, re.MULTILINE), path.name


def test_every_file_names_its_licence() -> None:
    python = ("*.py", "simobjects/**/*.py", "tests/**/*.py", "configs/**/*.py", "benchmarks/**/*.py")
    for pattern in (*python, "cext/**/*.py*", "cext/**/*.pxd"):
        for path in ROOT.glob(pattern):
            if path.suffix in (".pyc", ".so"):
                continue
            first = path.read_text(encoding="utf-8").split("\n", 1)[0]
            assert "SPDX-License-Identifier: BSD-3-Clause" in first, path.relative_to(ROOT)
