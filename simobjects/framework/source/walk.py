# SPDX-License-Identifier: BSD-3-Clause
"""From a class or a function to everything of the user's that decides what it does.

A function of a user brings the whole file that it is written in, the files that this one imports, and the values that
the function reads: defaults, closures, globals. So neither an edited text nor a value that a text got from elsewhere
goes unseen. If the code that runs is not what its file says now, or if it has no file, the code itself is taken.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import FunctionType, MappingProxyType, MethodType, ModuleType

from ..simobject import SimObject
from .files import codes_of, imported_files, read_source
from .owners import Owner, library_root, owner_of_class, owner_of_code, owner_of_module, shown_module
from .values import atom, code_bytes, joined, names_in

_HIDDEN = ("__builtins__", "__file__", "__name__", "__package__", "__path__", "__spec__", "__loader__", "__cached__")
_ANNOTATIONS = ("__annotate__", "__annotate_func__")
_GENERATED = "<string>"


def source_digest(roots: Iterable[object]) -> str:
    """SHA-256 in hex over all of the user's that `roots` (classes, functions, values) lead to; empty without any."""
    walk = _Walk()
    for root in roots:
        walk.refer(root)
    walk.go()
    return walk.digest.hexdigest() if walk.found else ""


@dataclass(frozen=True)
class _File:
    """A source file: what was read of it, and where else the modules that it imports may lie."""

    path: Path
    text: bytes = field(compare=False)
    folders: tuple[Path, ...] = field(compare=False)


@dataclass(frozen=True)
class _Part:
    """A module, of which a function names these attributes (and others, that it does not have)."""

    module: ModuleType
    names: tuple[str, ...]


