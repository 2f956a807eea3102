# SPDX-License-Identifier: BSD-3-Clause
"""The type stubs of the kernels say what the kernels have: names, parameters, which may be left out."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

import simobjects.cext

FOLDER = Path(simobjects.cext.__file__).parent
KERNELS = sorted(str(path.relative_to(FOLDER).with_suffix("")) for path in FOLDER.rglob("*.pyx"))
"""By their paths below cext, such as `board/uart`."""

Parameter = tuple[str, bool, bool]
"""Name, whether it may be left out, whether it is given by keyword only."""
Signatures = dict[str, list[Parameter] | None]
"""By 'Class.method' or 'function'; None for a property."""

CLASS = re.compile(r"(?:cdef )?class (\w+)(?:\(([\w.]*)\))?:")
FUNCTION = re.compile(r"( *)(?:def|cpdef(?: [\w\[\]]+)?) (\w+)\((.*)$")
READONLY = re.compile(r"    cdef (?:readonly|public) [\w.]+ (.+)$")


def declared(kernel: str) -> Signatures:
    """The public signatures of the source."""
    lines = (FOLDER / f"{kernel}.pyx").read_text().splitlines()
    found: Signatures = {}
    owner = ""
    for number, line in enumerate(lines):
        if line and not line[0].isspace():
            begun = CLASS.match(line)
            owner = begun[1] + "." if begun else ""
        function = FUNCTION.match(line)
        if function is None or len(function[1]) != (4 if owner else 0):
            continue
        name = "__init__" if function[2] == "__cinit__" else function[2]
        if public(name):
            text, start = "(" + function[3], number
            while text.count("(") != text.count(")"):
                number += 1
                text += " " + lines[number].strip()
            plain = lines[start - 1].strip() != "@property"
            found[owner + name] = parameters(text[1 : closing(text)]) if plain else None
    header = FOLDER / f"{kernel}.pxd"
    owner = ""
    for line in header.read_text().splitlines() if header.exists() else ():
        if begun := CLASS.match(line):
            owner = begun[1] + "."
        if attribute := READONLY.match(line):
            found.update({owner + name.strip(): None for name in attribute[1].partition("#")[0].split(",")})
    return found


def closing(text: str) -> int:
    """Where the bracket that text begins with ends."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if depth == 0:
            return place
    raise AssertionError(f"no end of {text!r}")


def parameters(text: str) -> list[Parameter]:
    """What stands between the brackets of a Cython signature."""
    found: list[Parameter] = []
    keyword = False
    for part in re.sub(r"\[[^\]]*\]", "", text).split(","):
        declaration, equals, _ = part.strip().partition("=")
        declaration = re.sub(r" (not None|or None)$", "", declaration.partition(":")[0].strip())
        if declaration == "*":
            keyword = True
        elif declaration and declaration != "self":
            found.append((declaration.split()[-1], bool(equals), keyword))
    return found


def stubbed(kernel: str) -> Signatures:
    """The same of the stub."""
    found: Signatures = {}

    def read(body: list[ast.stmt], owner: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                read(node.body, node.name + ".")
            elif isinstance(node, ast.FunctionDef) and public(node.name):
                arguments = node.args
                positional = [argument.arg for argument in arguments.args]
                needed = len(positional) - len(arguments.defaults)
                plain: list[Parameter] = [(name, i >= needed, False) for i, name in enumerate(positional)]
                named = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
                keyword = [(argument.arg, default is not None, True) for argument, default in named]
                property_ = any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list)
                found[owner + node.name] = None if property_ else [p for p in plain if p[0] != "self"] + keyword

    read(ast.parse((FOLDER / f"{kernel}.pyi").read_text()).body, "")
    return found


def bases(kernel: str) -> dict[str, str]:
    """Base class by class, of one source."""
    source = (FOLDER / f"{kernel}.pyx").read_text()
    return {match[1]: match[2] or "" for match in map(CLASS.match, source.splitlines()) if match}


def own(kernel: str, signatures: Signatures) -> Signatures:
    """Of public classes, without what repeats the nearest base class: a stub need not say that again."""
    base = {name: of for other in KERNELS for name, of in bases(other).items()}
    everything = {name: value for other in KERNELS for name, value in declared(other).items()}
    found: Signatures = {}
    for name, value in signatures.items():
        owner, _, member = name.rpartition(".")
        above = base.get(owner, "")
        while above and f"{above}.{member}" not in everything:
            above = base.get(above, "")
        if not owner.startswith("_") and everything.get(f"{above}.{member}", "") != value:
            found[name] = value
    return found


def public(name: str) -> bool:
    return name == "__init__" or not name.startswith("_")


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_a_stub(kernel: str) -> None:
    assert (FOLDER / f"{kernel}.pyi").is_file()


@pytest.mark.parametrize("kernel", KERNELS)
def test_stub_and_source_agree(kernel: str) -> None:
    assert own(kernel, stubbed(kernel)) == own(kernel, declared(kernel))


@pytest.mark.parametrize("kernel", KERNELS)
def test_what_a_stub_names_exists(kernel: str) -> None:
    module = importlib.import_module(f"simobjects.cext.{kernel.replace('/', '.')}")
    for node in ast.parse((FOLDER / f"{kernel}.pyi").read_text()).body:
        if isinstance(node, ast.ClassDef):
            assert set(bases(kernel)) >= {node.name} or hasattr(module, node.name)
            members = [item.name for item in node.body if isinstance(item, ast.FunctionDef)]
            missing = [name for name in members if not hasattr(getattr(module, node.name), name)]
            assert not missing
        elif isinstance(node, ast.FunctionDef):
            assert hasattr(module, node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and public(node.target.id):
            assert hasattr(module, node.target.id)
