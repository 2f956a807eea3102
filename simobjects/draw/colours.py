# SPDX-License-Identifier: BSD-3-Clause
"""The colour of each kind of object: the same in every picture, whatever else is in it."""

from __future__ import annotations

from zlib import crc32

Colour = tuple[str, str]
"""Of the title and of the border."""

NEUTRAL: Colour = ("#e9edf2", "#7b8794")
"""Of objects whose class names no kind, such as a System."""
_BY_KIND: dict[str, Colour] = {
    "processor": ("#dbe9fb", "#3f74b8"),
    "TLB": ("#d9f2f3", "#2f8489"),
    "board": ("#efe6de", "#8a6a52"),
    "costs": ("#f0eed6", "#85803a"),
    "workload": ("#dff3e4", "#3c8a58"),
    "guest": ("#fdebd3", "#b9762a"),
    "host": ("#ece3fa", "#7556b0"),
    "scheme": ("#fbe0e6", "#b4536c"),
}


def colour_of(kind: str) -> Colour:
    """The colour of a kind. Kinds that are not ours get a hue that follows from the name alone."""
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if not kind:
        return NEUTRAL
    hue = crc32(kind.encode()) % 360
    return f"hsl({hue}, 60%, 91%)", f"hsl({hue}, 40%, 45%)"
