# SPDX-License-Identifier: BSD-3-Clause
"""The names of a package, imported when they are used. The stub beside its `__init__.py` is the one list of them.

So editors and mypy read what runs, and a command that needs none of the objects does not wait for their libraries.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any


@cache
def homes(package: str) -> dict[str, str]:
    """The module of each name that the stub of `package` imports: `from module import name as name`."""
    import ast

    (folder,) = sys.modules[package].__path__
    stub = Path(folder, "__init__.pyi").read_text(encoding="utf-8")
    imports = [node for node in ast.parse(stub).body if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.name: str(node.module) for node in imports for alias in node.names}


def later(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for the `__init__.py` of `package`."""

    def get(name: str) -> Any:
        if name == "__all__":
            return sorted(homes(package))
        if name.startswith("__") or name not in homes(package):
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes(package)[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes(package)})

    return get, names
