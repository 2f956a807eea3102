# SPDX-License-Identifier: BSD-3-Clause
"""Config scripts that only make objects of ours and connect them.

Nothing that such a script does outlives it, so a process may execute it again and again. What may stand in one is a
short list, and everything else makes a script one that needs a process of its own: there is no need to judge it.

* It imports names from `simobjects`; what it calls of them are classes of machine parts and the functions that make
  standard machines. Others may be imported for what stands under `if __name__ == "__main__":`.
* It assigns names, and attributes of the parts that it has made. It has functions, `if`, `for` and comprehensions.
* It calls what it imports, its own functions and a few functions of Python that change nothing; no methods.
* No name or attribute begins with an underscore; none that it calls is also assigned.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

from simobjects.framework import SimObject
from simobjects.framework.source.owners import Owner, owner_of_class, owner_of_code

from .config_script import Aside

_BUILTINS = frozenset(
    "range len str int float bool min max sum abs round sorted reversed enumerate zip list tuple dict".split()
)
_MAKERS = "simobjects.boards."
"""Modules of which functions may be called: they make standard machines."""

_CONSTANTS = (bool, int, float, str)
_PART = "__part__"
"""The name under which the check of an assignment's owner stands in the script; no script can have it."""

_EXPRESSIONS = (
    ast.Constant, ast.JoinedStr, ast.FormattedValue, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.List,
    ast.Tuple, ast.Dict, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.ListComp, ast.DictComp,
    ast.GeneratorExp, ast.comprehension, ast.Call, ast.keyword, ast.Starred, ast.operator, ast.unaryop, ast.boolop,
    ast.cmpop, ast.expr_context,
)  # fmt: skip
_STATEMENTS = (ast.Assign, ast.AnnAssign, ast.Expr, ast.If, ast.For, ast.FunctionDef, ast.Return, ast.Pass)
_ANNOTATIONS = (ast.Name, ast.BinOp, ast.BitOr, ast.Constant, ast.expr_context)


class NotPlain(Aside):
    """The script does something else."""


@dataclass(frozen=True)
class Plain:
    """A plain script, compiled; `file` is the name under which it was."""

    file: str
    _code: CodeType

    def execute(self, name: str) -> dict[str, Any]:
        """The names that it binds; `name` is its `__name__`.

        Raises what the script raises, and NotPlain before it would assign to what is no part of a machine.
        """
        names: dict[str, Any] = {"__name__": name, "__file__": self.file, _PART: _part}
        exec(self._code, names)
        return names


def plain(script: Path) -> Plain | None:
    """The script of a file, if it is plain. Raises OSError when it cannot be read."""
    return _plain(str(script), script.read_bytes())


