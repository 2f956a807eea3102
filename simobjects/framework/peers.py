# SPDX-License-Identifier: BSD-3-Clause
"""The running halves of a machine, by the objects that describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Placed(Protocol):
    """An object with a place in a machine."""

    @property
    def path(self) -> str:
        """The path from the root."""


class Peers:
    """`peers[obj]` is the peer of `obj`; LookupError when it has none."""

    def __init__(self, peers: Mapping[Any, object]) -> None:
        self._peers = dict(peers)

    def __getitem__(self, obj: Placed | None) -> Any:
        if obj is not None and obj in self._peers:
            return self._peers[obj]
        where = "nothing" if obj is None else f"{obj.path} ({type(obj).__name__})"
        raise LookupError(f"{where} has no peer in this simulation")

    def get(self, obj: Placed | None) -> Any:
        """The peer of `obj`, or None when it has none or `obj` is None."""
        return None if obj is None else self._peers.get(obj)

    def __contains__(self, obj: object) -> bool:
        return obj in self._peers
