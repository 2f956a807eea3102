# SPDX-License-Identifier: BSD-3-Clause
"""Assigning declared fields: parameters, children and references."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from simobjects.base.names import listed, nearest

from .attach import attach, detach
from .containers import ChildDict, ChildList
from .declared import Declared, Default, declared, shape, target
from .expect import explain
from .fields import ChildMark, ParamMark, RefMark, is_required
from .node import Part
from .origin import here
from .parse import parse, parse_text
from .values import AddressRange, Ratio
from .variants import variants

_FIXED = (bool, int, float, str, AddressRange, Ratio)
"""Types of values that cannot change, so that objects may share them."""


def set_defaults(obj: Part) -> None:
    """Give the fields of a new object their defaults; TypeError when the class declares one that is not valid."""
    known = declared(type(obj))
    if known.default is not None:
        vars(obj).update(known.default.values)
        for name in known.default.own:
            _set_default(obj, name, known.marks[name])
        return
    for name, mark in known.marks.items():
        _set_default(obj, name, mark)
    if known.fields is not None:
        known.default = _default(known)


def _default(known: Declared) -> Default:
    values, own = {}, []
    for name, mark in known.marks.items():
        if isinstance(mark, RefMark) or (isinstance(mark, ParamMark) and mark.required):
            continue
        values[name] = known.defaults.get(name)
        alone = isinstance(mark, ChildMark) and mark.make is None and known.shapes[name] == "one"
        if name not in known.defaults and not alone:
            own.append(name)
    return Default(values, tuple(own))


def _set_default(obj: Part, name: str, mark: ParamMark | ChildMark | RefMark) -> None:
    if isinstance(mark, ParamMark):
        _set_default_value(obj, name)
    elif isinstance(mark, ChildMark):
        held = shape(type(obj), name)
        if held == "one":
            vars(obj)[name] = None
            if mark.make is not None:
                _set_child(obj, name, mark.make(**mark.keywords))
                obj._node.assigned.pop(name, None)  # nobody has chosen it
        else:
            kind = ChildList if held == "list" else ChildDict
            vars(obj)[name] = kind(obj, name, target(type(obj), name))


def _set_default_value(obj: Part, name: str) -> None:
    known = declared(type(obj)).defaults
    if name in known:
        vars(obj)[name] = known[name]
        return
    info = type(obj).model_fields[name]
    if is_required(info):
        return
    default = info.get_default(call_default_factory=True, validated_data={})
    try:
        value = vars(obj)[name] = parse(type(obj), name, default)
        if info.default_factory is None and (value is None or isinstance(value, _FIXED)):
            known[name] = value
    except ValidationError as error:
        expected, fix, _ = explain(name, info, default, error)
        text = f"{type(obj).__name__}.{name}: the default {default!r} is not {expected}; {fix}"
        raise TypeError(text) from None


def set_field(obj: Part, name: str, value: Any) -> None:
    """Assign a parameter, child or reference. What is wrong is recorded, and the old value stays."""
    mark = declared(type(obj)).marks[name]
    if name in obj._node.overridden:
        return
    if isinstance(mark, ChildMark):
        _set_child(obj, name, value)
    elif isinstance(mark, RefMark):
        _set_reference(obj, name, value)
    else:
        _set_param(obj, name, value)


def _set_param(obj: Part, name: str, value: Any) -> None:
    node = obj._node
    try:
        vars(obj)[name] = parse(type(obj), name, value)
    except ValidationError as error:
        node.report(name, value, *explain(name, type(obj).model_fields[name], value, error))
    else:
        node.assigned[name] = here()


def _set_child(obj: Part, name: str, value: Any) -> None:
    cls = type(obj)
    wanted, held = target(cls, name), shape(cls, name)
    old = vars(obj).get(name)
    if isinstance(value, str) and _is_named(declared(cls).marks[name]):
        value = _variant(obj, name, wanted, value)
        if value is None:
            return
    if held == "list":
        _set_many(obj, name, old, value, (list, tuple, ChildList), f"a list of {wanted.__name__}")
    elif held == "dict":
        _set_many(obj, name, old, value, (dict, ChildDict), f"a dict of {wanted.__name__}")
    elif value is None:
        detach(old)
        vars(obj)[name] = None
        obj._node.assigned[name] = here()
    elif value is not old and attach(obj, name, value, wanted):
        detach(old)
        vars(obj)[name] = value
        obj._node.assigned[name] = here()


def set_override(obj: Part, name: str, value: object) -> None:
    """Take a value from outside the script, which may be text, whoever has assigned the field before."""
    if isinstance(declared(type(obj)).marks[name], ChildMark):
        _set_child(obj, name, value.strip() if isinstance(value, str) else value)
        return
    try:
        vars(obj)[name] = parse_text(type(obj), name, value)
    except ValidationError as error:
        obj._node.report(name, value, *explain(name, type(obj).model_fields[name], value, error))


def _is_named(mark: object) -> bool:
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


def _set_reference(obj: Part, name: str, value: Any) -> None:
    wanted, mark = target(type(obj), name), declared(type(obj)).references[name]
    if isinstance(value, wanted):
        obj._node.references[name] = value
        obj._node.assigned[name] = here()
    elif value is None and mark.optional:
        obj._node.references[name] = None
        obj._node.assigned[name] = here()
    else:
        expected = f"a reference to a {wanted.__name__}"
        obj._node.report(name, value, expected, f"assign the {wanted.__name__} itself, such as system.x")
