# SPDX-License-Identifier: BSD-3-Clause
"""A dumped machine, flat: plain data that `dump_config` or a file gave, which may be damaged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

GROUPS = ("params", "references", "connections")
"""What of an object holds its settings, by name."""


def objects(data: Any, path: str = "system") -> Iterator[tuple[str, Any]]:
    """(path, object) of the dumped object `data` and of all below it, each before its children.

    An object is a mapping without its `children`; what stands where one should be is given as it is, None among it.
    """
    if not isinstance(data, Mapping):
        yield path, data
        return
    held = data.get("children")
    if not isinstance(held, Mapping):
        yield path, data
        return
    yield path, {name: value for name, value in data.items() if name != "children"}
    for name, child in held.items():
        for place, item in _items(child, f"{path}.{name}"):
            yield from objects(item, place)


def kind_of(data: Mapping[str, Any]) -> str:
    """What sort of object it is: its short name, or that of its class."""
    return str(data.get("short") or str(data["type"]).rpartition(":")[2])


def _items(held: Any, path: str) -> Iterator[tuple[str, Any]]:
    """What a child holds: one object, a list of them, or some by key."""
    if isinstance(held, list):
        yield from ((f"{path}[{number}]", item) for number, item in enumerate(held))
    elif isinstance(held, Mapping) and "type" not in held:
        yield from ((f"{path}.{key}", item) for key, item in held.items())
    else:
        yield path, held