@lru_cache(maxsize=8)
def _plain(file: str, text: bytes) -> Plain | None:
    try:
        tree = _checked(ast.parse(text, file))
        return Plain(file, compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True))
    except (NotPlain, SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _part(owner: object) -> SimObject:
    if not isinstance(owner, SimObject):
        raise NotPlain(f"an attribute of a {type(owner).__name__} is assigned")
    return owner


def _checked(tree: ast.Module) -> ast.Module:
    """The tree with a check at each assignment to an attribute. NotPlain says that it is not plain."""
    tree.body = [node for node in tree.body if not _is_main_guard(node)]
    imported = {name: value for node in tree.body for name, value in _imports(node)}
    body = [node for node in tree.body if not isinstance(node, ast.ImportFrom)]
    functions = {node.name for node in body if isinstance(node, ast.FunctionDef)}
    assigned = {name for node in body for name in _bound(node)}
    if assigned & (set(imported) | functions | _BUILTINS) or functions & (set(imported) | _BUILTINS):
        raise NotPlain
    made = {name for name, value in imported.items() if _is_maker(value)}
    constants = {name for name, value in imported.items() if type(value) in _CONSTANTS}
    check = _Check(callable=made | functions | _BUILTINS, readable=assigned | constants, typed=made)
    for node in body:
        check.statement(node, top=True)
    found: ast.Module = _Guard().visit(tree)
    return found


def _is_main_guard(node: ast.stmt) -> bool:
    """`if __name__ == "__main__":` without an `else`; what stands in it is not executed."""
    return isinstance(node, ast.If) and not node.orelse and ast.unparse(node.test) == "__name__ == '__main__'"


def _imports(node: ast.stmt) -> Iterator[tuple[str, object]]:
    """The names that an import statement binds, with what they mean."""
    if not isinstance(node, ast.ImportFrom):
        return
    module = node.module or ""
    if node.level or not (module == "__future__" or module == "simobjects" or module.startswith("simobjects.")):
        raise NotPlain
    for alias in node.names:
        name = alias.asname or alias.name
        if name.startswith("_") or alias.name == "*":
            raise NotPlain
        if module != "__future__":
            try:
                yield name, getattr(import_module(module), alias.name)
            except (ImportError, AttributeError):  # a module within, or nothing: the script will say so
                raise NotPlain from None


def _is_maker(value: object) -> bool:
    if isinstance(value, type):
        return issubclass(value, SimObject) and owner_of_class(value) is Owner.OURS
    ours = isinstance(value, FunctionType) and owner_of_code(value.__code__.co_filename) is Owner.OURS
    return ours and value.__module__.startswith(_MAKERS)


def _bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement assigns, also within functions and comprehensions, and their arguments."""
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


@dataclass(frozen=True)
class _Check:
    """Which names may be called, read, and be types in an annotation. The methods raise NotPlain."""

    callable: frozenset[str] | set[str]
    readable: set[str]
    typed: set[str]

    def statement(self, node: ast.stmt, top: bool = False) -> None:
        if not isinstance(node, _STATEMENTS) or (isinstance(node, ast.FunctionDef) and not top):
            raise NotPlain
        if isinstance(node, ast.FunctionDef):
            self._function(node)
            return
        for name, value in ast.iter_fields(node):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.stmt):
                    self.statement(child)
                elif name == "annotation":
                    self._annotation(child)
                elif name in ("target", "targets"):
                    self._target(child, names_only=isinstance(node, ast.For))
                elif isinstance(child, ast.expr):
                    self._expression(child)

    def _function(self, node: ast.FunctionDef) -> None:
        if node.decorator_list or node.name.startswith("_"):
            raise NotPlain
        given = node.args
        for each in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
            if each is not None:
                self._named(each.arg)
                self._annotation(each.annotation)
        self._annotation(node.returns)
        for default in (*given.defaults, *given.kw_defaults):
            if default is not None:
                self._expression(default)
        for inner in node.body:
            self.statement(inner)

    def _target(self, node: ast.expr, names_only: bool = False) -> None:
        if isinstance(node, ast.Name):
            self._named(node.id)
        elif isinstance(node, (ast.Tuple, ast.List)):
            for each in node.elts:
                self._target(each.value if isinstance(each, ast.Starred) else each, names_only)
        elif isinstance(node, ast.Attribute) and not names_only:
            self._named(node.attr)
            self._expression(node.value)
        else:
            raise NotPlain

    def _expression(self, root: ast.expr) -> None:
        called = set()
        for node in ast.walk(root):  # an owner comes before what it owns
            if not isinstance(node, _EXPRESSIONS):
                raise NotPlain
            if isinstance(node, ast.Call):
                if not (isinstance(node.func, ast.Name) and node.func.id in self.callable):
                    raise NotPlain
                called.add(node.func)
            elif isinstance(node, ast.comprehension):
                self._target(node.target, names_only=True)
                if node.is_async:
                    raise NotPlain
            elif isinstance(node, ast.Attribute):
                self._named(node.attr)
            elif isinstance(node, ast.keyword):
                self._named(node.arg or "")
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node not in called:
                if node.id not in self.readable:
                    raise NotPlain

    def _annotation(self, root: ast.expr | None) -> None:
        """Annotations of arguments are evaluated; so no text may stand for one."""
        for node in ast.walk(root) if root is not None else ():
            known = not isinstance(node, ast.Name) or node.id in self.typed or node.id in _BUILTINS
            text = isinstance(node, ast.Constant) and node.value is not None
            if not isinstance(node, _ANNOTATIONS) or not known or text:
                raise NotPlain

    def _named(self, name: str) -> None:
        if name.startswith("_"):
            raise NotPlain


class _Guard(ast.NodeTransformer):
    """Puts the owner of each assigned attribute through `_part`."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Store):
            call = ast.Call(ast.Name(_PART, ast.Load()), [node.value], [])
            node.value = ast.copy_location(call, node.value)
        return node
