# SPDX-License-Identifier: BSD-3-Clause
"""Families of classes of which a machine takes one, by the object or by the short name of its class.

A class joins the family of its base by declaring `short`; nothing else keeps a list. A script that runs again in one
process defines its classes anew, and the new ones take the places of the old.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .unchanging import remembered


def variants(family: type[Any]) -> dict[str, type[Any]]:
    """The classes of a family by short name, sorted by that: what a `choice` of the family accepts.

    Args:
        family: the base class. Classes count once the module that has them is imported.
    """
    return remembered(("variants", family), lambda: _variants(family))


def _variants(family: type[Any]) -> dict[str, type[Any]]:
    found = {cls.short: cls for cls in _descendants(family) if cls.__dict__.get("short")}
    return dict(sorted(found.items()))


def refuse_taken(cls: type[Any], bases: tuple[type[Any], ...]) -> None:
    """TypeError when another class of the family has the short name already."""
    short = cls.__dict__.get("short")
    if not short:
        return
    for base in bases:
        for other in _descendants(_oldest(base)):
            same = (other.__module__, other.__qualname__) == (cls.__module__, cls.__qualname__)
            if other is not cls and other.__dict__.get("short") == short and not same:
                type.__delattr__(cls, "short")  # it lives until it is collected, and must not be found until then
                raise TypeError(
                    f"{cls.__name__}.short is {short!r}, which {other.__module__}.{other.__qualname__} has already; "
                    "choose another short name"
                )


def _descendants(cls: type[Any]) -> Iterator[type[Any]]:
    yield cls
    for below in type.__subclasses__(cls):
        yield from _descendants(below)


def _oldest(cls: type[Any]) -> type[Any]:
    """The class from which the whole family is derived."""
    return next((found for found in reversed(cls.__mro__) if found.__dict__.get("short") == ""), cls)
