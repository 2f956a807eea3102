# SPDX-License-Identifier: BSD-3-Clause
"""A dumped configuration back into objects. The data may come from anywhere, so nothing in it is trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .config import FORMAT, type_name
from .fields import ParamMark, mark_of
from .ports import PortEnd
from .problems import NOTHING, ConfigError, Problem, nearest, show
from .simobject import SimObject
from .tree import references_of, walk

_KEYS = {"type", "params", "children", "references", "connections"}


def load_config(data: Mapping[str, Any], types: Iterable[type[SimObject]] | None = None) -> SimObject:
    """The machine that `dump_config` wrote.

    Classes are looked up by name among `types` and then among all SimObject classes that the program has
    imported; nothing is imported here. ConfigError reports everything that does not fit.
    """
    problems: list[Problem] = []
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        found = data.get("format", NOTHING) if isinstance(data, Mapping) else data
        fix = "give what dump_config returned, or write the file again with this version"
        raise ConfigError([Problem("", "format", found, f"a configuration of format {FORMAT}", fix)])
    known = {type_name(cls): cls for cls in _subclasses(SimObject)}
    known.update({type_name(cls): cls for cls in types or ()})
    loader = _Loader(known, problems)
    system = loader.make("system", data.get("system"))
    if system is not None:
        loader.link(system)
    if problems or system is None:
        raise ConfigError(problems)
    return system


class _Loader:
    def __init__(self, known: Mapping[str, type[SimObject]], problems: list[Problem]) -> None:
        self.known = known
        self.problems = problems
        self.links: list[tuple[SimObject, Mapping[str, Any]]] = []

    def make(self, path: str, data: Any) -> SimObject | None:
        """The object that `data` describes, with its parameters and children."""
        if not isinstance(data, Mapping) or not isinstance(data.get("type"), str):
            self._problem(path, "", data, "an object with a type", "give an object as dump_config writes it")
            return None
        for key in sorted(set(data) - _KEYS):
            self._problem(path, str(key), NOTHING, f"one of {', '.join(sorted(_KEYS))}", "remove it")
        cls = self.known.get(data["type"])
        if cls is None:
            near = nearest(data["type"], self.known)
            fix = "import the module that defines the class before loading, or pass it as types=[...]"
            self._problem(path, "type", data["type"], "a SimObject class that is imported", fix, near)
            return None
        obj = cls()
        self._fill(obj, path, data)
        self.links.append((obj, data))
        return obj

    def link(self, system: SimObject) -> None:
        """References and connections, once every object exists."""
        objects = {obj.path: obj for obj in walk(system)}
        for obj, data in self.links:
            for name, path in _part(data, "references").items():
                if name not in references_of(type(obj)):
                    self._problem(obj.path, name, path, f"a reference of {type(obj).__name__}", "remove it")
                elif path is None or self._exists(obj, name, path, objects):
                    setattr(obj, name, None if path is None else objects[path])
            for name, path in _part(data, "connections").items():
                owner, _, port = str(path).rpartition(".")
                if name not in type(obj).__ports__:
                    self._problem(obj.path, name, path, f"a port of {type(obj).__name__}", "remove it")
                elif self._exists(obj, name, owner, objects):
                    self._connect(obj, name, objects[owner], port)
        for obj in objects.values():
            self.problems.extend(obj._node.problems())

    def _fill(self, obj: SimObject, path: str, data: Mapping[str, Any]) -> None:
        for name, value in _part(data, "params").items():
            info = type(obj).model_fields.get(name)
            if info is not None and not isinstance(mark_of(info), ParamMark):
                self._problem(path, name, value, f"a parameter of {type(obj).__name__}", "remove it")
            else:
                setattr(obj, name, value)
        for name, held in _part(data, "children").items():
            setattr(obj, name, self._held(f"{path}.{name}", held))

    def _held(self, path: str, held: Any) -> Any:
        if isinstance(held, list):
            items = [self.make(f"{path}[{number}]", item) for number, item in enumerate(held)]
            return [item for item in items if item is not None]
        if isinstance(held, Mapping) and "type" not in held:
            made = {str(key): self.make(f"{path}.{key}", item) for key, item in held.items()}
            return {key: item for key, item in made.items() if item is not None}
        return None if held is None else self.make(path, held)

    def _connect(self, obj: SimObject, name: str, far: SimObject, port: str) -> None:
        if port in type(far).__ports__:
            setattr(obj, name, PortEnd(far, type(far).__ports__[port]))
        else:
            near = nearest(port, type(far).__ports__)
            expected = f"a port of {type(far).__name__}"
            self._problem(obj.path, name, f"{far.path}.{port}", expected, "name a port that exists", near)

    def _exists(self, obj: SimObject, name: str, path: object, objects: Mapping[str, SimObject]) -> bool:
        if path in objects:
            return True
        near = nearest(str(path), objects)
        self._problem(obj.path, name, path, "the path of an object in this file", "name an object that exists", near)
        return False

    def _problem(self, path: str, name: str, value: object, expected: str, fix: str, near: str | None = None) -> None:
        shown = value if isinstance(value, (str, int, float, type(NOTHING))) else f"<{show(type(value))}>"
        self.problems.append(Problem(path, name, shown, expected, fix, None, None, near))


def _part(data: Mapping[str, Any], key: str) -> dict[str, Any]:
    part = data.get(key) or {}
    return {str(name): value for name, value in part.items()} if isinstance(part, Mapping) else {}


def _subclasses(cls: type[SimObject]) -> Iterator[type[SimObject]]:
    for made in cls.__subclasses__():
        yield made
        yield from _subclasses(made)
