# SPDX-License-Identifier: BSD-3-Clause
"""What a wrong name was perhaps meant to be. It imports nothing of the project: every part says it with this."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The member of `known` that looks most like `name`, or None when none does."""
    import difflib  # only mistakes need it, and the command line is quick without

    names = sorted(set(known))
    alike = [one for one in names if one.lower() == name.lower()]
    found = alike or difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    return found[0] if found else None
