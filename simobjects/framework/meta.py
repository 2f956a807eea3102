# SPDX-License-Identifier: BSD-3-Clause
"""The class of SimObject classes: inherits parameter types, and gathers ports and statistics."""

from __future__ import annotations

import sys
from collections import ChainMap
from copy import copy
from typing import TYPE_CHECKING, Annotated, Any, ForwardRef, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..stats.kinds import Conservation, Stat
from .declared import Declared, declare
from .fields import ParamMark, mark_of, mark_plain, with_default
from .origin import script_frame
from .ports import Port
from .variants import refuse_taken

DECLARED = (Port, Stat, Conservation)

if TYPE_CHECKING:
    # A type checker sees plain classes. Pydantic's metaclass is a `dataclass_transform`: it promises of each class a
    # constructor with a parameter of each field's type. SimObjects take text too ("400MHz"), and a base class cannot
    # take the promise back for the classes that users derive; each of them would have to say `init=False`.
    from abc import ABCMeta as ModelMeta

    Model = object
else:
    ModelMeta = type(BaseModel)
    Model = BaseModel


class SimObjectMeta(ModelMeta):
    """Makes `entries = 256` in a subclass a new default, and `__ports__`, `__stats__`, `__checks__` of each class."""

    __declared__: Declared
    __ports__: dict[str, Port]
    __stats__: dict[str, Stat]
    __checks__: dict[str, Conservation]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        inherited = _inherited_fields(bases)
        new_defaults = {key: namespace.pop(key) for key in _overrides(namespace, inherited)}
        _refuse_reserved(name, bases, namespace)
        made: Any = super().__new__(mcs, name, bases, namespace, **options)
        fields: dict[str, FieldInfo] = made.model_fields
        for key, value in new_defaults.items():
            fields[key] = _overridden(fields[key], value)
        _mark_plain(made)
        made.__declared__ = declare(made)
        made.__ports__ = _gather(made, Port)
        made.__stats__ = _gather(made, Stat)
        made.__checks__ = _gather(made, Conservation)
        _refuse_hidden(made, namespace, inherited)
        refuse_taken(made, bases)
        return made


def complete(cls: Any) -> None:
    """Resolve annotations that named classes which did not exist yet when `cls` was made."""
    known: Declared = cls.__declared__
    if known.fields is not None:
        return
    if any(_unresolved(info.annotation) for info in cls.model_fields.values()):
        frame = script_frame()
        cls.model_rebuild(_types_namespace=ChainMap(frame.f_locals, frame.f_globals))
        _mark_plain(cls)  # resolving makes the fields anew
    if not any(_unresolved(info.annotation) for info in cls.model_fields.values()):
        known.fields = cls.model_fields


def _unresolved(annotation: object) -> bool:
    """Whether a class is still only named, anywhere in the annotation; texts of a Literal are values, and what
    Annotated says of a type is none."""
    if isinstance(annotation, str | ForwardRef):
        return True
    origin, parts = get_origin(annotation), get_args(annotation)
    return origin is not Literal and any(map(_unresolved, parts[:1] if origin is Annotated else parts))


def _mark_plain(cls: Any) -> None:
    for info in cls.model_fields.values():
        mark_plain(info)


def _inherited_fields(bases: tuple[type, ...]) -> dict[str, FieldInfo]:
    found: dict[str, FieldInfo] = {}
    for base in reversed(bases):
        found.update(getattr(base, "model_fields", {}))
    return found


def _overrides(namespace: dict[str, Any], inherited: dict[str, FieldInfo]) -> list[str]:
    """Inherited fields that the class body gives a new default without repeating the type."""
    annotated = _annotations(namespace)
    return [key for key in namespace if key in inherited and key not in annotated]


def _annotations(namespace: dict[str, Any]) -> dict[str, Any]:
    """The annotations of a class body that is not a class yet."""
    if sys.version_info >= (3, 14):
        import annotationlib

        annotate = annotationlib.get_annotate_from_class_namespace(namespace)
        if annotate is not None:
            return annotationlib.call_annotate_function(annotate, annotationlib.Format.FORWARDREF)
    found: dict[str, Any] = namespace.get("__annotations__", {})
    return found


def _overridden(info: FieldInfo, value: Any) -> FieldInfo:
    if not isinstance(value, FieldInfo):
        if not isinstance(mark_of(info), ParamMark):
            raise TypeError(f"{value!r} cannot replace a declared child or reference; use child(...) or ref(...)")
        return with_default(info, value)
    made = copy(value)
    made.annotation = info.annotation
    if made.description in (None, ""):
        made.description = info.description
    # Types such as Frequency live in the metadata; bounds that the new declaration gives replace the old ones.
    fresh = {type(item) for item in value.metadata}
    made.metadata = [item for item in info.metadata if type(item) not in fresh] + list(value.metadata)
    return made


def _gather(cls: type, kind: type) -> dict[str, Any]:
    """Declarations of one kind in the order of the classes, base first; an attribute of another kind removes one."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if not isinstance(base, SimObjectMeta):  # has none, and pydantic's model many attributes
            continue
        for key, value in vars(base).items():
            if isinstance(value, kind):
                found[key] = value
            elif key in found and not key.startswith("__"):
                del found[key]
    return found


def _refuse_reserved(name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> None:
    """A field, port or statistic may not hide a method of SimObject."""
    root = next((cls for base in bases for cls in base.__mro__ if cls.__name__ == "SimObject"), None)
    if root is None:
        return
    declared = {key for key, value in namespace.items() if isinstance(value, (*DECLARED, FieldInfo))}
    facts = {key for cls in root.__mro__ for key in getattr(cls, "__annotations__", {})}
    for key in sorted(declared | set(_annotations(namespace)) - facts):
        if hasattr(root, key):
            what = "a fact" if key in facts else "a method"
            raise TypeError(f"{name}.{key}: {key!r} is {what} of every SimObject; choose another name")


def _refuse_hidden(cls: Any, namespace: dict[str, Any], inherited: dict[str, FieldInfo]) -> None:
    """One name means one thing: no statistic or port may take the name of a parameter."""
    for key in [*cls.__ports__, *cls.__stats__]:
        if key in cls.model_fields:
            raise TypeError(f"{cls.__name__}.{key} is both a field and a {type(namespace.get(key)).__name__.lower()}")
