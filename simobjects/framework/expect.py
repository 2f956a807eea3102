# SPDX-License-Identifier: BSD-3-Clause
"""What a parameter expects, in words, and what to do about a value that it refuses."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from simobjects.base.names import nearest

from .problems import show
from .quantities import Quantity, QuantityError
from .values import AddressRange, Ratio

_WORDS: dict[Any, tuple[str, str]] = {
    int: ("int", "an integer"),
    float: ("float", "a number"),
    str: ("str", "text"),
    bool: ("bool", "True or False"),
    AddressRange: ("AddressRange", "an address range such as '0x0..0x1000000' or '0xEF600000+4KiB'"),
    Ratio: ("Ratio", "a ratio such as '1.25', exact to thousandths"),
    type(None): ("None", "None"),
}

_BOUND_FIXES = {
    "le": "a value of at most",
    "ge": "a value of at least",
    "lt": "a value below",
    "gt": "a value above",
    "multiple_of": "a multiple of",
}


def quantity_of(info: FieldInfo) -> Quantity | None:
    """The quantity that a field is, if it is one, also one that may be None."""
    own = _quantity(info.metadata)
    if own is None and get_origin(info.annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(info.annotation) if part is not type(None)]
        return _quantity_in(parts[0]) if len(parts) == 1 else None
    return own


def _quantity(metadata: Iterable[object]) -> Quantity | None:
    return next((item for item in metadata if isinstance(item, Quantity)), None)


def _quantity_in(annotation: Any) -> Quantity | None:
    """The quantity that an annotation inside of another one is."""
    return _quantity(get_args(annotation)[1:]) if get_origin(annotation) is Annotated else None


def type_text(info: FieldInfo) -> str:
    """The type as the documentation names it."""
    quantity = _quantity(info.metadata)
    return quantity.name if quantity else _type_text(info.annotation)


def value_text(info: FieldInfo, value: object) -> str:
    """A valid value as a script would write it."""
    quantity = quantity_of(info)
    if quantity is not None and isinstance(value, int):
        return quantity.format(value)
    if isinstance(value, enum.Enum):
        value = value.value
    return str(value) if isinstance(value, (str, AddressRange, Ratio)) else show(value)


def bounds_text(info: FieldInfo) -> str:
    """`from 1 to 4096`, `at least 1`, ... or empty."""
    low, high = _bound(info, "ge"), _bound(info, "le")
    words = []
    if low is not None and high is not None:
        words.append(f"from {value_text(info, low)} to {value_text(info, high)}")
    else:
        words += [f"of at least {value_text(info, low)}"] if low is not None else []
        words += [f"of at most {value_text(info, high)}"] if high is not None else []
    for key, word in (("gt", "above"), ("lt", "below"), ("multiple_of", "a multiple of")):
        bound = _bound(info, key)
        if bound is not None:
            words.append(f"{word} {value_text(info, bound)}")
    for key, word in (("min_length", "at least"), ("max_length", "at most")):
        bound = _bound(info, key)
        if bound is not None:
            words.append(f"of {word} {bound} {'characters' if info.annotation is str else 'items'}")
    pattern = _bound(info, "pattern")
    if pattern is not None:
        words.append(f"that matches {pattern}")
    return ", ".join(words)


def expected_text(info: FieldInfo) -> str:
    """What a parameter expects: `an integer from 1 to 4096`, `one of: e3b, e4`."""
    quantity = _quantity(info.metadata)
    text = quantity.expected if quantity else _expected(info.annotation)
    bounds = bounds_text(info)
    apart = "," if quantity_of(info) or info.annotation is Ratio else ""
    return f"{text}{apart} {bounds}" if bounds else text


def explain(name: str, info: FieldInfo, value: object, error: ValidationError) -> tuple[str, str, str | None]:
    """(expected, fix, nearest name) for a value that pydantic refused."""
    first = error.errors(include_url=False, include_input=False)[0]
    context = first.get("ctx", {})
    choices = choices_of(info.annotation)
    near = nearest(value, choices) if choices and isinstance(value, str) else None
    return expected_text(info), _fix(name, info, value, context, near), near


def choices_of(annotation: Any) -> list[str]:
    """The texts that a choice allows; empty for other types."""
    if get_origin(annotation) is Literal:
        return [str(choice) for choice in get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return [str(member.value) for member in annotation]
    if get_origin(annotation) in (Union, types.UnionType):
        return [choice for part in get_args(annotation) for choice in choices_of(part)]
    return []


def _fix(name: str, info: FieldInfo, value: object, context: dict[str, Any], near: str | None) -> str:
    cause = context.get("error")
    if isinstance(cause, QuantityError):
        return cause.fix
    if isinstance(cause, ValueError):
        return str(cause)
    for key, words in _BOUND_FIXES.items():
        if key in context:
            return f"choose {words} {value_text(info, _bound(info, key))}"
    if info.annotation is int and isinstance(value, str) and value.strip().isdecimal():
        return f"write {name}={value.strip()}, without quotes"
    choices = choices_of(info.annotation)
    if choices:
        return f"write {near!r}" if near else f"choose one of: {', '.join(choices)}"
    if info.default is not None:
        return f"write it like the default, {name}={show(info.default)}"
    return f"give {name} {_expected(info.annotation)}"


def _bound(info: FieldInfo, key: str) -> Any:
    for item in info.metadata:
        bound = getattr(item, key, None)
        if bound is not None and not isinstance(item, Quantity):
            return bound
    return None


def _type_text(annotation: Any) -> str:
    quantity = _quantity_in(annotation)
    if quantity is not None:
        return quantity.name
    if annotation in _WORDS:
        return _WORDS[annotation][0]
    if get_origin(annotation) is Literal:
        return " | ".join(repr(choice) for choice in get_args(annotation))
    if get_origin(annotation) in (Union, types.UnionType):
        return " | ".join(_type_text(part) for part in get_args(annotation))
    if get_args(annotation):
        inner = ", ".join("..." if part is Ellipsis else _type_text(part) for part in get_args(annotation))
        return f"{get_origin(annotation).__name__}[{inner}]"
    return getattr(annotation, "__name__", None) or str(annotation)


def _expected(annotation: Any) -> str:
    quantity = _quantity_in(annotation)
    if quantity is not None:
        return quantity.expected
    if annotation in _WORDS:
        return _WORDS[annotation][1]
    choices = choices_of(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return " or ".join(_expected(part) for part in get_args(annotation))
    if choices:
        return f"one of: {', '.join(choices)}"
    if get_origin(annotation) in (list, tuple, set, frozenset):
        return f"a list of {', '.join(_type_text(part) for part in get_args(annotation) if part is not Ellipsis)}"
    return f"a {_type_text(annotation)}"
