# SPDX-License-Identifier: BSD-3-Clause
"""How objects are shown. Whoever can show them says so here by name, and is imported when something is to be shown.

So the objects need not know who draws them, and a run that shows nothing does not wait for it. Of no part: the package
itself registers what it draws with.
"""

from __future__ import annotations

from importlib import import_module

_by_format: dict[str, str] = {}


def register_view(format: str, function: str) -> None:
    """Let `function` ("module:name", called with an object, gives text) show objects as `format`: "svg" or "html"."""
    _by_format[format] = function


def shown(obj: object, format: str) -> str | None:
    """An object in a format; None when nothing shows it so."""
    if format not in _by_format:
        return None
    module, _, name = _by_format[format].partition(":")
    text: str = getattr(import_module(module), name)(obj)
    return text
