# SPDX-License-Identifier: BSD-3-Clause
"""A dumped configuration back into objects. The data may come from anywhere, so nothing in it is trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from simobjects.base.names import listed, nearest

from .config import FORMAT, type_name
from .connections import PortEnd
from .fields import ParamMark, mark_of
from .node import Part
from .origin import Origin, at
from .problems import NOTHING, ConfigError, Problem
from .simobject import SimObject
from .tree import references_of, walk

_NAME = re.compile(r"[A-Za-z]\w*")
_KEYS = {"type", "short", "params", "children", "references", "connections"}
LOADED = Origin("loaded configuration")
"""Where its problems are said to be."""


def load_config(data: Mapping[str, Any], types: Iterable[type[SimObject]] | None = None) -> SimObject:
    """The machine that `dump_config` wrote.

    Classes are looked up by name; nothing is imported here, and no code comes from the data.

    Args:
        data: plain data, from anywhere.
        types: classes that are known besides all SimObject classes that the program has imported; they come first.

    Returns:
        The root, not yet validated; a simulation does that.

    Raises:
        ConfigError: it reports everything that does not fit, by path.
    """
    with at(LOADED):
        loader = _Loader(types or ())
        if not isinstance(data, Mapping) or data.get("format") != FORMAT:
            found = data.get("format", NOTHING) if isinstance(data, Mapping) else data
            fix = "give what dump_config returned, or write the file again with this version"
            loader.find("", "format", found, f"a configuration of format {FORMAT}", fix)
            raise ConfigError(loader.problems)
        system = loader.make("system", data.get("system"))
        if isinstance(system, SimObject):
            loader.link(system)
    if loader.problems or not isinstance(system, SimObject):
        raise ConfigError(loader.problems)
    return system


class _Loader:
    def __init__(self, types: Iterable[type[SimObject]]) -> None:
        self.known = {type_name(cls): cls for cls in _subclasses(SimObject)}
        self.known.update({type_name(cls): cls for cls in types})
        self.problems: list[Problem] = []
        self.links: list[tuple[Part, str, Mapping[str, Any]]] = []

    def make(self, path: str, data: Any) -> SimObject | None:
        """The object that `data` describes, with its parameters and children."""
        if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
            self.find(path, "", data, "an object with a type", "give an object as dump_config writes it")
            return None
        for key in sorted(set(map(str, data)) - _KEYS):
            self.find(path, key, NOTHING, f"one of: {listed(sorted(_KEYS))}", "remove it")
        cls = self.known.get(data["type"])
        if cls is None:
            fix = "import the module that defines the class before loading, or pass it as types=[...]"
            near = nearest(data["type"], self.known)
            self.find(path, "type", data["type"], "a SimObject class that is imported", fix, near)
            return None
        obj = cls()
        self._fill(obj, path, data)
        self.links.append((obj, path, data))
        return obj

    def link(self, system: SimObject) -> None:
        """References and connections, once every object exists; then gather what the objects found wrong."""
        objects = {obj.path: obj for obj in walk(system)}
        for obj, path, data in [] if self.problems else self.links:
            for name, far in self._part(path, data, "references").items():
                self._refer(obj, name, far, objects)
            for name, far in self._part(path, data, "connections").items():
                owner, _, port = str(far).rpartition(".")
                if name not in type(obj).__ports__:
                    near = nearest(name, type(obj).__ports__)
                    self.find(path, name, far, f"a port of {type(obj).__name__}", "remove it", near)
                elif self._exists(obj, name, owner, objects):
                    self._connect(obj, name, objects[owner], port)
        for obj in objects.values():
            self.problems.extend(obj._node.problems())

    def find(self, path: str, name: str, value: object, expected: str, fix: str, near: str | None = None) -> None:
        """Record a problem."""
        self.problems.append(Problem(path, name, value, expected, fix, LOADED.file, None, near))

    def _fill(self, obj: Part, path: str, data: Mapping[str, Any]) -> None:
        for name, value in self._part(path, data, "params").items():
            info = type(obj).model_fields.get(name)
            if info is not None and not isinstance(mark_of(info), ParamMark):
                self.find(path, name, value, f"a parameter of {type(obj).__name__}", "remove it")
            else:
                setattr(obj, name, value)
        for name, held in self._part(path, data, "children").items():
            made = self._held(f"{path}.{name}", held)
            if made is not None or held is None:
                setattr(obj, name, made)

    def _held(self, path: str, held: Any) -> Any:
        """An object, a list or a dict of them; None, with a problem recorded, for anything else."""
        if isinstance(held, list):
            items = [self.make(f"{path}[{number}]", item) for number, item in enumerate(held)]
            return [item for item in items if item is not None]
        if (
            isinstance(held, Mapping)
            and "type" not in held
            and all(isinstance(item, Mapping) for item in held.values())
        ):
            made = {str(key): self.make(f"{path}.{key}", item) for key, item in held.items()}
            return {key: item for key, item in made.items() if item is not None}
        return None if held is None else self.make(path, held)

    def _refer(self, obj: Part, name: str, far: object, objects: Mapping[str, Part]) -> None:
        if name not in references_of(type(obj)):
            near = nearest(name, references_of(type(obj)))
            self.find(obj.path, name, far, f"a reference of {type(obj).__name__}", "remove it", near)
        elif far is None:
            setattr(obj, name, None)
        elif self._exists(obj, name, far, objects):
            setattr(obj, name, objects[str(far)])

    def _connect(self, obj: Part, name: str, far: Part, port: str) -> None:
        if port in type(far).__ports__:
            setattr(obj, name, PortEnd(far, type(far).__ports__[port]))
        else:
            near = nearest(port, type(far).__ports__)
            expected = f"a port of {type(far).__name__}"
            self.find(obj.path, name, f"{far.path}.{port}", expected, "name a port that exists", near)

    def _exists(self, obj: Part, name: str, path: object, objects: Mapping[str, Part]) -> bool:
        if isinstance(path, str) and path in objects:
            return True
        near = nearest(str(path), objects)
        self.find(obj.path, name, path, "the path of an object in this file", "name an object that exists", near)
        return False

    def _part(self, path: str, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        part = data.get(key, {})
        if not isinstance(part, Mapping):
            self.find(path, key, part, "a mapping from names", "give it as dump_config writes it")
            return {}
        # A name that a script could not assign, such as a private one, must not be assigned from a file either.
        named = {name: value for name, value in part.items() if isinstance(name, str) and _NAME.fullmatch(name)}
        for name in part:
            if name not in named:
                self.find(path, str(name), NOTHING, "a name that starts with a letter", "remove it")
        return named


def _subclasses(cls: type[SimObject]) -> Iterator[type[SimObject]]:
    for made in cls.__subclasses__():
        yield made
        yield from _subclasses(made)
