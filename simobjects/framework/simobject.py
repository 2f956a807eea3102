# SPDX-License-Identifier: BSD-3-Clause
"""SimObject: a part of a machine, described by typed parameters, children, references, ports and statistics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import ConfigDict, PrivateAttr

from .assign import set_default, set_field
from .connections import connect
from .fields import ParamMark, RefMark, mark_of
from .hooks import hook
from .meta import DECLARED, Model, SimObjectMeta, complete
from .node import Node
from .origin import here
from .ports import Port
from .problems import NOTHING, FrozenError, MissingValue, Problem, listed, nearest
from .tree import refer

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from ..stats.kinds import Conservation, Stat
    from .peers import Peers


class SimObject(Model, metaclass=SimObjectMeta):
    """A part of a machine.

    A subclass declares what it has in its body (`param`, `child`, `children`, `ref`, `requestor`,
    `responder`, and the statistics) and builds its running half in `make_peer` and `wire`. The first line of
    its docstring is its description.

    Wrong values and unknown names do not raise while the script runs: they are collected, the parameter
    keeps its default, and all are reported together when the machine is validated.
    """

    model_config = ConfigDict(
        extra="forbid",
        validate_assignment=True,
        protected_namespaces=(),
        ignored_types=DECLARED,
        allow_inf_nan=False,
    )
    if TYPE_CHECKING:
        model_fields: ClassVar[dict[str, FieldInfo]]
        __ports__: ClassVar[dict[str, Port]]
        __stats__: ClassVar[dict[str, Stat]]
        __checks__: ClassVar[dict[str, Conservation]]
        __pydantic_validator__: ClassVar[Any]
        __pydantic_serializer__: ClassVar[Any]
        __private_attributes__: ClassVar[dict[str, Any]]
        __pydantic_private__: dict[str, Any] | None

    is_engine: ClassVar[bool] = False
    """Whether its peer drives the machine; exactly one object of a machine does."""
    debug_kinds: ClassVar[tuple[str, ...]] = ()
    """What can be traced of it."""
    short: ClassVar[str] = ""
    """What a script may write in place of an object of this class, where one of its family is wanted (`choice`)."""
    stateless: ClassVar[bool] = False
    """Whether its peer holds nothing that changes during a run, so that checkpoints pass it over."""
    restorable: ClassVar[Mapping[str, Literal["any", "larger"]]] = {}
    """Parameters that may differ from a checkpoint's when it is restored: freely, or by being larger. `*`: all."""

    _node: Node = PrivateAttr()

    def __init__(self, **values: Any) -> None:
        cls = type(self)
        complete(cls)
        self._begin()
        for name, info in cls.model_fields.items():
            set_default(self, name, info)
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def path(self) -> str:
        """The path from the root, such as `system.core.itlb`."""
        return self._node.path

    # ---- hooks for subclasses -------------------------------------------------------------------------

    @hook
    def elaborate(self) -> None:
        """Complete the machine before it is validated: attach further children, `note` or report a `problem`.

        Called for each object of a machine, owners first; again when it read a reference that nothing answered
        yet. It must do nothing where its work is done already: a saved machine that is loaded holds what it made.
        """

    @hook
    def check(self) -> Iterable[Problem]:
        """Problems that concern several parameters at once; make them with `problem`."""
        return ()

    @hook
    def identity(self) -> Mapping[str, Any]:
        """Facts besides the parameters that the hash of a run covers, such as the contents of a file."""
        return {}

    @hook
    def further_code(self) -> Iterable[object]:
        """Functions and classes besides its own class that run in it and that a user may have written.

        What of them is not ours belongs to the hash of a run, with the files that it is in and all that these import.
        """
        return ()

    @hook
    def make_peer(self) -> object | None:
        """Allocate the running half from this object's own parameters; None when it has none."""
        return None

    @hook
    def wire(self, peers: Peers) -> None:
        """Connect the running half to others: `peers[obj]` is the peer of another object."""

    @hook
    def read_stats(self) -> Mapping[str, object] | None:
        """Statistics of an object that knows them without a peer."""
        return None

    @hook
    def artifacts(self, peers: Peers) -> Mapping[str, bytes]:
        """Contents of further files of a run directory, by the ending that comes after the object's path."""
        return {}

    @hook
    def explain(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Of the object that drives the machine: what an event says, in terms that the user knows."""
        return payload

    # ---- tools for the hooks --------------------------------------------------------------------------

    def note(self, text: str) -> None:
        """Tell the user something once, when the machine is built."""
        if text not in self._node.notes:
            self._node.notes.append(text)

    def problem(
        self, param: str, value: object = NOTHING, expected: str = "", fix: str = "", near: str | None = None
    ) -> Problem:
        """Record a problem with the value of `param` (may be empty: the whole object), and return it."""
        made = self._node.make_problem(param, value, expected, fix, near)
        self._node.found_problems.append(made)
        return made

    def given(self, name: str) -> bool:
        """Whether the script, or whoever runs it, has set this parameter."""
        return name in self._node.assigned or name in self._node.overridden

    # ---- attributes -----------------------------------------------------------------------------------

    def __setattr__(self, name: str, value: Any) -> None:
        cls = type(self)
        if name.startswith("_"):
            super().__setattr__(name, value)
            return
        if self._node.frozen:
            raise FrozenError(f"{self.path}.{name} cannot be changed: the machine is built")
        if name in cls.__ports__:
            connect(self, cls.__ports__[name], value)
        elif name in cls.model_fields:
            set_field(self, name, cls.model_fields[name], value)
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
            info = type(self).model_fields.get(name)
            if info is None:
                raise AttributeError(self._no_such(name))
            if isinstance(mark_of(info), RefMark):
                return refer(self, name)
            raise MissingValue(f"{self.path}.{name} has no value yet, and no default")

    def _repr_html_(self) -> str:
        from .notebook import object_html  # That module needs this one.

        return object_html(self)

    def _repr_svg_(self) -> str:
        from .graphs.svg import to_svg

        return to_svg(self)

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        shown = ", ".join(
            f"{name}={vars(self)[name]!r}"
            for name, info in type(self).model_fields.items()
            if isinstance(mark_of(info), ParamMark) and name in vars(self)
        )
        return f"{type(self).__name__}({shown})"

    __str__ = __repr__

    @property
    def _shown_(self) -> str:
        return f"{type(self).__name__} ({self.path})" if self._node.rooted else f"{type(self).__name__}(...)"

    def _begin(self) -> None:
        """The state that pydantic's own constructor would have made, and the node."""
        private = {
            name: attribute.get_default()
            for name, attribute in type(self).__private_attributes__.items()
            if name != "_node"
        }
        object.__setattr__(self, "__dict__", {})
        object.__setattr__(self, "__pydantic_fields_set__", set())
        object.__setattr__(self, "__pydantic_extra__", None)
        object.__setattr__(self, "__pydantic_private__", {**private, "_node": Node(self, here())})

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
