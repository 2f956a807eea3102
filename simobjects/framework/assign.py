# SPDX-License-Identifier: BSD-3-Clause
"""Assigning declared fields: parameters, children and references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from simobjects.base.names import listed, nearest

from .attach import attach, detach
from .containers import ChildDict, ChildList
from .declared import declared
from .expect import explain
from .fields import ChildMark, ParamMark, RefMark, is_required, mark_of, shape_of, target_of
from .node import Part
from .origin import here
from .parse import parse, parse_text
from .variants import variants


def set_default(obj: Part, name: str, info: FieldInfo) -> None:
    """Give a field of a new object its default; TypeError when the class declares one that is not valid."""
    mark = mark_of(info)
    if isinstance(mark, ParamMark):
        _set_default_value(obj, name, info)
    elif isinstance(mark, ChildMark):
        shape = shape_of(info.annotation)
        if shape == "one":
            vars(obj)[name] = None
            if mark.make is not None:
                _set_child(obj, name, info, mark.make(**mark.keywords))
                obj._node.assigned.pop(name, None)  # nobody has chosen it
        else:
            kind = ChildList if shape == "list" else ChildDict
            vars(obj)[name] = kind(obj, name, target_of(info.annotation))


def _set_default_value(obj: Part, name: str, info: FieldInfo) -> None:
    known = declared(type(obj)).defaults
    if name in known:
        vars(obj)[name] = known[name]
        return
    if is_required(info):
        return
    default = info.get_default(call_default_factory=True, validated_data={})
    try:
        value = vars(obj)[name] = parse(type(obj), name, default)
        if info.default_factory is None and (value is None or isinstance(value, (bool, int, float, str))):
            known[name] = value
    except ValidationError as error:
        expected, fix, _ = explain(name, info, default, error)
        text = f"{type(obj).__name__}.{name}: the default {default!r} is not {expected}; {fix}"
        raise TypeError(text) from None


def set_field(obj: Part, name: str, info: FieldInfo, value: Any) -> None:
    """Assign a parameter, child or reference. What is wrong is recorded, and the old value stays."""
    mark = mark_of(info)
    if name in obj._node.overridden:
        return
    if isinstance(mark, ChildMark):
        _set_child(obj, name, info, value)
    elif isinstance(mark, RefMark):
        _set_reference(obj, name, info, value)
    else:
        _set_param(obj, name, info, value)


def _set_param(obj: Part, name: str, info: FieldInfo, value: Any) -> None:
    node = obj._node
    try:
        vars(obj)[name] = parse(type(obj), name, value)
    except ValidationError as error:
        node.report(name, value, *explain(name, info, value, error))
    else:
        node.assigned[name] = here()


def _set_child(obj: Part, name: str, info: FieldInfo, value: Any) -> None:
    target, shape = target_of(info.annotation), shape_of(info.annotation)
    old = vars(obj).get(name)
    if isinstance(value, str) and _is_named(info):
        value = _variant(obj, name, target, value)
        if value is None:
            return
    if shape == "list":
        _set_many(obj, name, old, value, (list, tuple, ChildList), f"a list of {target.__name__}")
    elif shape == "dict":
        _set_many(obj, name, old, value, (dict, ChildDict), f"a dict of {target.__name__}")
    elif value is None:
        detach(old)
        vars(obj)[name] = None
        obj._node.assigned[name] = here()
    elif value is not old and attach(obj, name, value, target):
        detach(old)
        vars(obj)[name] = value
        obj._node.assigned[name] = here()


def set_override(obj: Part, name: str, info: FieldInfo, value: object) -> None:
    """Take a value from outside the script, which may be text, whoever has assigned the field before."""
    if isinstance(mark_of(info), ChildMark):
        _set_child(obj, name, info, value.strip() if isinstance(value, str) else value)
        return
    try:
        vars(obj)[name] = parse_text(type(obj), name, value)
    except ValidationError as error:
        obj._node.report(name, value, *explain(name, info, value, error))


def _is_named(info: FieldInfo) -> bool:
    mark = mark_of(info)
    return isinstance(mark, ChildMark) and mark.named


def _variant(obj: Part, name: str, family: type[Any], short: str) -> Part | None:
    """A new object of the class that is called so; None, with the problem recorded, when there is no such class."""
    known = variants(family)
    if short in known:
        made: Part = known[short]()
        return made
    near = nearest(short, known)
    fix = f"write {near!r}" if near else f"choose one of: {listed(known)}"
    obj._node.report(name, short, f"one of: {', '.join(known)}, or a {family.__name__}", fix, near)
    return None


def _set_many(obj: Part, name: str, old: Any, value: Any, accepted: tuple[Any, ...], expected: str) -> None:
    if not isinstance(value, accepted):
        obj._node.report(name, value, expected, f"assign {expected}(...) objects")
    elif value is not old:
        fresh: Any = dict(value) if isinstance(value, Mapping) else list(value)
        old.clear()
        old.update(fresh) if isinstance(fresh, dict) else old.extend(fresh)


def _set_reference(obj: Part, name: str, info: FieldInfo, value: Any) -> None:
    target, mark = target_of(info.annotation), mark_of(info)
    if isinstance(value, target):
        obj._node.references[name] = value
        obj._node.assigned[name] = here()
    elif value is None and mark.optional:  # type: ignore[union-attr]
        obj._node.references[name] = None
        obj._node.assigned[name] = here()
    else:
        expected = f"a reference to a {target.__name__}"
        obj._node.report(name, value, expected, f"assign the {target.__name__} itself, such as system.x")
