# SPDX-License-Identifier: BSD-3-Clause
"""Checking a whole machine before anything is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simobjects.base.names import listed

from .answers import problems_of
from .connections import PortEnd
from .declared import declared, target
from .fields import ChildMark, ParamMark
from .hooks import HookFault, hook_faults, hooks_of
from .node import Connection, Part
from .origin import at
from .ports import Port
from .problems import ConfigError, Problem, UnresolvedReference, naming, show
from .relations import End, Relations, relations
from .tree import candidates, parts, references_of, walk

Fitting = Callable[[Part, type[Any]], Sequence[Part]]
"""The objects of a class among an object and everything below it, in the order of the tree."""
Clear = Mapping[Part, Mapping[str, Part]]
"""The references of each object that are not assigned and mean one object."""


def validate(system: Part, *, engine: bool = False) -> None:
    """Let every object elaborate, then check everything.

    Args:
        system: the root; a machine that is frozen was checked.
        engine: it must also have exactly one object that drives it.

    Raises:
        ConfigError: all problems at once.
    """
    if not system._node.frozen:
        _validated(system, engine)


def settle(system: Part) -> bool:
    """Validate a machine that is to run, and freeze it, unless that was done; whether it was not.

    Raises:
        ConfigError: all problems at once; it is not frozen then.
    """
    if system._node.frozen:
        return False
    freeze(system, _validated(system, engine=True))
    return True


def _validated(system: Part, engine: bool) -> Clear:
    """What was found out of the references of a machine that is valid."""
    faults = _Faults()
    objects = _elaborated(system, faults)
    _check_root(system)
    fits = _remembering(system, objects)
    clear = {obj: _clear_references(obj, fits) for obj in objects}
    try:
        for obj, found in clear.items():
            obj._node.resolved = {**found}
        _check(objects, relations(system, objects), fits, faults)
    finally:
        for obj in objects:
            obj._node.resolved = {}
    after = parts(system)
    if engine:
        _check_engine(system, after)
    problems = [problem for obj in after for problem in obj._node.problems()]
    if problems:
        raise ConfigError(problems)
    return clear if after == objects else {}  # unless a check has changed the tree


def _remembering(system: Part, objects: list[Part]) -> Fitting:
    """`fitting` of a tree, of which these are all objects, that does not change meanwhile."""
    below = {system: objects}
    known: dict[tuple[Part, type[Any]], list[Part]] = {}

    def fits(obj: Part, wanted: type[Any]) -> list[Part]:
        if obj not in below:
            below[obj] = parts(obj)
        if (obj, wanted) not in known:
            known[obj, wanted] = [found for found in below[obj] if isinstance(found, wanted)]
        return known[obj, wanted]

    return fits


def _clear_references(obj: Part, fits: Fitting) -> dict[str, Part]:
    """The references that are not assigned and mean one object: looked up once while the tree does not change."""
    found: dict[str, Part] = {}
    for name in references_of(type(obj)):
        if name not in obj._node.references:
            few = candidates(obj, name, fits)
            if len(few) == 1:
                found[name] = few[0]
    return found


def _check(objects: Sequence[Part], machine: Relations, fits: Fitting, faults: _Faults) -> None:
    strange = {machine.objects[path] for path in machine.outside()}
    missing = set(machine.unconnected())
    for obj in objects:
        _check_given(obj)
        _check_references(obj, strange, fits)
        _check_ports(obj, machine, missing, strange)
        faults.report(obj)
        if faults.can_call(obj, "check"):
            _run_check(obj)


def freeze(system: Part, clear: Clear) -> None:
    """Fix the references of a validated machine and refuse changes from now on."""
    objects = parts(system)
    for obj in objects:
        given, known = obj._node.references, clear.get(obj, {})
        obj._node.resolved = {
            name: known[name] if name in known and name not in given else getattr(obj, name)
            for name in references_of(type(obj))
        }
    for obj in objects:
        obj._node.frozen = True
    system._node.below = objects


def thaw(system: Part) -> None:
    """Allow changes of a frozen machine again."""
    for obj in walk(system):
        obj._node.resolved, obj._node.frozen = {}, False
    system._node.below = None


def engines(system: Part) -> list[Part]:
    """The objects that say they drive the machine."""
    return [obj for obj in walk(system) if type(obj).is_engine]


class _Faults:
    """What is wrong with the hooks of each class: told once, and a hook that cannot be called is not."""

    def __init__(self) -> None:
        self._found: dict[type[Part], list[HookFault]] = {}
        self._told: set[tuple[str | None, int | None, str]] = set()

    def can_call(self, obj: Part, name: str) -> bool:
        """Whether a hook of an object is as it must be."""
        return all(fault.name != name for fault in self._of(type(obj)))

    def report(self, obj: Part) -> None:
        """Record the faults of an object's class that are not told yet."""
        for fault in self._of(type(obj)):
            key = (fault.file, fault.line, fault.name)
            if key not in self._told:
                self._told.add(key)
                obj._node.found_problems.append(fault.problem(obj.path))

    def _of(self, cls: type[Part]) -> list[HookFault]:
        if cls not in self._found:
            ours = cls.__module__.startswith("simobjects.")  # and so are its bases, which need no look each time
            self._found[cls] = [] if ours else list(hook_faults(cls, hooks_of(cls), _declarer(cls).__name__))
        return self._found[cls]


def _declarer(cls: type[Part]) -> type:
    """The nearest class of the project's own among the bases."""
    return next((base for base in cls.__mro__ if base.__module__.startswith("simobjects.")), Part)


