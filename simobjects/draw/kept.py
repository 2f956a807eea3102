# SPDX-License-Identifier: BSD-3-Clause
"""The picture that each run leaves: the ways of its wires are found once for machines of one shape, and kept."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from simobjects.base.cache import cache_directory
from simobjects.base.files import read_regular, write_whole
from simobjects.framework.node import Part

from .boxes import Box
from .svg import drawn_svg
from .wires import Wire

LARGEST = 1 << 20
"""Bytes of what is kept of a shape; it takes some thousand."""
_DECIDES = ("boxes.py", "route.py", "search.py")
"""The sources that find a way. What is kept of others is not looked at any more."""
_LINES = re.compile(rb"(?:\d{1,7},\d{1,7} ?)+(?:\n(?:\d{1,7},\d{1,7} ?)+)*")


def kept_svg(system: Part) -> str:
    """What `to_svg` gives, to the byte.

    Ways are kept in the user's cache by what decides them: places and sizes of boxes, wires, and the code that finds
    ways. Where there is no cache, or what lies there is damaged, they are found anew. No error comes of it.
    """
    return drawn_svg(system, _ways)


def _ways(root: Box, wires: Sequence[Wire]) -> list[list[tuple[int, int]]]:
    """The ways from the cache, else found and kept."""
    if not wires:
        return []
    place = None
    with suppress(OSError):  # there is no place for a cache, or nothing in it
        place = cache_directory() / "ways" / _shape(root, wires)
        found = _read(read_regular(place, LARGEST))
        if found is not None and len(found) == len(wires):
            return found
    from .route import find_ways

    ways = find_ways(root, wires)
    if place is not None:
        with suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, _written(ways))
    return ways


def _shape(root: Box, wires: Sequence[Wire]) -> str:
    """By what the ways of a machine are known: boxes and wires, without what stands in the boxes."""
    boxes = [
        (box.path, box.x, box.y, box.width, box.height, len(box.params), box.left, box.right) for box in root.walk()
    ]
    sources = [Path(__file__).with_name(name).read_bytes() for name in _DECIDES]
    return hashlib.sha256(repr((boxes, wires, sources)).encode()).hexdigest()


def _written(ways: Sequence[Sequence[tuple[int, int]]]) -> bytes:
    """A digest of the rest, then a line for each way."""
    text = "\n".join(" ".join(f"{x},{y}" for x, y in way) for way in ways).encode()
    return hashlib.sha256(text).hexdigest().encode() + b"\n" + text


def _read(data: bytes) -> list[list[tuple[int, int]]] | None:
    """None: not what was written."""
    digest, _, text = data.partition(b"\n")
    if digest != hashlib.sha256(text).hexdigest().encode() or not _LINES.fullmatch(text):
        return None
    pairs = [[corner.split(b",") for corner in line.split()] for line in text.split(b"\n")]
    return [[(int(x), int(y)) for x, y in line] for line in pairs]
