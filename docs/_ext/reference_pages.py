# SPDX-License-Identifier: BSD-3-Clause
"""Pages of the reference that are written from the program itself, each time the site is built: `reference/`."""

from __future__ import annotations

import argparse
import importlib
import inspect
import os
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

from sphinx.application import Sphinx

import simobjects
from simobjects.base.errors import ExitCode, SimObjectsError
from simobjects.base.text import markdown
from simobjects.cli._objects import public_objects
from simobjects.cli.arguments import parser
from simobjects.framework import SimObject, describe

MADE = "<!-- SPDX-License-Identifier: BSD-3-Clause -->\n<!-- Made from the program when the site is built. -->\n"
API = (
    ("simobjects.framework", "Machines: objects, ports, statistics, running"),
    ("simobjects.stats", "Statistics: kinds, windows, tables"),
    ("simobjects.study", "Studies: points, executors, results"),
    ("simobjects.study.figures", "Figures"),
    ("simobjects.study.metric", "A statistic by its name"),
    ("simobjects.study.sensitivity", "What a conclusion depends on"),
    ("simobjects.study.sheet", "Tables of statistics"),
    ("simobjects.study.exports", "Tables for papers"),
    ("simobjects.report", "Reports"),
    ("simobjects.boards", "Standard machines"),
    ("simobjects.traces.tracefile", "Trace files"),
    ("simobjects.traces.columns", "Columns of a trace"),
    ("simobjects.traces.record", "Recordings made from Python"),
    ("simobjects.kvm.schemes", "Schemes of one's own"),
    ("simobjects.kvm.releases", "Kernels by name"),
    ("simobjects.kvm.ring", "Round robin without a machine"),
    ("simobjects.kvm.timeline.file", "Timelines"),
    ("simobjects.kvm.timing_file", "Exit timing files"),
    ("simobjects.kvm.causal", "What one real miss costs"),
    ("simobjects.guest.eras", "Eras of an imitated guest"),
    ("simobjects.guest.steps", "What a guest's handlers do"),
    ("simobjects.isa.assemble", "Instruction words by name"),
    ("simobjects.isa.disassemble", "Disassembly"),
    ("simobjects.draw", "Drawing"),
    ("simobjects.base.text", "Text for a terminal and for pages"),
)
"""Packages whose names are for scripts, in the order of the page."""


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", lambda made: write(Path(made.srcdir) / "reference"))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write(folder: Path) -> None:
    """Write every page of the folder; one whose text is as before keeps its time, so that Sphinx keeps its work."""
    folder.mkdir(exist_ok=True)
    pages = {"commands": commands, "statistics": statistics, "errors": errors, "api": api}
    for name, make in pages.items():
        file, text = folder / f"{name}.md", MADE + make()
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def commands() -> str:
    """The help of every command."""
    os.environ["COLUMNS"] = "100"
    parts = ["# Commands and options\n", "What `--help` says; [the command line](../command-line.md) explains it.\n"]
    for name, each in _commands(parser(), "simobjects"):
        help_text = each.format_help().partition("\nexit codes:")[0].rstrip()
        parts += [f"## {name}\n", f"```text\n{help_text}\n```\n"]
    return "\n".join(parts)


def _commands(of: argparse.ArgumentParser, name: str) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    yield name, of
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, inner in action.choices.items():
                yield from _commands(inner, f"{name} {word}")


def statistics() -> str:
    """Every statistic of every object, in one table by name."""
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for name, cls in sorted(public_objects().items()):
        for stat in describe(cls).stats:
            rows.setdefault((stat.name, stat.kind, stat.unit, stat.description), []).append(name)
    table = [
        [f"`{stat}`", _owners(owners), kind, unit, text] for (stat, kind, unit, text), owners in sorted(rows.items())
    ]
    intro = (
        "Each is `PATH.NAME` in the results, PATH being where the object is in the machine: `system.tlb.misses`. "
        "Labels of vectors and the checks of every snapshot are with [the objects](../objects.md); what the kinds "
        "mean is in [the framework](../framework.md#statistics).\n"
    )
    heads = ("statistic", "of", "kind", "unit", "what it counts")
    return "\n".join(["# All statistics\n", intro, markdown(heads, table, left=range(5)), ""])


