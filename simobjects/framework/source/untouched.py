# SPDX-License-Identifier: BSD-3-Clause
"""Whether classes and values are wholly this project's and Python's: the usual case, which needs no walk.

`walk` says what belongs to a digest. Here it is only asked whether anything of a user's could be met at all, and what
is not certain is left to the walk.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from enum import Enum
from types import FunctionType

from .owners import Owner, owner_of_class, owner_of_code
from .values import atom
from .walk import generated, unwrapped

_FUNCTIONS = (FunctionType, staticmethod, classmethod)


class Untouched:
    """Remembers what it has looked at, so one is good while nothing changes: for one description of one machine."""

    def __init__(self) -> None:
        self._known: dict[type, bool] = {}
        self._files: dict[str, bool] = {}

    def all(self, roots: Iterable[object]) -> bool:
        """Whether a walk from these certainly meets nothing of a user's."""
        return all(map(self._thing, roots))

    def _thing(self, thing: object) -> bool:
        if isinstance(thing, type):
            return self._class(thing)
        if isinstance(thing, FunctionType):
            return self._function(thing)
        if atom(thing) is not None:
            return True
        if isinstance(thing, (tuple, list)) and type(thing) in (tuple, list):
            return self.all(thing)
        if isinstance(thing, dict) and type(thing) is dict:
            return self.all(thing) and self.all(thing.values())
        if dataclasses.is_dataclass(thing) and owner_of_class(type(thing)) is Owner.OURS and self._class(type(thing)):
            return self.all(getattr(thing, each.name, None) for each in dataclasses.fields(thing))
        return False

    def _class(self, cls: type) -> bool:
        if cls not in self._known:
            self._known[cls] = False  # of a circle; nothing of ours is one
            self._known[cls] = self._looked_at(cls)
        return self._known[cls]

    def _looked_at(self, cls: type) -> bool:
        owner = owner_of_class(cls)
        if owner is not Owner.OURS:
            return owner is not Owner.USER
        if issubclass(cls, Enum) or not all(map(self._class, (*cls.__bases__, type(cls)))):
            return False
        for value in vars(cls).values():
            if isinstance(value, _FUNCTIONS):
                function = unwrapped(value)
                if isinstance(function, FunctionType) and not (self._function(function) or generated(cls, function)):
                    return False
        return True

    def _function(self, function: FunctionType) -> bool:
        file = function.__code__.co_filename
        if file not in self._files:
            self._files[file] = owner_of_code(file) is not Owner.USER
        return self._files[file]
