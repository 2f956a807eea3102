# SPDX-License-Identifier: BSD-3-Clause
"""An object of the tree as all but its own class see it: who owns it, what it holds, where the script made it.

SimObject is the one class of objects. What it is made of (`assign`, `attach`, `connections`, ...) must not need it, so
the tree is spoken of in terms of `Part`, and of a list or dict of children in terms of `Holder`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from .behaviour import Behaviour
from .declared import Declared
from .origin import COMMAND_LINE, Origin, here
from .ports import Port
from .problems import NOTHING, Problem

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from ..stats.kinds import Conservation, Stat


class Part(Behaviour):
    """A part of a machine: the abstract base of SimObject, with the tools that its hooks use."""

    if TYPE_CHECKING:
        model_fields: ClassVar[dict[str, FieldInfo]]
        __declared__: ClassVar[Declared]
        __ports__: ClassVar[dict[str, Port]]
        __stats__: ClassVar[dict[str, Stat]]
        __checks__: ClassVar[dict[str, Conservation]]
        _node: Node
        __private_attributes__: ClassVar[dict[str, Any]]

        def model_dump(self, **options: Any) -> dict[str, Any]: ...

    @property
    def path(self) -> str:
        """The path from the root, such as `system.core.itlb`."""
        return self._node.path

    def note(self, text: str) -> None:
        """Tell the user something once, when the machine is built."""
        if text not in self._node.notes:
            self._node.notes.append(text)

    def problem(
        self,
        param: str,
        value: object = NOTHING,
        expected: str = "",
        fix: str = "",
        near: str | None = None,
        *,
        input: bool = False,
    ) -> Problem:
        """Record a problem with the value of `param` (may be empty: the whole object), and return it.

        `input`: it is the fault of an input file that is missing or damaged.
        """
        made = replace(self._node.make_problem(param, value, expected, fix, near), input=input)
        self._node.found_problems.append(made)
        return made

    def given(self, name: str) -> bool:
        """Whether the script, or whoever runs it, has set this parameter."""
        return name in self._node.assigned or name in self._node.overridden

    def _override(self, name: str, value: object) -> None:
        """Take a value from outside the script for a parameter, or for a child that has short names."""
        raise NotImplementedError


class Holder(ABC):
    """What holds several children of one object under one name."""

    @abstractmethod
    def held(self) -> Iterator[tuple[str, Part]]:
        """(label, child) of each, in the order of the tree."""


@dataclass(frozen=True, slots=True)
class Connection:
    """The far end of a requestor port and the script line that connected it."""

    owner: Part
    port: Port
    origin: Origin

    @property
    def path(self) -> str:
        """The path of the far end."""
        return f"{self.owner.path}.{self.port.name}"


@dataclass(eq=False, slots=True)
class Node:
    """Owner, name, script lines, connections, references and findings of one object."""

    obj: Part
    origin: Origin
    root: bool = False
    parent: Part | None = None
    label: str = ""
    frozen: bool = False
    below: list[Part] | None = None
    """The root of a frozen machine and everything below it, which cannot change."""
    elaborated: bool = False
    assigned: dict[str, Origin] = field(default_factory=dict)
    overridden: set[str] = field(default_factory=set)
    connections: dict[str, Connection] = field(default_factory=dict)
    references: dict[str, Part | None] = field(default_factory=dict)
    """References that the script gave."""
    resolved: dict[str, Part | None] = field(default_factory=dict)
    """References as found when the machine was frozen."""
    script_problems: list[Problem] = field(default_factory=list)
    """Found while the script ran; kept for good."""
    found_problems: list[Problem] = field(default_factory=list)
    """Found by the last validation."""
    rejected: list[Part] = field(default_factory=list)
    """Objects that could not be attached; their own problems are reported too."""
    notes: list[str] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The path from the root, or from the class name of an object that nothing owns."""
        if self.root:
            return self.label
        if self.parent is None:
            return f"<{type(self.obj).__name__}>"
        return f"{self.parent.path}.{self.label}"

    @property
    def rooted(self) -> bool:
        """Whether the object is part of a machine."""
        node = self
        while node.parent is not None:
            node = node.parent._node
        return node.root

    def where(self, name: str) -> Origin:
        """The script line that gave `name` its value, else the one that made the object."""
        return COMMAND_LINE if name in self.overridden else self.assigned.get(name, self.origin)

    def report(self, name: str, value: object, expected: str, fix: str, near: str | None = None) -> None:
        """Record a problem at the current line of the script."""
        place = here()
        self.script_problems.append(Problem("", name, value, expected, fix, place.file, place.line, near))

    def make_problem(self, name: str, value: object, expected: str, fix: str, near: str | None = None) -> Problem:
        """A problem at the line that gave `name` its value."""
        place = self.where(name)
        return Problem(self.path, name, value, expected, fix, place.file, place.line, near)

    def find(self, name: str, expected: str, fix: str, value: object = NOTHING, near: str | None = None) -> None:
        """Record a problem of this validation."""
        self.found_problems.append(self.make_problem(name, value, expected, fix, near))

    def problems(self) -> list[Problem]:
        """Every problem of this object, with its path as it is now."""
        every = [*self.script_problems, *self.found_problems]
        own = [replace(problem, path=self.path) for problem in every]
        for obj in self.rejected:
            if obj._node.parent is None and not obj._node.root:
                own.extend(obj._node.problems())
        return own
