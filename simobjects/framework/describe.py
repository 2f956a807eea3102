# SPDX-License-Identifier: BSD-3-Clause
"""What a SimObject class declares, as data: the source of the command line's help and the docs' tables."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace

from ..stats.kinds import Vector
from .expect import bounds_text, choices_of, type_text, value_text
from .fields import ChildMark, ParamMark, RefMark, is_required, mark_of, shape_of, target_of
from .meta import complete
from .node import Part
from .parse import parse
from .variants import variants


@dataclass(frozen=True)
class ParamInfo:
    """A parameter.

    Attributes:
        name: of the attribute.
        type: as pages show it, such as `Frequency` or `int`.
        default: as a script would write it; None when a value is required.
        bounds: such as `from 1 to 4096` or `of at least 1`; empty without.
        description: one line.
        choices: the values of a `Literal`; empty for other types.
    """

    name: str
    type: str
    default: str | None
    bounds: str
    description: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class LinkInfo:
    """A child or a reference.

    Attributes:
        name: of the attribute.
        type: the class of the objects that it holds.
        shape: `one`, `list` or `dict`.
        optional: whether it may be missing.
        description: one line.
    """

    name: str
    type: str
    shape: str
    optional: bool
    description: str
    choices: tuple[str, ...] = ()
    """Short names of the classes of a family that are known."""
    default: str | None = None
    """The short name of what is there unless the script says otherwise, of a family."""


@dataclass(frozen=True)
class PortInfo:
    """A port: its name, role (`requestor` or `responder`), the name of its protocol, and how often it is connected."""

    name: str
    role: str
    protocol: str
    many: bool
    required: bool
    description: str


@dataclass(frozen=True)
class StatInfo:
    """A statistic.

    Attributes:
        name: as in results, after the object's path and a dot.
        kind: `counter`, `vector`, `histogram`, `level`, `level vector` or `formula`.
        unit: of the value, such as `count` or `cycle`.
        description: one line.
        labels: of a vector whose labels are known from the class; else empty.
    """

    name: str
    kind: str
    unit: str
    description: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class ObjectInfo:
    """Everything that a class declares, in the order of declaration."""

    name: str
    module: str
    description: str
    params: tuple[ParamInfo, ...]
    children: tuple[LinkInfo, ...]
    references: tuple[LinkInfo, ...]
    ports: tuple[PortInfo, ...]
    stats: tuple[StatInfo, ...]
    checks: tuple[str, ...]
    debug_kinds: tuple[str, ...]
    cites: tuple[str, ...] = ()
    """The works that a run with it cites, as a person reads them."""


def describe(cls: type[Part]) -> ObjectInfo:
    """What `cls` declares: the source of `simobjects objects`, of the command line's help, and of the page of objects.

    Args:
        cls: a SimObject class. No object of it is made.
    """
    complete(cls)
    doc = inspect.cleandoc(cls.__dict__.get("__doc__") or "").partition("\n")[0]
    return ObjectInfo(
        name=cls.__name__,
        module=cls.__module__,
        description=doc,
        params=tuple(_param(cls, name) for name in _fields(cls, ParamMark)),
        children=tuple(_link(cls, name) for name in _fields(cls, ChildMark)),
        references=tuple(_link(cls, name) for name in _fields(cls, RefMark)),
        ports=tuple(
            PortInfo(port.name, port.role, port.protocol.__name__, port.many, port.required, port.description)
            for port in cls.__ports__.values()
        ),
        stats=tuple(
            StatInfo(stat.name, stat.kind, stat.unit, stat.description, _labels(stat))
            for stat in cls.__stats__.values()
        ),
        checks=tuple(check.description for check in cls.__checks__.values()),
        debug_kinds=tuple(cls.debug_kinds),
        cites=tuple(dict.fromkeys(work.text() for work in cls.cited())),
    )


def _fields(cls: type[Part], kind: type) -> list[str]:
    return [name for name, info in cls.model_fields.items() if isinstance(mark_of(info), kind)]


def _param(cls: type[Part], name: str) -> ParamInfo:
    info = cls.model_fields[name]
    default = info.get_default(call_default_factory=True, validated_data={})
    text = None if is_required(info) else value_text(info, parse(cls, name, default))
    choices = tuple(choices_of(info.annotation))
    return ParamInfo(name, type_text(info), text, bounds_text(info), info.description or "", choices)


def _link(cls: type[Part], name: str) -> LinkInfo:
    info, mark = cls.model_fields[name], mark_of(cls.model_fields[name])
    shape, target = shape_of(info.annotation), target_of(info.annotation).__name__
    made = LinkInfo(name, target, shape, getattr(mark, "optional", False), info.description or "")
    if not isinstance(mark, ChildMark) or not mark.named or mark.make is None:
        return made
    return replace(made, choices=tuple(variants(target_of(info.annotation))), default=mark.make.short)


def _labels(stat: object) -> tuple[str, ...]:
    return tuple(stat.labels) if isinstance(stat, Vector) and not callable(stat.labels) else ()
