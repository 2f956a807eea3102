# SPDX-License-Identifier: BSD-3-Clause
"""Names that say what is meant, and wrong ones: what was perhaps meant, and the error that says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from .errors import UnknownNameError, UsageError

T = TypeVar("T")

ALIKE = 0.6
"""How much of a name must be there, as difflib measures it."""


def nearest(name: str, known: Iterable[str], alike: float = ALIKE) -> str | None:
    """The member of `known` that looks most like `name`, or None when none does. Case alone makes no difference."""
    import difflib  # only mistakes need it, and the command line is quick without

    names = sorted(set(known))
    same = [one for one in names if one.lower() == name.lower()]
    found = same or difflib.get_close_matches(name, names, n=1, cutoff=alike)
    return found[0] if found else None


def listed(names: Iterable[str], most: int = 12) -> str:
    """`a, b, c`, cut after `most` names."""
    every = list(names)
    return ", ".join(every[:most]) + (", ..." if len(every) > most else "")


def unknown(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """The error for a name that is not among `known`, with the nearest that is, or with all of them."""
    names = sorted(set(known))
    near = nearest(name, names)
    hint = f"did you mean {near}?" if near else f"there is: {listed(names) or 'nothing'}"
    return UnknownNameError(f"no {what} {name!r}", fix=hint)


def by_ending(file: Path, forms: Mapping[str, T], what: str) -> T:
    """What belongs to the ending of a file's name, in small or capital letters; `what`: has such forms, for the error.

    Raises:
        UsageError: the name ends in none of them.
    """
    found = forms.get(file.suffix.lower())
    if found is None:
        *others, last = forms
        fix = f"end the name in {', '.join(others)} or {last}"
        raise UsageError(f"no form that {what} can have", where=file, fix=fix)
    return found
