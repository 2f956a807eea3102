# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects objects`: what there is to build machines from."""

from __future__ import annotations

import argparse
import inspect
import json
from dataclasses import asdict

import simobjects
from simobjects.base.names import unknown
from simobjects.base.text import columns
from simobjects.framework import ObjectInfo, SimObject, describe
from simobjects.framework.node import Part
from simobjects.study.config_script import load

from ._objects_page import page


def objects(arguments: argparse.Namespace) -> int:
    """Print the list of SimObjects, one of them, or the page of all; with a script also those that it defines.

    Raises:
        UnknownNameError: there is no such class; with the nearest name.
    """
    known: dict[str, type[Part]] = dict(public_objects())
    if arguments.config is not None:
        known |= used_objects(load(arguments.config, {}))
    if arguments.markdown:
        print(page([describe(known[name]) for name in sorted(known)]), end="")
        return 0
    if arguments.name is None:
        every = [describe(known[name]) for name in sorted(known)]
        print(_as_json(every) if arguments.json else columns([[info.name, info.description] for info in every]), end="")
        return 0
    if arguments.name not in known:
        raise unknown("SimObject", arguments.name, known)
    info = describe(known[arguments.name])
    print(_as_json(info) if arguments.json else sheet(info), end="")
    return 0


def public_objects() -> dict[str, type[SimObject]]:
    """The SimObject classes that `import simobjects` gives, by name."""
    members = inspect.getmembers(simobjects, inspect.isclass)
    return {name: cls for name, cls in members if issubclass(cls, SimObject) and cls is not SimObject}


def used_objects(system: SimObject) -> dict[str, type[Part]]:
    """The classes of a machine's objects, by name."""
    from simobjects.framework.tree import walk

    return {type(obj).__name__: type(obj) for obj in walk(system)}


def sheet(info: ObjectInfo) -> str:
    """A class on one page of text.

    Args:
        info: what `framework.describe` says of it.

    Returns:
        Its name and meaning, then a table each of parameters, children, references, ports, statistics, checks, kinds
        for `--debug` and works; what it has not is left out.
    """
    parts = [f"{info.name} ({info.module})\n{info.description}\n"]
    parts += _section("parameters", [_param_row(info, place) for place in range(len(info.params))])
    for title, links in (("children", info.children), ("references", info.references)):
        rows = [[link.name, _shape(link.type, link.shape, link.optional), link.description] for link in links]
        parts += _section(title, rows)
    parts += _section("ports", [_port_row(info, place) for place in range(len(info.ports))])
    stats = [
        [stat.name, stat.kind, stat.unit, stat.description + (f": {', '.join(stat.labels)}" if stat.labels else "")]
        for stat in info.stats
    ]
    parts += _section("statistics", stats)
    parts += _section("checked at every snapshot", [[text] for text in info.checks])
    parts += _section("kinds for --debug", [[kind] for kind in info.debug_kinds])
    parts += _section("cites", [[work] for work in info.cites])
    return "\n".join(parts)


def _section(title: str, rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    body = "".join(f"  {line}\n" for line in columns(rows).splitlines())
    return [f"{title}\n{body}"]


def _param_row(info: ObjectInfo, place: int) -> list[str]:
    """Name, type, default, limits and meaning of a parameter, by its place in the class."""
    parameter = info.params[place]
    limits = parameter.bounds or ", ".join(parameter.choices)
    default = "required" if parameter.default is None else f"= {parameter.default}"
    return [parameter.name, parameter.type, default, limits, parameter.description]


def _port_row(info: ObjectInfo, place: int) -> list[str]:
    """Name, role, protocol, number and meaning of a port, by its place in the class."""
    port = info.ports[place]
    number = "any number" if port.many else "one"
    need = "required" if port.required else "optional"
    return [port.name, port.role, port.protocol, f"{number}, {need}", port.description]


def _shape(name: str, shape: str, optional: bool) -> str:
    text = {"list": f"list of {name}", "dict": f"dict of {name}"}.get(shape, name)
    return f"{text}, optional" if optional else text


def _as_json(value: ObjectInfo | list[ObjectInfo]) -> str:
    data = [asdict(info) for info in value] if isinstance(value, list) else asdict(value)
    return json.dumps(data, indent=2) + "\n"
