# SPDX-License-Identifier: BSD-3-Clause
"""What scripts import says in its docstrings what it takes, gives and raises: a fifth of the lines is such text."""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from simobjects.cli.arguments import COMMANDS, parser

PACKAGE = Path(__file__).parents[2] / "simobjects"
ROOMS = tuple(sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py") if not path.parent.is_symlink()))
"""Every room of the package; the kernels and the config scripts are links, and their files are not Python's alone."""
SHARE = 0.2
SECTIONS = ("Args:\n", "Attributes:\n")
GETS = ("The command gets:\n", "The commands get:\n")
"""What a command finds in the namespace of its arguments: their names, with types and what None stands for."""


def texts(tree: ast.Module) -> Iterator[ast.expr]:
    """The docstrings of a file, and those behind its constants and fields."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for each in body if isinstance(body, list) else ():
            value = each.value if isinstance(each, ast.Expr) else None
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                yield value


def lines_of(room: str) -> tuple[int, int]:
    """(lines that are text, lines) of a room, empty ones left out."""
    said = whole = 0
    for path in (PACKAGE / room).rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        whole += sum(1 for line in source.splitlines() if line.strip())
        said += sum((text.end_lineno or 0) - text.lineno + 1 for text in texts(ast.parse(source)))
    return said, whole


@pytest.mark.parametrize("room", ROOMS)
def test_a_fifth_of_the_lines_says_what_they_are_for(room: str) -> None:
    said, whole = lines_of(room)
    assert whole > 100
    assert said >= SHARE * whole, f"{said} of {whole} lines"


def documented() -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef, str]]:
    for room in ROOMS:
        for path in (PACKAGE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.FunctionDef | ast.ClassDef) and (text := ast.get_docstring(node)):
                    yield f"{path.relative_to(PACKAGE)}: {node.name}", node, text


def listed(text: str, section: str) -> list[str]:
    """The names that a section of a docstring explains."""
    lines = text.partition(section)[2].partition("\n\n")[0].splitlines()
    heads = [line.strip().partition(":")[0] for line in lines if line.startswith("    ") and line[4] != " "]
    return [name for head in heads for name in head.split(", ")]


def test_what_a_docstring_explains_is_there() -> None:
    wrong, sections = [], 0
    for place, node, text in documented():
        for section in SECTIONS:
            if section not in text:
                continue
            sections += 1
            if isinstance(node, ast.ClassDef):
                there = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                there |= {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
                there |= {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
            else:
                there = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
            wrong += [f"{place} has no {name}" for name in listed(text, section) if name not in there]
    assert sections > 100
    assert wrong == []


def leaves(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """The parsers of the commands, those of groups of commands left out."""
    inner = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield of
    for action in inner:
        for each in action.choices.values():
            yield from leaves(each)


def gets(module: str) -> set[str]:
    """The names that the docstrings of a module of `cli.arguments` explain."""
    path = PACKAGE / "cli" / "arguments" / f"{module}.py"
    functions = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)]
    texts = [ast.get_docstring(node) or "" for node in functions]
    return {name for text in texts for section in GETS if section in text for name in listed(text, section)}


@pytest.mark.parametrize("command", COMMANDS)
def test_what_a_command_gets_is_said_where_it_is_added(command: str) -> None:
    there: set[str] = set()
    for each in leaves(parser(command)):
        there |= {action.dest for action in each._actions if action.dest != "help"} | {*each._defaults}
    said, shared = gets(command), gets("shared")
    assert there <= said | shared
    assert said <= there
