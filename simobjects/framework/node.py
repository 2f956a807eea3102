# SPDX-License-Identifier: BSD-3-Clause
"""An object's place in the tree and in the script: everything about it that is not its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from .origin import COMMAND_LINE, Origin, here
from .problems import NOTHING, Problem

if TYPE_CHECKING:
    from .ports import PortEnd
    from .simobject import SimObject


@dataclass(frozen=True, slots=True)
class Connection:
    """The far end of a requestor port and the script line that connected it."""

    end: PortEnd
    origin: Origin


@dataclass(eq=False, slots=True)
class Node:
    """Owner, name, script lines, connections, references and findings of one object."""

    obj: SimObject
    origin: Origin
    root: bool = False
    parent: SimObject | None = None
    label: str = ""
    frozen: bool = False
    elaborated: bool = False
    assigned: dict[str, Origin] = field(default_factory=dict)
    overridden: set[str] = field(default_factory=set)
    connections: dict[str, Connection] = field(default_factory=dict)
    references: dict[str, SimObject | None] = field(default_factory=dict)
    """References that the script gave."""
    resolved: dict[str, SimObject | None] = field(default_factory=dict)
    """References as found when the machine was frozen."""
    script_problems: list[Problem] = field(default_factory=list)
    """Found while the script ran; kept for good."""
    found_problems: list[Problem] = field(default_factory=list)
    """Found by the last validation."""
    rejected: list[SimObject] = field(default_factory=list)
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
