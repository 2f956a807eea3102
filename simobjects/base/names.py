# SPDX-License-Identifier: BSD-3-Clause
"""Wrong names: what one was perhaps meant to be, and the error that says so."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import UnknownNameError

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
