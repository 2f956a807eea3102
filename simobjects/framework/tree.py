# SPDX-License-Identifier: BSD-3-Clause
"""Ways through the tree of objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from simobjects.base.names import listed

from .declared import declared, target
from .fields import RefMark
from .node import Holder, Part
from .problems import UnresolvedReference


def owned(obj: Part) -> Iterator[tuple[str, Part]]:
    """(label, child) of every child.

    Declared children come in the order of declaration, those of a System and of a dict by name: the order of
    the statements in a script has no effect on a machine.
    """
    for name, held in children_by_name(obj).items():
        if isinstance(held, Part):
            yield name, held
        elif held is not None:
            yield from held.held()


def children_by_name(obj: Part) -> dict[str, Any]:
    """What each child attribute holds: an object, a Holder or None."""
    values = vars(obj)
    known = declared(type(obj))
    found = {}
    for name in known.children:
        found[name] = values.get(name)
    # An attribute that no class declares may hold children too; a System has such.
    if not values.keys() <= known.marks.keys():
        for name in sorted(values.keys() - known.marks.keys()):
            if isinstance(held := values[name], (Part, Holder)):
                found[name] = held
    return found


def walk(obj: Part) -> Iterator[Part]:
    """`obj` and everything below it, owners first, as they come to be; of a frozen machine they are known."""
    known = obj._node.below
    return _walk(obj) if known is None else iter(known)


def parts(obj: Part) -> list[Part]:
    """`obj` and everything below it, owners first, as they are now."""
    found: list[Part] = []
    _add(obj, found)
    return found


def _add(obj: Part, found: list[Part]) -> None:
    found.append(obj)
    for held in children_by_name(obj).values():
        if held is None:
            continue
        if isinstance(held, Part):
            _add(held, found)
        else:
            for _, item in held.held():
                _add(item, found)


def _walk(obj: Part) -> Iterator[Part]:
    yield obj
    for held in children_by_name(obj).values():
        if isinstance(held, Part):
            yield from _walk(held)
        elif held is not None:
            for _, item in held.held():
                yield from _walk(item)


def ancestry(obj: Part) -> list[Part]:
    """`obj`, its owner, that one's owner, up to the root."""
    found = [obj]
    while (parent := found[-1]._node.parent) is not None:
        found.append(parent)
    return found


def fitting(obj: Part, wanted: type[Any]) -> list[Part]:
    """`obj` and what is below it, as far as it is of a class."""
    return [found for found in parts(obj) if isinstance(found, wanted)]


def candidates(obj: Part, name: str, fitting: Callable[[Part, type[Any]], Iterable[Part]] = fitting) -> list[Part]:
    """The objects that the unassigned reference `name` may mean: one when it is clear.

    The nearest ancestor that is such an object itself, else those below the nearest ancestor that has any. Who asks
    for many references of a finished tree has `fitting` remember.
    """
    wanted = target(type(obj), name)
    ancestor = obj._node.parent
    while ancestor is not None:
        if isinstance(ancestor, wanted):
            return [ancestor]
        if found := [one for one in fitting(ancestor, wanted) if one is not obj]:
            return found
        ancestor = ancestor._node.parent
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
    if not found and references_of(type(obj))[name].optional:
        return None
    wanted = target(type(obj), name).__name__
    what = f"any of {listed(other.path for other in found)}" if found else "nothing: the machine has none"
    raise UnresolvedReference(f"{obj.path}.{name} should refer to a {wanted}, but may mean {what}")


def references_of(cls: type[Part]) -> Mapping[str, RefMark]:
    """The declared references of a class."""
    return declared(cls).references
