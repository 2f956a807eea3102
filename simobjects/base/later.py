# SPDX-License-Identifier: BSD-3-Clause
"""The names of a package, imported when they are used. The stub beside its `__init__.py` is the one list of them.

So editors and mypy read what runs, and a command that needs none of the objects does not wait for their libraries.
What this module itself needs is imported by its functions, where it is not there anyway: it is part of every start.
"""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_homes: dict[str, dict[str, str]] = {}


def homes(package: str) -> dict[str, str]:
    """The module of each name that the stub of `package` imports: `from module import name as name`."""
    if package not in _homes:
        import ast

        with open(f"{sys.modules[package].__path__[0]}/__init__.pyi", encoding="utf-8") as stub:
            imports = [node for node in ast.parse(stub.read()).body if isinstance(node, ast.ImportFrom)]
        _homes[package] = {alias.name: str(node.module) for node in imports for alias in node.names}
    return _homes[package]


def later(package: str) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` for the `__init__.py` of `package`."""

    def get(name: str) -> Any:
        if name == "__all__":
            return sorted(homes(package))
        if name == "__version__":
            from .shipped import installed_version

            return installed_version()
        if name.startswith("__") or name not in homes(package):
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name, obj=sys.modules[package])
        value = getattr(import_module(homes(package)[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes(package)})

    return get, names
