# SPDX-License-Identifier: BSD-3-Clause
"""Source files: whether one holds the code that runs, and which other files of the user it imports.

Everything is remembered by the contents of a file, never by its name or date: a file is read again each time.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.machinery import PathFinder, all_suffixes
from pathlib import Path
from types import CodeType
from typing import NamedTuple

from .owners import Owner, library_root, owner_of_file


class Import(NamedTuple):
    """A module that a file names: `level` dots and a dotted name."""

    level: int
    name: str


def read_source(file: Path) -> bytes | None:
    """The bytes of a file; None when there is none to read."""
    try:
        return file.read_bytes() if file.is_file() else None
    except OSError:
        return None


@lru_cache(maxsize=256)
def codes_of(source: bytes) -> frozenset[CodeType]:
    """All code that compiling `source` gives; none when it cannot be compiled."""
    try:
        todo = [compile(source, "<source>", "exec", dont_inherit=True)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    found = set()
    while todo:
        code = todo.pop()
        found.add(code)
        todo += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return frozenset(found)


@lru_cache(maxsize=256)
def imports_of(source: bytes) -> tuple[Import, ...]:
    """The modules that a file names in its import statements and in calls such as `import_module("name")`."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    return tuple(dict.fromkeys(named for node in ast.walk(tree) for named in _named(node)))


def _named(node: ast.AST) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(0, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        yield Import(node.level, base)
        # What is imported from a package may be a module of it.
        yield from (Import(node.level, f"{base}.{alias.name}".strip(".")) for alias in node.names)
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        function, name = ast.unparse(node.func), node.args[0].value
        if isinstance(name, str) and function.rpartition(".")[2] in ("import_module", "__import__"):
            yield Import(len(name) - len(name.lstrip(".")), name.lstrip("."))


def imported_files(source: bytes, file: Path, folders: Sequence[Path]) -> list[tuple[str, Path]]:
    """(name, file) of everything of the user's that `source`, the text of `file`, imports.

    `folders`: where else modules may lie, such as the folder of the script that led here.
    """
    found = []
    for level, name in imports_of(source):
        for part, path in _files(level, name, file, [file.parent, *folders]):
            if path != file and _followed(path, file):
                found.append(("." * level + part, path))
    return list(dict.fromkeys(found))


def _followed(path: Path, importer: Path) -> bool:
    owner = owner_of_file(str(path))
    # A library's file leads on within its own package only.
    if library_root(importer) is not None:
        return owner is Owner.LIBRARY and library_root(path) == library_root(importer)
    return owner is Owner.USER


def _files(level: int, name: str, file: Path, folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """The files of a module and of the packages that it lies in."""
    parts = name.split(".") if name else []
    if level:
        bases = [file.parents[level - 1]] if level <= len(file.parents) else []
    else:
        bases = [folder for folder in folders if _at(folder / parts[0]) is not None or (folder / parts[0]).is_dir()]
        bases = bases[:1] or _from_elsewhere(parts[0])
    for base in bases:
        for count in range(0 if level else 1, len(parts) + 1):
            found = _at(base.joinpath(*parts[:count]))
            if found is not None:
                yield ".".join(parts[:count]), found


def _at(place: Path) -> Path | None:
    """The file of the module or package at `place`, without its suffix."""
    for stem in (f"{place}/__init__", f"{place}"):
        for suffix in all_suffixes():
            if suffix != ".pyc" and os.path.isfile(stem + suffix):
                return Path(stem + suffix)
    return None


def _from_elsewhere(top: str) -> list[Path]:
    """The folder in which a top-level module lies that is not beside the file that imports it."""
    if top in sys.stdlib_module_names:
        return []
    file = getattr(sys.modules.get(top), "__file__", None)
    search = list(getattr(sys.modules.get(top), "__path__", ()))
    if not isinstance(file, str) and not search:
        spec = PathFinder.find_spec(top)
        file = spec.origin if spec is not None else None
        search = list(spec.submodule_search_locations or ()) if spec is not None else []
    if isinstance(file, str) and os.path.basename(file).startswith("__init__."):
        return [Path(os.path.abspath(file)).parents[1]]
    places = search or ([file] if isinstance(file, str) else [])
    return [Path(os.path.abspath(place)).parent for place in places[:1]]
