# SPDX-License-Identifier: BSD-3-Clause
"""Ways through the tree of objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from simobjects.base.names import listed

from .fields import ChildMark, RefMark, mark_of, target_of
from .node import Holder, Part
from .problems import UnresolvedReference

_FIELDS: WeakKeyDictionary[type[Any], tuple[tuple[str, ...], frozenset[str]]] = WeakKeyDictionary()
_REFERENCES: WeakKeyDictionary[type[Any], dict[str, RefMark]] = WeakKeyDictionary()


def owned(obj: Part) -> Iterator[tuple[str, Part]]:
    """(label, child) of every child.

    Declared children come in the order of declaration, those of a System and of a dict by name: the order of
    the statements in a script has no effect on a machine.
    """
    for name, held in children_by_name(obj).items():
        if isinstance(held, Holder):
            yield from held.held()
        elif held is not None:
            yield name, held


def children_by_name(obj: Part) -> dict[str, Any]:
    """What each child attribute holds: an object, a Holder or None."""
    values = vars(obj)
    declared, fields = _fields_of(type(obj))
    extra = [name for name, held in values.items() if name not in fields and _is_held(held)]
    return {name: values.get(name) for name in (*declared, *sorted(extra))}


def _fields_of(cls: type[Any]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of the declared children of a class, and of all its fields. Every walk asks, at every object."""
    found = _FIELDS.get(cls)
    if found is None:
        marks = {name: mark_of(info) for name, info in cls.model_fields.items()}
        declared = tuple(name for name, mark in marks.items() if isinstance(mark, ChildMark))
        found = _FIELDS[cls] = (declared, frozenset(marks))
    return found


def _is_held(value: object) -> bool:
    """Whether an attribute that no class declares holds children; a System has such."""
    return isinstance(value, (Holder, Part))


def walk(obj: Part) -> Iterator[Part]:
    """`obj` and everything below it, owners first."""
    yield obj
    for _, item in owned(obj):
        yield from walk(item)


def ancestry(obj: Part) -> list[Part]:
    """`obj`, its owner, that one's owner, up to the root."""
    found = [obj]
    while (parent := found[-1]._node.parent) is not None:
        found.append(parent)
    return found


def candidates(obj: Part, name: str) -> list[Part]:
    """The objects that the unassigned reference `name` may mean: one when it is clear.

    The nearest ancestor that is such an object itself, else those below the nearest ancestor that has any.
    """
    target = target_of(type(obj).model_fields[name].annotation)
    for ancestor in ancestry(obj)[1:]:
        if isinstance(ancestor, target):
            return [ancestor]
        below = [found for found in walk(ancestor) if isinstance(found, target) and found is not obj]
        if below:
            return below
    return []


def refer(obj: Part, name: str) -> Part | None:
    """The object that reference `name` means; UnresolvedReference when that is not clear."""
    node = obj._node
    for known in (node.resolved, node.references):
        if name in known:
            return known[name]
    found = candidates(obj, name)
    if len(found) == 1:
        return found[0]
    info = type(obj).model_fields[name]
    if not found and mark_of(info).optional:  # type: ignore[union-attr]
        return None
    target = target_of(info.annotation).__name__
    what = f"any of {listed(other.path for other in found)}" if found else "nothing: the machine has none"
    raise UnresolvedReference(f"{obj.path}.{name} should refer to a {target}, but may mean {what}")


def references_of(cls: type[Part]) -> dict[str, RefMark]:
    """The declared references of a class."""
    found = _REFERENCES.get(cls)
    if found is None:
        marks = {name: mark_of(info) for name, info in cls.model_fields.items()}
        found = _REFERENCES[cls] = {name: mark for name, mark in marks.items() if isinstance(mark, RefMark)}
    return dict(found)
