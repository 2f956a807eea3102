# SPDX-License-Identifier: BSD-3-Clause
"""Whose a file, a class or a module is: this project's, Python's, an installed library's, or the user's."""

from __future__ import annotations

import os
import sys
import sysconfig
from enum import Enum
from functools import lru_cache
from pathlib import Path

from simobjects.base.shipped import CONFIGS

_PACKAGE = Path(__file__).resolve().parents[2]
_OURS = ("simobjects",)
_OUR_FOLDERS = (
    *(str(_PACKAGE.with_name(name)) + os.sep for name in _OURS),
    os.path.join("simobjects", "cext", ""),  # so Cython calls the sources of the kernels
)
_SHIPPED_SCRIPTS = CONFIGS + os.sep
_PYTHON_FOLDERS = tuple(
    {os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib")}
    | {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib")}
)
SCRIPT_MODULES = ("__main__", "__mp_main__", "__simobjects__")
"""What a script's own module is called, however it is started."""
_LIBRARY_FOLDERS = ("site-packages", "dist-packages")


class Owner(Enum):
    """Who wrote it."""

    OURS = "ours"
    PYTHON = "python"
    LIBRARY = "library"
    USER = "user"


@lru_cache(maxsize=4096)
def owner_of_file(file: str) -> Owner:
    """By where the file lies. What is in no file (`<string>`, a notebook's cell) is the user's, as a shipped script."""
    if file.startswith("<frozen"):
        return Owner.PYTHON
    if file.startswith(_SHIPPED_SCRIPTS):
        return Owner.USER
    if file.startswith(_OUR_FOLDERS):
        return Owner.OURS
    if any(part in _LIBRARY_FOLDERS for part in Path(file).parts):
        return Owner.LIBRARY
    return Owner.PYTHON if file.startswith(_PYTHON_FOLDERS) else Owner.USER


def owner_of_code(name: str) -> Owner:
    """By the name of the file that code was compiled from."""
    return owner_of_file(name if name.startswith("<") or os.path.isabs(name) else os.path.abspath(name))


def shown_module(name: str) -> str:
    """The name of a module; that of a script itself is `script`, however the script is started."""
    return "script" if name in SCRIPT_MODULES else name


def owner_of_module(name: str) -> Owner:
    """By the file that it was loaded from; a module of a script that is gone from `sys.modules` is the user's."""
    top = name.partition(".")[0]
    if top in _OURS:
        return Owner.OURS
    if name in SCRIPT_MODULES:
        return Owner.USER
    if top in sys.builtin_module_names:
        return Owner.PYTHON
    file = getattr(sys.modules.get(name), "__file__", None)
    if isinstance(file, str):
        return owner_of_file(os.path.abspath(file))
    return Owner.PYTHON if top in sys.stdlib_module_names else Owner.USER


def owner_of_class(cls: type) -> Owner:
    """By its module; a library's class that builds on one of ours was made for these machines, as a user's is."""
    owner = owner_of_module(cls.__module__)
    if owner is Owner.LIBRARY and any(owner_of_module(base.__module__) is Owner.OURS for base in cls.__mro__):
        return Owner.USER
    return owner


def library_root(file: Path) -> Path | None:
    """The package or module of an installed library that `file` belongs to; None for what is in no such folder."""
    for number, part in enumerate(file.parts):
        if part in _LIBRARY_FOLDERS:
            return Path(*file.parts[: number + 2])
    return None
