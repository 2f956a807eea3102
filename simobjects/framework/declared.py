# SPDX-License-Identifier: BSD-3-Clause
"""What the fields of a class are, found out once: every way through a tree asks, at every object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic.fields import FieldInfo

from .fields import ChildMark, ParamMark, RefMark, Shape, mark_of, shape_of, target_of


@dataclass(frozen=True, slots=True)
class Default:
    """What every new object of a class begins with: `values`, in which only what never changes is shared.

    `own` are the fields of which each object has a value of its own; None stands there until it has.
    """

    values: Mapping[str, Any]
    own: tuple[str, ...]


@dataclass(slots=True)
class Declared:
    """The fields of a class by name, in the order of declaration. What needs resolved annotations comes as it is asked
    for: `targets`, `shapes`, `checkers`, `dumpers`.
    """

    marks: Mapping[str, ParamMark | ChildMark | RefMark]
    children: tuple[str, ...]
    references: Mapping[str, RefMark]
    identity: frozenset[str]
    """Parameters that are part of the hash of a run."""
    params: frozenset[str]
    set_from_outside: tuple[str, ...]
    """Those that take a value from the command line."""
    fields: Mapping[str, FieldInfo] | None = None
    """The fields with their types; None until every annotation is resolved."""
    targets: dict[str, type[Any]] = field(default_factory=dict)
    shapes: dict[str, Shape] = field(default_factory=dict)
    checkers: dict[str, Callable[[object], Any]] = field(default_factory=dict)
    dumpers: dict[str, Callable[..., Any]] = field(default_factory=dict)
    defaults: dict[str, Any] = field(default_factory=dict)
    """Valid defaults that cannot change, of parameters for which an object has asked."""
    default: Default | None = None
    """Known when a first object has all of them."""


def declare(cls: Any) -> Declared:
    """The fields of a class that is being made. They do not change, but for the classes that an annotation names."""
    marks = {name: mark_of(info) for name, info in cls.model_fields.items()}
    params = {name: mark for name, mark in marks.items() if isinstance(mark, ParamMark)}
    return Declared(
        marks,
        tuple(name for name, mark in marks.items() if isinstance(mark, ChildMark)),
        {name: mark for name, mark in marks.items() if isinstance(mark, RefMark)},
        frozenset(name for name, mark in params.items() if mark.identity),
        frozenset(params),
        tuple(name for name, mark in marks.items() if isinstance(mark, ParamMark) or _is_choice(mark)),
    )


def declared(cls: type[Any]) -> Declared:
    """The fields of a class."""
    found: Declared = cls.__declared__
    return found


def target(cls: type[Any], name: str) -> type[Any]:
    """The class of the objects that a child or reference field holds."""
    known = declared(cls).targets
    if name not in known:
        known[name] = target_of(cls.model_fields[name].annotation)
    return known[name]


def shape(cls: type[Any], name: str) -> Shape:
    """Whether a child field holds one object, a list or a dict."""
    known = declared(cls).shapes
    if name not in known:
        known[name] = shape_of(cls.model_fields[name].annotation)
    return known[name]


def _is_choice(mark: ParamMark | ChildMark | RefMark) -> bool:
    return isinstance(mark, ChildMark) and mark.named
