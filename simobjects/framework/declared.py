# SPDX-License-Identifier: BSD-3-Clause
"""What the fields of a class are, found out once: every way through a tree asks, at every object."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .fields import ChildMark, ParamMark, RefMark, mark_of, target_of

_PLACE = "__declared__"


@dataclass(frozen=True, slots=True)
class Declared:
    """The fields of a class by name, in the order of declaration. `targets` are known once they were asked for."""

    marks: dict[str, ParamMark | ChildMark | RefMark]
    children: tuple[str, ...]
    references: dict[str, RefMark]
    set_from_outside: tuple[str, ...]
    """Those that take a value from the command line."""
    targets: dict[str, type[Any]] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    """Valid defaults that cannot change, of parameters for which an object has asked."""


def declared(cls: type[Any]) -> Declared:
    """The fields of a class. They do not change after it is made, but for the classes that an annotation names."""
    found: Declared | None = cls.__dict__.get(_PLACE)
    if found is None:
        marks = {name: mark_of(info) for name, info in cls.model_fields.items()}
        found = Declared(
            marks,
            tuple(name for name, mark in marks.items() if isinstance(mark, ChildMark)),
            {name: mark for name, mark in marks.items() if isinstance(mark, RefMark)},
            tuple(name for name, mark in marks.items() if isinstance(mark, ParamMark) or _is_choice(mark)),
        )
        setattr(cls, _PLACE, found)
    return found


def target(cls: type[Any], name: str) -> type[Any]:
    """The class of the objects that a child or reference field holds."""
    known = declared(cls).targets
    if name not in known:
        known[name] = target_of(cls.model_fields[name].annotation)
    return known[name]


def _is_choice(mark: ParamMark | ChildMark | RefMark) -> bool:
    return isinstance(mark, ChildMark) and mark.named
