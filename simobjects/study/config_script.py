# SPDX-License-Identifier: BSD-3-Clause
"""From a config script to a machine that is ready to run."""

from __future__ import annotations

import runpy
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from simobjects.base.errors import InputError, SimObjectsError
from simobjects.base.files import staying
from simobjects.base.shipped import CONFIGS
from simobjects.framework import ConfigError, Problem, Simulation, System, overriding, validate
from simobjects.framework.origin import shown_path
from simobjects.framework.problems import NOTHING
from simobjects.framework.story import problems_so_far, story, users_story

from .neighbours import neighbours_importable

RUN_NAME = "__simobjects__"
"""The `__name__` that a config script sees when a tool executes it, instead of `__main__`."""


class ConfigScriptError(SimObjectsError):
    """A config script that cannot be executed or that binds no machine; `__cause__` is what it raised, if it did."""

    def __init__(self, what: str, *, where: str | Path = "", fix: str = "", cause: BaseException | None = None) -> None:
        super().__init__(what, where=where, fix=fix)
        if isinstance(cause, InputError):  # a trace, say, that the script opens itself
            self.exit_code = cause.exit_code


Execution = Callable[[Path], Mapping[str, Any]]
"""Executes a script and gives the names that it binds."""


def build(
    config: Path,
    overrides: Mapping[str, str],
    machine: str = "",
    arguments: Mapping[str, str] | None = None,
    execute: Execution | None = None,
) -> Simulation:
    """Execute `config` once with `overrides` (path to text) and build the machine it binds to `system`.

    With `machine` that is what the function of this name returns for `arguments`. `execute` executes the script in
    place of `as_program`. A script that changes the folder finds its inputs from there; where results go does not
    change.

    Raises:
        ConfigScriptError: the script is missing, fails, or binds no `system`.
        ConfigError: the machine has problems, or an override names a path that never came to be.
    """
    with staying(), overriding(dict(overrides)) as used:
        names = execute or as_program
        system = made_by(config, machine, arguments or {}, names) if machine else load_system(config, names)
        try:
            with _telling(config):
                return Simulation(system)  # which checks it
        except ConfigError as error:
            raise ConfigError((*error.problems, *used.unused())) from None


def load(
    config: Path,
    overrides: Mapping[str, str],
    machine: str = "",
    arguments: Mapping[str, str] | None = None,
    *,
    engine: bool = False,
) -> System:
    """As `build`, but only the description: complete, checked, and with no running half.

    Args:
        config: the script.
        overrides: values by path, as of `--set`.
        machine: the function that makes the machine; empty: the script binds one.
        arguments: of that function, as text.
        engine: whether the machine must have an object that drives it.

    Raises:
        ConfigScriptError: the script cannot be executed, or binds no machine.
        ConfigError: the machine is refused, or an override reaches nothing.
    """
    with staying(), overriding(dict(overrides)) as used:
        system = made_by(config, machine, arguments or {}) if machine else load_system(config)
        try:
            with _telling(config):
                validate(system, engine=engine)
        except ConfigError as error:
            raise ConfigError((*error.problems, *used.unused())) from None
    return system


@contextmanager
def _telling(config: Path) -> Iterator[None]:
    """What a hook of a class in the user's files raises becomes a ConfigScriptError that names its line."""
    try:
        yield
    except SimObjectsError:
        raise
    except Exception as error:
        if (told := users_story(error, config)) is None:
            raise
        raise ConfigScriptError(told, cause=error) from error


def as_program(config: Path) -> Mapping[str, Any]:
    """Execute a script as Python does, but for its `__name__`. It can import the files beside it, also later on."""
    return runpy.run_path(str(config), run_name=RUN_NAME)


