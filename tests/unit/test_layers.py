# SPDX-License-Identifier: BSD-3-Clause
"""Imports run one way: each part uses only what lies below it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parents[2]

BELOW: dict[str, set[str]] = {
    "base": set(),
    "stats": set(),
    "framework": {"stats"},
    "isa": set(),
    "draw": {"framework"},
    "console": {"framework"},
    "ppc440": {"console", "isa", "framework", "stats"},
    "traces": {"isa", "ppc440", "framework", "stats"},
    "programs": {"ppc440", "isa", "framework", "stats"},
    # The host's own processes have reference streams by default.
    "kvm": {"traces", "isa", "ppc440", "framework", "stats"},
    "guest": {"isa", "ppc440", "framework", "stats"},
    "gdb": {"framework", "stats"},
    # A kernel is made fit for the KVM of a release.
    "linux": {"programs", "kvm", "isa", "framework"},
    # The machines that studies compare are no part of the tools that run and compare them.
    "boards": {"programs", "traces", "guest", "kvm", "ppc440", "framework", "stats"},
    "study": {"draw", "framework", "stats"},
    "report": {"study", "draw", "framework", "stats"},
    "cli": {
        *("linux", "gdb", "report", "study", "programs", "traces", "guest", "kvm", "ppc440", "isa", "draw"),
        *("framework", "stats"),
    },
}
NATIVE = {"isa", "ppc440", "kvm", "guest", "programs", "traces"}
"""The parts whose objects have peers in cext."""

EVERYWHERE = "base"
"""What every part may use."""


def imported(path: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The modules that a file imports, wherever in the file, each with the names that it takes from there."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            yield ".".join(part for part in (base, node.module) if part), tuple(alias.name for alias in node.names)


def modules() -> dict[str, Path]:
    """Every module of the describing half by its full name; a package by its `__init__.py`."""
    found = {}
    for path in (ROOT / "simobjects").rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "cext" not in parts:
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def import_graph() -> networkx.DiGraph:
    """Which module imports which, for whatever reason: also for types only, and when a function is called."""
    known, made = modules(), networkx.DiGraph()
    for module, path in known.items():
        for name, parts in imported(path):
            # `from package import module` needs that module; of a package itself only its own names are taken.
            needed = {f"{name}.{part}" if f"{name}.{part}" in known else name for part in parts or ("",)}
            made.add_edges_from((module, other) for other in needed & set(known) if other != module)
    return made


def test_no_modules_import_each_other() -> None:
    graph = import_graph()
    assert graph.number_of_edges() > 500
    circles = [sorted(circle) for circle in networkx.strongly_connected_components(graph) if len(circle) > 1]
    assert not circles, "modules that need each other: put what both need into one that needs neither"


@pytest.mark.parametrize("part", sorted(BELOW))
def test_a_part_imports_only_what_is_below_it(part: str) -> None:
    files = sorted((ROOT / "simobjects" / part).rglob("*.py"))
    assert files
    for path in files:
        for name, _ in imported(path):
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
        for name, _ in imported(path):
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
