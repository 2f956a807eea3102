# SPDX-License-Identifier: BSD-3-Clause
"""The running halves of a machine, by the objects that describe them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .simobject import SimObject


class Peers:
    """`peers[obj]` is the peer of `obj`; LookupError when it has none."""

    def __init__(self, peers: Mapping[SimObject, object]) -> None:
        self._peers = dict(peers)

    def __getitem__(self, obj: SimObject) -> Any:
        if obj in self._peers:
            return self._peers[obj]
        raise LookupError(f"{obj.path} ({type(obj).__name__}) has no peer in this simulation")

    def get(self, obj: SimObject | None) -> Any:
        """The peer of `obj`, or None when it has none or `obj` is None."""
        return None if obj is None else self._peers.get(obj)

    def __contains__(self, obj: object) -> bool:
        return obj in self._peers
