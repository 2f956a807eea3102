# SPDX-License-Identifier: BSD-3-Clause
"""The files beside a config script, importable while it runs, each compiled from its present text.

Python keeps imported modules, and compiled copies that it tells from newer text by second and size only. A process
that executes a script twice would therefore run it with the files of the first time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import FileFinder, ModuleSpec, PathFinder, SourceFileLoader
from itertools import takewhile
from pathlib import Path
from types import CodeType, ModuleType

from simobjects.framework.source.owners import Owner, owner_of_code, owner_of_file

_brought_in: dict[str, ModuleType] = {}
"""Modules that scripts have imported from beside themselves."""


class _FreshLoader(SourceFileLoader):
    """Compiles the text itself, whatever compiled copies there are, and keeps none."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Finder:
    """Finds what lies below one folder, before anything else does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._below: dict[str, bool] = {}
        self.found: set[str] = set()

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As the import system asks for it: only a text of the user's within the folder is for this finder."""
        places = [str(self._folder)] if path is None else [place for place in path if self._is_below(place)]
        if not places or name in sys.builtin_module_names:
            return None
        spec = PathFinder.find_spec(name, places)
        if spec is None or spec.origin is None or type(spec.loader) is not SourceFileLoader:
            return None
        if owner_of_file(spec.origin) is not Owner.USER:
            return None
        spec.loader = _FreshLoader(name, spec.origin)
        self.found.add(name)
        return spec

    def _is_below(self, place: str) -> bool:
        """Asked for each module that is imported, of few places."""
        if place not in self._below:
            self._below[place] = Path(place).resolve().is_relative_to(self._folder)
        return self._below[place]


@contextmanager
def neighbours_importable(script: Path) -> Iterator[None]:
    """As with `python SCRIPT`: it can import the files beside it, and what earlier scripts imported is forgotten."""
    folder = script.resolve().parent
    for name, module in _brought_in.items():
        if sys.modules.get(name) is module:
            del sys.modules[name]
    _brought_in.clear()
    _forget_listings()
    finder = _Finder(folder)
    last = next(reversed(sys.modules))
    sys.meta_path.insert(0, finder)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if str(folder) in sys.path:
            sys.path.remove(str(folder))
        plain = {name for name in _younger(last) if _is_plain_folder(sys.modules[name], folder)}
        _brought_in.update({name: sys.modules[name] for name in finder.found | plain if name in sys.modules})


def _younger(last: str) -> list[str]:
    """The modules that were imported after `last`. To look at each of the older ones would copy, in a process that
    was forked, the memory of a thousand modules."""
    return list(takewhile(lambda name: name != last, reversed(sys.modules)))


def _forget_listings() -> None:
    """What Python remembers of the files in the user's folders. Those of libraries do not change between points."""
    for place in list(sys.path_importer_cache):
        if owner_of_code(os.path.join(place, "a.py")) is Owner.USER:
            finder = sys.path_importer_cache[place]
            if isinstance(finder, FileFinder):
                finder.invalidate_caches()
            elif finder is None:  # a folder that was not there
                del sys.path_importer_cache[place]


def _is_plain_folder(module: ModuleType, folder: Path) -> bool:
    """Whether it is a folder without an `__init__.py`, which keeps the modules within it as its attributes."""
    places = list(getattr(module, "__path__", ()))
    plain = getattr(module, "__file__", None) is None
    return plain and bool(places) and all(Path(place).resolve().is_relative_to(folder) for place in places)
