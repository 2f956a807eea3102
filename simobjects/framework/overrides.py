# SPDX-License-Identifier: BSD-3-Clause
"""Parameter values given from outside the script, applied the moment the named object gets its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace

from simobjects.base.names import listed, nearest

from .declared import declared
from .node import Part
from .origin import COMMAND_LINE, at
from .problems import ConfigError, Problem
from .tree import walk


class Overrides:
    """The values given, and the parameters that came to be while they were in force.

    Attributes:
        values: by path of the parameter; text is parsed as the parameter's type says.
        owners: the same by path of the object, then by name.
    """

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = dict(values)
        self.owners: dict[str, dict[str, object]] = {}
        for path, value in self.values.items():
            owner, _, name = path.rpartition(".")
            self.owners.setdefault(owner, {})[name] = value
        self._met: dict[tuple[str, tuple[str, ...]], None] = {}

    def meet(self, path: str, names: tuple[str, ...]) -> None:
        """An object has come to be, with these parameters that an override could have set."""
        self._met[path, names] = None

    @property
    def seen(self) -> set[str]:
        """The path of every parameter that an override could have set."""
        return {f"{path}.{name}" for path, names in self._met for name in names}

    def unused(self) -> list[Problem]:
        """A problem for each path that never came to be so far, with the nearest that did."""
        seen = self.seen if self.values else set()
        return [self._problem(path, seen) for path in self.values if path not in seen]

    def check(self) -> None:
        """ConfigError when a path never came to be. The end of the block asks by itself."""
        problems = self.unused()
        if problems:
            raise ConfigError(problems)

    def _problem(self, path: str, seen: set[str]) -> Problem:
        owner, _, name = path.rpartition(".")
        siblings = {known.rpartition(".")[2]: known for known in seen if known.rpartition(".")[0] == owner}
        # A path is long and much of it alike, so that the parameter's own name has to be alike too.
        alike = [known for known in seen if nearest(name, [known.rpartition(".")[2]])]
        near = siblings.get(nearest(name, siblings) or "") if siblings else nearest(path, alike)
        if near:
            fix = f"write {near}"
        elif siblings:
            fix = f"{owner} has: {listed(sorted(siblings))}"
        else:
            owners = sorted({known.rpartition(".")[0] for known in seen})
            fix = f"name one of the machine's objects: {listed(owners) or 'the script made none'}"
        return Problem(
            owner, name, self.values[path], "a parameter of this machine", fix, COMMAND_LINE.file, None, near
        )


_active: ContextVar[Overrides | None] = ContextVar("simobjects_overrides", default=None)


@contextmanager
def overriding(values: Mapping[str, object]) -> Iterator[Overrides]:
    """While this lasts, `values` replace what the script gives.

    A value is set when its object is attached to a machine, so that what the script computes from it follows;
    an assignment in the script after that is ignored. So the machine must be made in here, with what its elaboration
    adds (`Simulation(system)`) where a path names that.

    Args:
        values: by path of a parameter, such as `system.tlb.entries`, the value or its text.

    Raises:
        ConfigError: at the end, when a path never came to be; what the block itself raises comes first.
    """
    overrides = Overrides(values)
    token = _active.set(overrides)
    try:
        yield overrides
    finally:
        _active.reset(token)
    overrides.check()


def apply_overrides(top: Part) -> None:
    """Set the overridden parameters of `top` and of what lies below it."""
    overrides = _active.get()
    if overrides is None:
        return
    for obj in walk(top):
        path, names = obj.path, declared(type(obj)).set_from_outside
        overrides.meet(path, names)
        values = overrides.owners.get(path)
        if values is None:
            continue
        for name in names:
            if name in values and name not in obj._node.overridden:
                obj._node.overridden.add(name)
                with at(COMMAND_LINE):
                    obj._override(name, values[name])


def value_problems(system: Part, path: str, values: Iterable[object]) -> list[Problem] | None:
    """What is wrong with each of these values for the parameter `path`, by itself.

    Nothing is set: a fresh object of the same class takes the values.

    Args:
        system: the machine that has the parameter.
        path: of the parameter, such as `system.host.hz`.
        values: what it is to take, as values or text.

    Returns:
        The problems, none where all values are fine; None when there is no such parameter.
    """
    owner, _, name = path.rpartition(".")
    found = next((obj for obj in walk(system) if obj.path == owner), None)
    if found is None or name not in declared(type(found)).set_from_outside:
        return None
    problems = []
    for value in values:
        scratch = type(found)()
        before = len(scratch._node.problems())
        with at(COMMAND_LINE):
            scratch._override(name, value)
        problems += [replace(problem, path=owner) for problem in scratch._node.problems()[before:]]
    return problems
