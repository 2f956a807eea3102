# SPDX-License-Identifier: BSD-3-Clause
"""SimObject: a part of a machine, described by typed parameters, children, references, ports and statistics."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from simobjects.base.names import listed, nearest
from simobjects.base.shown import shown

from .assign import set_defaults, set_field, set_override
from .connections import PortEnd, connect
from .declared import declared
from .fields import ParamMark, RefMark
from .graph import graph
from .meta import DECLARED, Model, SimObjectMeta, complete
from .node import Node, Part
from .origin import here
from .ports import Port
from .problems import FrozenError, MissingValue
from .tree import refer

if TYPE_CHECKING:
    import networkx


class _Blank(BaseModel):
    """A model that has nothing of its own."""


_BLANK: dict[str, Any] = _Blank.model_construct().__getstate__()
"""What every model has when nothing of its own is set."""


class SimObject(Part, Model, metaclass=SimObjectMeta):
    """A part of a machine.

    A subclass declares what it has in its body (`param`, `child`, `children`, `ref`, `requestor`,
    `responder`, and the statistics) and builds its running half in `make_peer` and `wire`. The first line of
    its docstring is its description.

    Wrong values and unknown names do not raise while the script runs: they are collected, the parameter
    keeps its default, and all are reported together when the machine is validated.
    """

    model_config = ConfigDict(
        extra="forbid",
        protected_namespaces=(),
        ignored_types=DECLARED,
        allow_inf_nan=False,
        defer_build=True,  # values are parsed field by field: hardly a class is ever asked for all of them
    )
    __slots__ = ("_node",)  # it is read everywhere, and a private attribute of pydantic is found the long way round

    def __init__(self, *nameless: Any, **values: Any) -> None:
        cls = type(self)
        complete(cls)
        if nameless:
            first = next((name for name, mark in declared(cls).marks.items() if isinstance(mark, ParamMark)), "")
            hint = f", such as {cls.__name__}({first}=...)" if first else ""
            raise TypeError(f"{cls.__name__}({nameless[0]!r}): give parameters by name{hint}")
        self._begin()
        set_defaults(self)
        for name, value in values.items():
            setattr(self, name, value)

    def graph(self) -> networkx.MultiDiGraph:
        """The machine, or what is below this object, as a graph that can be queried: see `framework.graph`."""
        return graph(self)

    def _end(self, port: Port) -> PortEnd:
        return PortEnd(self, port)

    def _override(self, name: str, value: object) -> None:
        set_override(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        cls = type(self)
        if name.startswith("_"):
            super().__setattr__(name, value)
            return
        if self._node.frozen:
            raise FrozenError(f"{self.path}.{name} cannot be changed: the machine is built")
        if name in cls.__ports__:
            connect(self, cls.__ports__[name], value)
        elif name in declared(cls).marks:
            set_field(self, name, value)
        elif isinstance(getattr(cls, name, None), property):
            object.__setattr__(self, name, value)
        else:
            self._set_undeclared(name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"{self.path}.{name} cannot be deleted; assign None to an optional child")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            if name.startswith("_"):
                return super().__getattr__(name)
            mark = declared(type(self)).marks.get(name)
            if mark is None:
                raise AttributeError(self._no_such(name))
            if isinstance(mark, RefMark):
                return refer(self, name)
            raise MissingValue(f"{self.path}.{name} has no value yet, and no default")

    if not TYPE_CHECKING:

        def __copy__(self) -> SimObject:
            made = super().__copy__()
            object.__setattr__(made, "_node", self._node)
            return made

        def __deepcopy__(self, memo: dict[int, Any] | None = None) -> SimObject:
            memo = {} if memo is None else memo
            made = super().__deepcopy__(memo)
            object.__setattr__(made, "_node", deepcopy(self._node, memo))
            return made

    def _repr_html_(self) -> str | None:
        return shown(self, "html")

    def _repr_svg_(self) -> str | None:
        return shown(self, "svg")

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={vars(self)[name]!r}"
            for name, mark in declared(type(self)).marks.items()
            if isinstance(mark, ParamMark) and name in vars(self)
        )
        return f"{type(self).__name__}({shown})"

    __str__ = __repr__

    @property
    def _shown_(self) -> str:
        return f"{type(self).__name__} ({self.path})" if self._node.rooted else f"{type(self).__name__}(...)"

    def _begin(self) -> None:
        """What pydantic's own constructor makes, and the node. Defaults and values come after it, one by one."""
        model: Any = self
        if type(model).model_post_init is BaseModel.model_post_init:
            # As a copy is made: to call the constructor would first build what checks all parameters at once.
            model.__setstate__({name: copy(value) for name, value in _BLANK.items()})
        else:  # the class has private attributes, say
            super().__init__()
            vars(self).clear()
        object.__setattr__(self, "_node", Node(self, here()))

    def _set_undeclared(self, name: str, value: Any) -> None:
        near = nearest(name, _names(type(self)))
        known = listed(_names(type(self)))
        fix = f"rename it to {near}, or remove it" if near else f"remove it; {type(self).__name__} has: {known}"
        expected = f"a parameter, child or port of {type(self).__name__}"
        self._node.report(name, value, expected, fix, near)
        if isinstance(value, SimObject):
            self._node.rejected.append(value)

    def _no_such(self, name: str) -> str:
        near = nearest(name, _names(type(self)))
        hint = f"; did you mean: {near}" if near else ""
        return f"{type(self).__name__} ({self.path}) has no parameter, child or port {name!r}{hint}"


def _names(cls: type[SimObject]) -> list[str]:
    return [*cls.model_fields, *cls.__ports__]
