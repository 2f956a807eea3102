# SPDX-License-Identifier: BSD-3-Clause
"""Plain values and code objects as bytes that are the same in every process."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from types import CodeType


def joined(parts: Iterable[bytes]) -> bytes:
    """Several texts as one from which they can be told again."""
    return b"".join(b"%d:%b" % (len(part), part) for part in parts)


def atom(value: object, folders: Sequence[str] = ()) -> bytes | None:
    """A value that holds nothing but itself, with its type; None for any other.

    A path within one of `folders` is given from there: where a script lies does not matter.
    """
    kind = type(value)
    if value is None or value is Ellipsis or kind in (bool, int, complex, range):
        return f"{kind.__name__} {value!r}".encode()
    if kind is float:
        return f"float {value.hex()}".encode()  # type: ignore[attr-defined]
    if isinstance(value, str) and kind is str:
        return b"str " + _below(value, value, folders).encode("utf-8", "surrogatepass")
    if isinstance(value, bytes) and kind is bytes:
        return b"bytes " + value
    if isinstance(value, PurePath):
        text = _below(str(value), os.path.abspath(value), folders)
        return b"path " + text.encode("utf-8", "surrogatepass")
    if isinstance(value, (tuple, frozenset)) and kind in (tuple, frozenset):
        parts = [atom(part, folders) for part in value]
        whole = [part for part in parts if part is not None]
        if len(whole) == len(parts):
            return f"{kind.__name__} ".encode() + joined(whole if kind is tuple else sorted(whole))
    return None


def _below(text: str, absolute: str, folders: Sequence[str]) -> str:
    for folder in folders:
        if absolute == folder or absolute.startswith(folder + os.sep):
            return "<folder>" + absolute[len(folder) :]
    return text


def code_bytes(code: CodeType) -> bytes:
    """What code does, without where it is written. It differs between versions of Python."""
    counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_name, *code.co_names, *code.co_varnames, *code.co_freevars, *code.co_cellvars)
    constants = [code_bytes(each) if isinstance(each, CodeType) else atom(each) or b"" for each in code.co_consts]
    tables = (code.co_code, getattr(code, "co_exceptiontable", b""))
    parts = [str(counts).encode(), str(names).encode(), *tables, *constants]
    return hashlib.sha256(joined(parts)).digest()


def names_in(code: CodeType) -> list[str]:
    """The names that code, and the functions within it, may look up outside of themselves, sorted."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found.update(names_in(constant))
    return sorted(found)