def _elaborated(system: Part, faults: _Faults) -> list[Part]:
    """Call `elaborate` of every object, and of those that it attaches, until there are no more; then these are all.

    One that reads a reference which nothing answers yet is called again after the others. What stays without an
    answer is reported with everything else.
    """
    objects = parts(system)
    for obj in objects:
        obj._node.found_problems.clear()
    progress = True
    while progress:
        waiting = [obj for obj in objects if not obj._node.elaborated and faults.can_call(obj, "elaborate")]
        if not waiting:
            return objects
        progress = False
        for obj in waiting:
            try:
                with at(obj._node.origin), naming("elaborating", obj):
                    obj.elaborate()
            except UnresolvedReference:
                continue
            obj._node.elaborated = progress = True
        objects = parts(system)
    return objects


def _check_root(system: Part) -> None:
    node = system._node
    if not node.root:
        expected = "a System, the root of a machine"
        node.find("", expected, f"attach it to a System: system.x = {type(system).__name__}(...)", system)


def _check_given(obj: Part) -> None:
    """Required parameters and children."""
    node, values, known = obj._node, vars(obj), declared(type(obj))
    if known.params <= values.keys() and all(values.get(name) is not None for name in known.children):
        return
    for name, mark in known.marks.items():
        if isinstance(mark, ParamMark) and name not in values:
            if not any(problem.name == name for problem in node.script_problems):
                node.find(name, "a value: this parameter has no default", f"give {type(obj).__name__}({name}=...)")
        elif isinstance(mark, ChildMark) and values.get(name) is None and not mark.optional:
            if not any(problem.name == name for problem in node.script_problems):
                wanted = target(type(obj), name).__name__
                node.find(name, f"a {wanted} here", f"assign one: {obj.path}.{name} = {wanted}(...)")


def _check_references(obj: Part, strange: set[Part], fits: Fitting) -> None:
    node = obj._node
    for name, mark in references_of(type(obj)).items():
        if name in node.resolved:
            continue
        wanted = target(type(obj), name).__name__
        if name in node.references:
            given = node.references[name]
            if given in strange:
                expected = f"a {wanted} of this machine; this one belongs to nothing in it"
                node.find(name, expected, f"attach it, for example system.x = {wanted}(...)", given)
            continue
        found = candidates(obj, name, fits)
        if not found and not mark.optional:
            node.find(name, f"a {wanted} somewhere in the machine", f"add one: system.x = {wanted}(...)")
        elif len(found) > 1:
            paths = listed(other.path for other in found)
            fix = f"say which: {obj.path}.{name} = {found[0].path}"
            node.find(name, f"exactly one {wanted} to refer to; there are {paths}", fix)


def _check_ports(obj: Part, machine: Relations, missing: set[End], strange: set[Part]) -> None:
    for port in type(obj).__ports__.values():
        if (obj.path, port.name) in missing:
            _find_unconnected(obj, port, machine)
        if port.role == "responder" and not port.many:
            far = machine.joined(obj.path, port.name)
            if len(far) > 1:
                expected = f"one connection; {listed('.'.join(end) for end in far)} are connected to it"
                obj._node.find(port.name, expected, "declare the port with many=True, or use one responder for each")
        if port.role == "requestor" and port.name in obj._node.connections:
            _check_connection(obj, port, obj._node.connections[port.name], strange)


def _find_unconnected(obj: Part, port: Port, machine: Relations) -> None:
    node = obj._node
    if any(problem.name == port.name for problem in node.script_problems):
        return
    fitting = sorted(
        (path, number, other.name)
        for number, (path, other) in enumerate(machine.ports())
        if other.role == port.wanted and _compatible(port.protocol, other.protocol)
    )
    nearest_end = f"{fitting[0][0]}.{fitting[0][2]}" if fitting else "system.x.port"
    fix = f"connect it: {obj.path}.{port.name} = {nearest_end}"
    node.find(port.name, f"a connection to a {port.wanted} port of {port.protocol.__name__}", fix)


def _check_connection(obj: Part, port: Port, far: Connection, strange: set[Part]) -> None:
    asks, answers, node = port.protocol, far.port.protocol, obj._node
    expected = fix = ""
    if far.owner in strange:
        expected = f"a port inside the machine; {show(far.owner)} is not attached to it"
        fix = f"attach the {type(far.owner).__name__}: system.x = ..."
    elif not issubclass(answers, asks):
        own = f"{obj.path}.{port.name}"
        expected = f"ports of one protocol; {own} speaks {asks.__name__} and {far.path} {answers.__name__}"
        fix = f"connect {own} to a responder of {asks.__name__}"
    if expected:
        place = far.origin
        value = PortEnd(far.owner, far.port)
        node.found_problems.append(Problem(node.path, port.name, value, expected, fix, place.file, place.line))


def _compatible(one: type, other: type) -> bool:
    return issubclass(one, other) or issubclass(other, one)


def _run_check(obj: Part) -> None:
    found = obj._node.found_problems
    try:
        with at(obj._node.origin), naming("checking", obj):
            for problem in problems_of(obj, obj.check()):
                if not any(problem is known for known in found):
                    found.append(problem)
    except UnresolvedReference:
        pass  # a reference without an answer is reported itself


def _check_engine(system: Part, objects: Sequence[Part]) -> None:
    found = [obj for obj in objects if type(obj).is_engine]
    if not found:
        fix = "add the object that runs the workload, such as a core"
        system._node.find("", "a machine with one object that drives it; there is none", fix)
    elif len(found) > 1:
        paths = listed(obj.path for obj in found)
        fix = "keep one of them"
        system._node.find("", f"a machine with one object that drives it; there are {paths}", fix)