def _owners(names: Sequence[str]) -> str:
    """Whose a statistic is; schemes share theirs."""
    schemes = {name for name in names if issubclass(getattr(simobjects, name), simobjects.ShadowScheme)}
    if len(schemes) > 3:
        names = [name for name in names if name not in schemes] + ["the schemes"]
    return ", ".join(f"[{name}](../objects.md#{name.lower()})" if " " not in name else name for name in names)


def errors() -> str:
    """Every error that is raised on purpose, and the exit codes."""
    rows = [
        [f"`{cls.__name__}`", f"`{cls.__module__}`", str(int(cls.exit_code)), _first_line(cls)]
        for cls in sorted(_errors(), key=lambda cls: (cls.__name__, cls.__module__))
    ]
    codes = [[str(int(code)), code.meaning] for code in ExitCode]
    intro = (
        "All derive from `simobjects.framework.SimObjectsError`. Its text says what is wrong, where, and what to do; "
        "the program prints it and ends with the code. [Troubleshooting](../troubleshooting.md) has what users met.\n"
    )
    return "\n".join(
        [
            "# Errors\n",
            intro,
            markdown(("error", "module", "code", "when"), rows, left=range(4)),
            "\n## Exit codes\n",
            markdown(("code", "meaning"), codes, left=range(2)),
            "",
        ]
    )


def _errors() -> Iterable[type[SimObjectsError]]:
    modules(simobjects)
    found, todo = {SimObjectsError}, [SimObjectsError]
    while todo:
        new = [cls for cls in todo.pop().__subclasses__() if cls.__module__.startswith("simobjects.")]
        todo += [cls for cls in new if cls not in found]
        found |= set(new)
    return found


def modules(package: ModuleType) -> None:
    """Import every module of the package, but for the scripts, which are the user's."""
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda name: None):
        if not info.name.startswith(("simobjects.configs", "simobjects.__main__", "simobjects.cext")):
            importlib.import_module(info.name)


def _first_line(of: type) -> str:
    return (inspect.getdoc(of) or "").partition("\n\n")[0].replace("\n", " ")


def api() -> str:
    """The names that scripts use, package by package, with signatures and docstrings."""
    parts = [
        "# The Python API\n",
        "`import simobjects` has the objects, which [a page of their own](../objects.md) lists with parameters, ports "
        "and statistics. Here is what else scripts use.\n",
    ]
    told: set[object] = set()
    for package, title in API:
        module = importlib.import_module(package)
        names = [name for name in _names(module) if getattr(module, name) not in told]
        told |= {getattr(module, name) for name in names}
        parts += [f"## {title}\n", f"`{package}`: {_first_sentence(module)}\n", "```{eval-rst}"]
        parts += [_directive(module, name) for name in names]
        parts.append("```\n")
    return "\n".join(parts)


def _first_sentence(module: ModuleType) -> str:
    return (inspect.getdoc(module) or "").partition("\n\n")[0].replace("\n", " ")


def _names(module: ModuleType) -> list[str]:
    """The names that a package offers: those it lists, or what its module defines itself."""
    listed = getattr(module, "__all__", None)
    if listed is None:
        own = (module.__name__, f"{module.__name__}.")
        listed = [
            name
            for name, value in vars(module).items()
            if (inspect.isclass(value) or inspect.isfunction(value)) and value.__module__.startswith(own)
        ]
    return [name for name in sorted(listed, key=str.lower) if not name.startswith("_") and _documented(module, name)]


def _documented(module: ModuleType, name: str) -> bool:
    """Whether it is a function or class with words of its own, and no object that has its page."""
    value = getattr(module, name)
    if inspect.isclass(value):
        return not (issubclass(value, SimObject) and value is not SimObject) and bool(value.__doc__)
    return inspect.isfunction(value) and bool(value.__doc__)


def _directive(module: ModuleType, name: str) -> str:
    value = getattr(module, name)
    full = f"{module.__name__}.{name}"
    if inspect.isfunction(value):
        return f".. autofunction:: {full}\n"
    members = "" if issubclass(value, SimObject) or re.search("pydantic", str(value.__mro__[1:2])) else "   :members:\n"
    return f".. autoclass:: {full}\n{members}"
