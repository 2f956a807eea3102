# SPDX-License-Identifier: BSD-3-Clause
"""Parameter values: from a script strictly, from the command line as text."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import is_dataclass
from functools import partial
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BeforeValidator, ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from .declared import Declared, declared
from .node import Part

_STRICT = (int, float, str, bool)


def parse(cls: type[Part], name: str, value: object) -> Any:
    """`value` as parameter `name` of `cls`; pydantic's ValidationError when it is not valid.

    Whole numbers, numbers, text and switches are taken as they are: `"64"` is no integer and 1 no switch.
    """
    checkers = declared(cls).checkers
    return (checkers[name] if name in checkers else _prepared(cls, name).checkers[name])(value)


def plain(obj: Part, names: Collection[str], fallback: Callable[[Any], Any]) -> dict[str, Any]:
    """The values of an object's parameters as JSON has them; `fallback` tells of a value that no type knows."""
    cls = type(obj)
    dumpers = declared(cls).dumpers
    return {
        name: (dumpers[name] if name in dumpers else _prepared(cls, name).dumpers[name])(value, fallback=fallback)
        for name, value in vars(obj).items()
        if name in names
    }


def _prepared(cls: type[Part], name: str) -> Declared:
    """What is declared of a class, with what checks and what shows the values of a parameter."""
    known, info = declared(cls), cls.model_fields[name]
    adapter = _adapter(info)
    known.checkers[name] = partial(adapter.validator.validate_python, strict=_is_strict(info.annotation))
    known.dumpers[name] = partial(adapter.serializer.to_python, mode="json")
    return known


def _adapter(info: FieldInfo) -> TypeAdapter[Any]:
    """The type of a field with its bounds, by itself."""
    whole: Any = Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation
    own = isinstance(info.annotation, type) and is_dataclass(info.annotation)  # a class that validates itself
    return TypeAdapter(whole, config=None if own else ConfigDict(allow_inf_nan=False))


def parse_text(cls: type[Part], name: str, value: object) -> Any:
    """As `parse`, for a value from the command line: text that is read by the type of the parameter.

    What is text itself is taken as given, with its blanks and quotes; other types disregard blanks around a value.
    """
    if not isinstance(value, str):
        return parse(cls, name, value)
    first: ValidationError | None = None
    for meaning in _meanings(value, cls.model_fields[name]):
        try:
            return parse(cls, name, meaning)
        except ValidationError as error:
            first = first or error
    assert first is not None
    raise first


def _meanings(text: str, info: FieldInfo) -> Iterator[object]:
    """What a text can mean, the likeliest first; the first one also gives the error message."""
    annotation, stripped = info.annotation, text.strip()
    if annotation in (int, float):
        try:
            yield int(stripped, 0) if annotation is int else float(stripped)
            return
        except ValueError:
            pass
    switches = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
    if annotation is bool and stripped.lower() in switches:
        yield switches[stripped.lower()]
        return
    yield text
    if get_origin(annotation) in (list, tuple, set, frozenset):
        listed = _simple(stripped)
        if isinstance(listed, list):
            yield listed
        if any(isinstance(each, BeforeValidator) for each in info.metadata):
            return  # the type reads text itself, a file's name perhaps: what it refuses is no list of one word
        of_text = get_args(annotation)[:1] == (str,)
        yield text.split(",") if of_text else [_simple(part.strip()) for part in stripped.split(",")]
    if annotation is not str:
        yield _simple(stripped)


def _simple(text: str) -> object:
    """Numbers, true, false, null and lists as JSON writes them; other text unchanged."""
    if text in ("None", "none"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _is_strict(annotation: Any) -> bool:
    if get_origin(annotation) in (Union,) or type(annotation).__name__ == "UnionType":
        return all(part in _STRICT or part is type(None) for part in get_args(annotation))
    return annotation in _STRICT