class _Walk:
    """Things in the order in which they are met, each described by plain values and the numbers of other things."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.found = False
        self._numbers: dict[object, int] = {}
        self._held: list[object] = []  # what was met stays alive, so that no other thing gets its id
        self._todo: deque[object] = deque()
        self._folders: dict[str, None] = {}
        self._plugins: set[Path | None] = set()

    def go(self) -> None:
        while self._todo:
            self.digest.update(joined([joined(self._describe(self._todo.popleft()))]))

    def refer(self, thing: object) -> bytes:
        """A plain value as it is, anything else by its number."""
        plain = atom(thing, tuple(self._folders))
        if plain is not None:
            return plain
        key = thing if isinstance(thing, _File) else id(thing)
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self._held.append(thing)
            self._todo.append(thing)
        return b"#%d" % self._numbers[key]

    def _describe(self, thing: object) -> Iterator[bytes]:
        match thing:
            case _File():
                yield from self._file(thing)
            case _Part():
                yield from self._module(thing.module, thing.names)
            case ModuleType():
                yield from self._module(thing, ())
            case type():
                yield from self._class(thing)
            case FunctionType():
                yield from self._function(thing)
            case MethodType():
                yield from (b"method", self.refer(thing.__func__), self.refer(thing.__self__))
            case property():
                yield from (b"property", *map(self.refer, (thing.fget, thing.fset, thing.fdel)))
            case functools.cached_property():
                yield from (b"property", self.refer(thing.func))
            case dict() | MappingProxyType():
                yield _name(type(thing))
                for key, value in thing.items():
                    yield from (self.refer(key), self.refer(value))
            case set() | frozenset():
                yield from (_name(type(thing)), *sorted(self._alone(each) for each in thing))
            case list() | tuple():
                yield from (_name(type(thing)), *map(self.refer, thing))
            case _:
                yield from self._instance(thing)

    def _alone(self, thing: object) -> bytes:
        """What has no place among others: by a digest of its own."""
        walk = _Walk()
        walk._folders, walk._plugins = dict(self._folders), set(self._plugins)
        plain = walk.refer(thing)
        walk.go()
        self.found = self.found or walk.found
        return plain + walk.digest.digest()

    # ---- code -----------------------------------------------------------------------------------------

    def _function(self, function: FunctionType) -> Iterator[bytes]:
        yield f"function {shown_module(function.__module__ or '')}.{function.__qualname__}".encode()
        if not self._is_users(function):
            return
        self.found = True
        yield self._text(function)
        yield from map(self.refer, (function.__defaults__, function.__kwdefaults__, vars(function)))
        for name, cell in sorted(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)):
            try:
                yield from (name.encode(), self.refer(cell.cell_contents))
            except ValueError:
                yield b"empty"
        names = tuple(names_in(function.__code__))
        for name in names:
            if name in function.__globals__ and name not in _HIDDEN:
                value = function.__globals__[name]
                yield name.encode()
                yield self.refer(_Part(value, names) if isinstance(value, ModuleType) else value)

    def _is_users(self, function: FunctionType) -> bool:
        owner = owner_of_code(function.__code__.co_filename)
        if owner is Owner.LIBRARY:
            return library_root(Path(function.__code__.co_filename)) in self._plugins
        return owner is Owner.USER

    def _text(self, function: FunctionType) -> bytes:
        """The file that holds the code that runs; the code itself where there is none."""
        code = function.__code__
        for name in (code.co_filename, function.__globals__.get("__file__")):
            path = Path(os.path.abspath(name)) if isinstance(name, str) else None
            text = read_source(path) if path is not None else None
            if path is not None and text is not None and code in codes_of(text):
                self._folders[str(path.parent)] = None
                return self.refer(_File(path, text, ()))
        return code_bytes(code)

    def _file(self, file: _File) -> Iterator[bytes]:
        yield from (b"file", hashlib.sha256(file.text).digest())
        folders = tuple(dict.fromkeys((*file.folders, file.path.parent)))
        for name, path in imported_files(file.text, file.path, folders):
            text = read_source(path)
            if text is not None:
                yield from (name.encode(), self.refer(_File(path, text, folders)))

    def _module(self, module: ModuleType, names: tuple[str, ...]) -> Iterator[bytes]:
        yield b"module " + shown_module(module.__name__).encode()
        if owner_of_module(module.__name__) is not Owner.USER:
            return
        self.found = True
        path = Path(os.path.abspath(getattr(module, "__file__", None) or ""))
        text = read_source(path)
        if text is not None:
            yield self.refer(_File(path, text, ()))
        for name in names:
            if name in vars(module) and name not in _HIDDEN:
                yield from (name.encode(), self.refer(vars(module)[name]))

    def _class(self, cls: type) -> Iterator[bytes]:
        yield _name(cls)
        owner = owner_of_class(cls)
        if owner not in (Owner.USER, Owner.OURS):
            return
        if owner_of_module(cls.__module__) is Owner.LIBRARY:
            self._plugins.add(library_root(Path(_module_file(cls))))
        yield from map(self.refer, (*cls.__bases__, type(cls)))
        if issubclass(cls, Enum):
            for member in cls:
                yield from (member.name.encode(), self.refer(member.value))
        for name, value in vars(cls).items():
            function = unwrapped(value)
            if isinstance(function, FunctionType):
                users = self._is_users(function) and not generated(cls, function) and name not in _ANNOTATIONS
                # Of a class of ours only what a user has put there; a user's may also hold one of ours as a hook.
                if users or (owner is Owner.USER and not name.startswith("_")):
                    yield from (name.encode(), self.refer(function))
            elif owner is Owner.USER and not (name.startswith("__") or name in ("_abc_impl", "model_config")):
                self.found = True
                if not (issubclass(cls, Enum) and name.startswith("_")):
                    yield from (name.encode(), self.refer(value))

    # ---- values ---------------------------------------------------------------------------------------

    def _instance(self, thing: object) -> Iterator[bytes]:
        yield self.refer(type(thing))
        if isinstance(thing, SimObject):
            yield thing.path.encode()
            return
        if isinstance(thing, Enum):
            yield thing.name.encode()
            return
        if isinstance(thing, (int, float, str, bytes)):
            yield self.refer(_plain(thing))
        if owner_of_class(type(thing)) is Owner.OURS:
            if dataclasses.is_dataclass(thing):
                yield from (self.refer(getattr(thing, each.name, None)) for each in dataclasses.fields(thing))
            return
        wrapped = getattr(thing, "__wrapped__", None)
        if wrapped is not None:
            yield self.refer(wrapped)
            return
        try:
            made = thing.__reduce_ex__(2)
        except Exception:
            return  # it cannot be taken apart: a lock, a generator, an open file
        if isinstance(made, str):
            yield made.encode()
            return
        for part in made:
            yield self.refer(list(part) if isinstance(part, Iterator) else part)


def _name(cls: type) -> bytes:
    return f"class {shown_module(cls.__module__)}.{cls.__qualname__}".encode()


def _plain(thing: int | float | str | bytes) -> int | float | str | bytes:
    """The value of an instance of a subclass."""
    for base in (int, float, str):
        if isinstance(thing, base):
            return base(thing)
    return bytes(thing)  # type: ignore[arg-type]


def _module_file(cls: type) -> str:
    return os.path.abspath(getattr(sys.modules.get(cls.__module__), "__file__", None) or "")


def unwrapped(value: object) -> object:
    """The function in a static or class method."""
    return value.__func__ if isinstance(value, (staticmethod, classmethod)) else value


def generated(cls: type, function: FunctionType) -> bool:
    """Whether Python has written it, as the `__init__` of a dataclass: it follows from the class's own text."""
    written = function.__code__.co_filename == _GENERATED and function.__name__.startswith("__")
    return written and (dataclasses.is_dataclass(cls) or hasattr(cls, "_fields"))
