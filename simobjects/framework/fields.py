# SPDX-License-Identifier: BSD-3-Clause
"""How a class declares parameters, children and references."""

from __future__ import annotations

import types
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import Field, GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
Ref = Annotated[T, "reference"]
"""The type of a reference to another object of the machine: `tlb: Ref[HardwareTLB] = ref("...")`."""

Shape = Literal["one", "list", "dict"]


@dataclass(frozen=True)
class ParamMark:
    """Marks a field as parameter. `identity` tells whether it is part of the hash that names a run.

    `required`: it has no default. Pydantic sees None there, so that it makes the object before its values are known.
    """

    identity: bool = True
    required: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)


@dataclass(frozen=True)
class _Link:
    """Marks a field that holds objects. Those are checked by the tree, not by pydantic."""

    optional: bool = False

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


@dataclass(frozen=True)
class ChildMark(_Link):
    """Marks a field as child; `make` called with `keywords` gives the default.

    `named`: the script may also give the short name of a class of the family.
    """

    make: type[Any] | None = None
    keywords: Mapping[str, Any] = field(default_factory=dict)
    named: bool = False


@dataclass(frozen=True)
class RefMark(_Link):
    """Marks a field as reference."""


@dataclass(frozen=True)
class Plausible:
    """The range in which a parameter that nobody has published lies, as far as is known: for sensitivity studies."""

    low: Any
    high: Any

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return handler(source)


def estimate(default: Any, description: str, low: Any, high: Any, **bounds: Any) -> Any:
    """A parameter whose value is an estimate, with the range in which it plausibly lies; else as `param`.

    `simobjects sensitivity` varies every one of them between its ends.

    Args:
        default: the value that a machine has unless the script says otherwise.
        description: of the parameter; the range is added to it.
        low: the lower end, in the parameter's own unit.
        high: the upper end.
        bounds: what is accepted at all, as of `param`.
    """
    info = param(default, f"{description}; estimate, {low} to {high}", **bounds)
    info.metadata.append(Plausible(low, high))
    return info


def plausible(info: FieldInfo) -> Plausible | None:
    """The range of a field, if it has one."""
    return next((item for item in info.metadata if isinstance(item, Plausible)), None)


def param(default: Any = ..., description: str = "", *, identity: bool = True, **bounds: Any) -> Any:
    """A parameter: a typed value that the machine is built from.

    The annotation is its type: a number, text, `Literal`, or a quantity such as `Frequency`, which takes text with a
    unit. A wrong value does not raise: it is reported when the machine is validated, and the default stays meanwhile.

    Args:
        default: without one (`param(description="...")` or `param(..., "...")`) a value is required.
        description: one line for help and pages.
        identity: False: the value does not change the hash that names a run, because it does not change results.
        bounds: pydantic's: ge, gt, le, lt, multiple_of, min_length, max_length, pattern.
    """
    required = default is ...
    info = Field(None if required else default, description=description, **bounds)
    return _marked(info, ParamMark(identity, required))


def child(default: type[Any] | None, description: str = "", *, optional: bool = False, **keywords: Any) -> Any:
    """A child: an object that this one owns, and whose path is below its own.

    Args:
        default: the class of the default, which is made as `default(**keywords)`; None: the script must give an object,
            unless it is `optional`.
        description: one line for help and pages.
        optional: None may be assigned: there is no such child then.
        keywords: parameters of the default.
    """
    return _marked(Field(None, description=description), ChildMark(optional, default, keywords))


def choice(default: type[Any], description: str = "", **keywords: Any) -> Any:
    """A child out of a family of classes: an object, or for short the `short` name of its class.

    The annotation names the family; whoever derives a class from it and gives that a `short` name extends the choice.
    A wrong name is reported with the list and the nearest.

    Args:
        default: the class of the default, made as `default(**keywords)`.
        description: one line for help and pages.
        keywords: parameters of the default.
    """
    return _marked(Field(None, description=description), ChildMark(False, default, keywords, named=True))


def children(description: str = "") -> Any:
    """A list (`list[X]`) or dict (`dict[str, X]`) of children, empty at first; paths are `owner.name[0]` or
    `owner.name.key`.
    """
    return _marked(Field(None, description=description), ChildMark())


def ref(description: str = "", *, optional: bool = False) -> Any:
    """A reference to an object that something else owns.

    Unless assigned it is the nearest ancestor of the right type, or the only such object below the nearest
    ancestor that has any. Several that fit equally are a problem of the machine.

    Args:
        description: one line for help and pages.
        optional: there may be none: reading it gives None then.
    """
    return _marked(Field(None, description=description), RefMark(optional))


def mark_plain(info: FieldInfo) -> bool:
    """Make a field that is declared without `param`, as in plain pydantic, a parameter too; False: it is marked."""
    if any(isinstance(item, (ParamMark, ChildMark, RefMark)) for item in info.metadata):
        return False
    required = info.is_required()
    info.metadata.append(ParamMark(required=required))
    if required:
        info.default = None
    return True


def is_required(info: FieldInfo) -> bool:
    """Whether a parameter has no default."""
    mark = mark_of(info)
    return isinstance(mark, ParamMark) and mark.required


def mark_of(info: FieldInfo) -> ParamMark | ChildMark | RefMark:
    """What kind of field this is."""
    for item in info.metadata:
        if isinstance(item, (ParamMark, ChildMark, RefMark)):
            return item
    return ParamMark()


def with_default(info: FieldInfo, default: Any) -> FieldInfo:
    """A copy of a parameter's field with another default."""
    made = copy(info)
    made.default, made.default_factory = default, None
    made.metadata = [replace(item, required=False) if isinstance(item, ParamMark) else item for item in info.metadata]
    return made


def shape_of(annotation: Any) -> Shape:
    """Whether a child field holds one object, a list or a dict."""
    origin = get_origin(_bare(annotation))
    return "list" if origin is list else "dict" if origin is dict else "one"


def target_of(annotation: Any) -> type[Any]:
    """The class of the objects that a child or reference field holds, without `list`, `dict` and `None`.

    Raises:
        TypeError: the annotation names no class.
    """
    bare = _bare(annotation)
    if get_origin(bare) in (list, dict):
        bare = _bare(get_args(bare)[-1])
    if not isinstance(bare, type):
        raise TypeError(f"{annotation!r} does not name a class of objects")
    return bare


def is_optional(annotation: Any) -> bool:
    """Whether None is among the types."""
    return type(None) in get_args(annotation)


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated and `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            rest = [item for item in get_args(annotation) if item is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return annotation


def _marked(info: Any, mark: object) -> Any:
    info.metadata.append(mark)
    return info