def load_system(config: Path, execute: Execution = as_program) -> System:
    """What the script binds to `system`. Nothing runs: `__name__` is not `__main__`.

    Raises:
        ConfigScriptError: the script is missing, fails, or binds no `system`.
    """
    with _executing(config, execute):
        system = execute(config).get("system")
    if system is None:
        raise ConfigScriptError(
            f"{shown_path(str(config))}: binds no machine; write `system = System(...)` at the top level of the "
            'script, and `sim = Simulation(system)` only under `if __name__ == "__main__":`'
        )
    if not isinstance(system, System):
        raise ConfigScriptError(
            f"{shown_path(str(config))}: `system` is of type {type(system).__name__}; "
            "bind it to a System, as in `system = System(...)`"
        )
    return system


class Aside(BaseException):
    """Ends the execution of a script for a reason of this program's: no mistake of its author's."""


class Reached(Aside):
    """Raised in place of running a study when its script is executed for the sake of `machine`, which it makes."""

    def __init__(self, machine: Callable[..., object]) -> None:
        super().__init__()
        self.machine = machine


_wanted: ContextVar[str | None] = ContextVar("simobjects_machine", default=None)


def wanted_machine() -> str | None:
    """The function for whose sake a script is executed just now, empty for its `system`; None at all other times."""
    return _wanted.get()


def made_by(config: Path, machine: str, arguments: Mapping[str, str], execute: Execution = as_program) -> System:
    """What the function `machine` of a script returns. Texts become what its annotations say, without any numbers.

    Raises:
        ConfigScriptError: the script fails, has no such function, or the function returns no System.
    """
    with _executing(config, execute, machine):
        try:
            function = execute(config).get(machine)
        except Reached as reached:
            function = reached.machine
        if not callable(function):
            raise ConfigScriptError(
                f"has no function {machine}", where=config, fix="define it at the top level of the script"
            )
        system = _called(function, arguments)
    if not isinstance(system, System):
        raise ConfigScriptError(
            f"{machine}(...) returned a {type(system).__name__}", where=config, fix="return the System that it made"
        )
    return system


def _called(function: Callable[..., object], arguments: Mapping[str, str]) -> object:
    from pydantic import validate_call

    # Pydantic looks for the names in annotations in a module that is imported, which a script that was executed is not.
    function.__annotations__ = hints = typing.get_type_hints(function, include_extras=True)
    values = {name: text if name in hints else _plain(text) for name, text in arguments.items()}
    return validate_call(function)(**values)


def _plain(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"True": True, "False": False, "None": None}.get(text, text)


@contextmanager
def _executing(config: Path, execute: Execution, machine: str = "") -> Iterator[None]:
    """What a script raises becomes a ConfigScriptError that names its line."""
    check_script(config)
    token = _wanted.set(machine)
    try:
        with neighbours_importable(config) if execute is as_program else nullcontext():
            yield
    except (Aside, KeyboardInterrupt):
        raise
    except BaseException as error:
        if isinstance(error, SimObjectsError) and not isinstance(error, InputError):
            raise
        told = story(error, config)
        # A value that was refused is missing where the script reads it back: that is the last of several mistakes.
        if problems := problems_so_far(config, error):
            where, _, what = told.partition(": ")
            fix = f"mend the others first; it ended with {what}"
            last = Problem(where, "", NOTHING, "a script that runs to its end", fix)
            raise ConfigError([*problems, last]) from error
        raise ConfigScriptError(told, cause=error) from error
    finally:
        _wanted.reset(token)


def check_script(config: Path) -> None:
    """ConfigScriptError when there is no such file."""
    if not config.is_file():
        what = "is a folder" if config.is_dir() else "is no file" if config.exists() else "does not exist"
        raise ConfigScriptError(what, where=config, fix=_instead(config))


def _instead(config: Path) -> str:
    """What to do about a script that is not there: one of the shipped ones may not have been copied yet."""
    *folder, kind, name = ("", "", *config.parts)
    if kind and Path(CONFIGS, kind, name).is_file():
        return f"`simobjects examples --copy {Path(*folder)}` puts it there"
    return "name a config script such as configs/examples/kvm_guest.py"
