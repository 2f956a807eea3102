# SPDX-License-Identifier: BSD-3-Clause
"""Methods that the project calls when a class has them. A misspelt one would never be called, and nobody would know."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from simobjects.base.names import listed, nearest

from .problems import NOTHING, Problem

F = TypeVar("F", bound=Callable[..., Any])
_OURS = ("simobjects", "pydantic", "builtins", "typing", "abc")
_ALIKE = 0.8
"""What counts as a slip: `chose` is to `choose`, `fire` is not to `wire`."""


def hook(function: F) -> F:
    """Mark a method that subclasses may override, and that is called by its name."""
    function.__hook__ = True  # type: ignore[attr-defined]
    return function


def hooks_of(cls: type) -> dict[str, Callable[..., Any]]:
    """The hooks that a class has, each as the class that declares it has it."""
    found: dict[str, Callable[..., Any]] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            # What pydantic keeps in a class under such names builds itself when it is looked at.
            if not name.startswith("__") and getattr(value, "__hook__", False):
                found[name] = value
    return found


@dataclass(frozen=True)
class HookFault:
    """A method that cannot be what its author meant.

    Attributes:
        name: of the method.
        expected: what it should be.
        fix: what to do.
        near: the hook that it is perhaps a slip of.
        file: where it is defined, with `line`.
    """

    name: str
    expected: str
    fix: str
    near: str | None
    file: str | None
    line: int | None

    def problem(self, path: str, prefix: str = "") -> Problem:
        """As part of the report on the object `path`; `prefix` stands before the method's name."""
        return Problem(path, prefix + self.name, NOTHING, self.expected, self.fix, self.file, self.line, self.near)


def hook_faults(cls: type, hooks: Mapping[str, Callable[..., Any]], what: str) -> Iterator[HookFault]:
    """What is wrong with the methods that classes of a script add to one of ours (`what` names it).

    A public method whose name is new and nearly a hook's, and a hook that does not take the arguments it is given.
    """
    ours = {name for base in cls.__mro__ if _is_ours(base) for name in vars(base)}
    for base in cls.__mro__:
        if _is_ours(base):
            continue
        for name, value in vars(base).items():
            if name in hooks:
                # A hook that a subclass overrides again is not called.
                if inspect.getattr_static(cls, name) is value:
                    yield from _signature_fault(cls, name, value, hooks[name], what)
            elif not name.startswith("_") and name not in ours and is_method(value):
                yield from _name_fault(name, value, hooks, what)


def is_method(value: object) -> bool:
    """Whether an attribute of a class body is a method, of whatever kind."""
    return isinstance(value, (staticmethod, classmethod)) or (callable(value) and not isinstance(value, type))


def near_hook(name: str, hooks: Iterable[str]) -> str | None:
    """The hook that `name` is a slip of: another case, without `_` or `on_`, letters left out, added or swapped.

    Args:
        name: of a public method that is no hook.
        hooks: the names of the hooks.
    """
    known = list(hooks)
    for one in known:
        if _plain(one) == _plain(name) or sorted(one) == sorted(name.lower()):
            return one
    return nearest(name.lower(), known, _ALIKE)


def place_of(value: object) -> tuple[str | None, int | None]:
    """File and line of a method."""
    code = getattr(inspect.unwrap(getattr(value, "__func__", value)), "__code__", None)  # type: ignore[arg-type]
    return (None, None) if code is None else (code.co_filename, code.co_firstlineno)


def place_in(cls: type) -> tuple[str | None, int | None]:
    """File and line of the first method of a class: about where the class is."""
    places = [place_of(value) for value in vars(cls).values() if is_method(value)]
    return min((place for place in places if place[0] is not None), default=(None, None), key=_line)


def _line(place: tuple[str | None, int | None]) -> int:
    return place[1] or 0


def takes(function: Callable[..., Any], count: int) -> bool:
    """Whether `function` can be called with so many arguments by position."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except TypeError:
        return False
    except ValueError:  # compiled without a signature
        return True
    return True


def _name_fault(name: str, value: object, hooks: Mapping[str, Any], what: str) -> Iterator[HookFault]:
    near = near_hook(name, hooks)
    # The hooks of a class that all begin with on_ have that beginning for themselves.
    reserved = name.startswith("on_") and any(one.startswith("on_") for one in hooks)
    if near is None and not reserved:
        return
    expected = f"a hook of {what}, or a name unlike those of the hooks: nothing calls it"
    rename = f"rename it to {near}" if near else f"take one of the hooks ({listed(hooks)})"
    yield HookFault(name, expected, f"{rename}; a method for your own use may be _{name}", near, *place_of(value))


def _signature_fault(
    cls: type, name: str, value: object, declared: Callable[..., Any], what: str
) -> Iterator[HookFault]:
    names = list(inspect.signature(declared).parameters)[1:]
    shown = f"{name}({', '.join(['self', *names])})"
    if not is_method(value):
        yield HookFault(name, f"the method {shown}, a hook of {what}", f"write def {shown}", None, *place_in(cls))
        return
    bound = len(names) + (not isinstance(value, (staticmethod, classmethod)))
    if not takes(getattr(cls, name), bound):
        expected = f"a hook that can be called as {what} does: {shown}"
        yield HookFault(name, expected, f"write def {shown}", None, *place_of(value))


def _plain(name: str) -> str:
    return name.lower().replace("_", "").removeprefix("on")


def _is_ours(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in _OURS
