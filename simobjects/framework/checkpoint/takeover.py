# SPDX-License-Identifier: BSD-3-Clause
"""A checkpoint of one machine restored into another that puts something between its hardware and its software."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from simobjects.base.dumped import objects

from ..node import Part
from ..peers import Peers
from ..tree import walk
from .container import State


class TakesOver(ABC):
    """A SimObject that can go on with the software of a machine that was saved without it.

    A class of objects that can is derived from this one too.
    """

    @abstractmethod
    def brings(self) -> set[str]:
        """Paths of the objects that are in the machine because it is: a checkpoint without it has none of them."""

    @abstractmethod
    def translated(self) -> set[str]:
        """Paths of the objects whose state `take_over` makes from what the checkpoint has."""

    @abstractmethod
    def explains(self, path: str, name: str) -> bool:
        """Whether a fact of the machine (`Difference`) is another one because of it, or does not matter to it."""

    @abstractmethod
    def take_over(self, peers: Peers, states: Mapping[str, State]) -> list[str]:
        """Go on with the state of the others, by path. A sentence for each thing that cannot be carried over; when
        there are any the simulation is of no use any more.
        """


def taker_of(system: Part, saved: Any) -> TakesOver | None:
    """The object of this machine that the dumped machine has not and that takes over from it, if there is one."""
    known = {path for path, _ in objects(saved)}
    for obj in walk(system):
        if isinstance(obj, TakesOver) and obj.path not in known:
            return obj
    return None
