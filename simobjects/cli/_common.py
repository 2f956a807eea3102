# SPDX-License-Identifier: BSD-3-Clause
"""The pieces of text that several commands print."""

from __future__ import annotations

import sys


def say(*parts: object) -> None:
    """Print to where a person reads along, not to where the results go."""
    print(*parts, file=sys.stderr, flush=True)


def where_of(texts: list[str]) -> dict[str, tuple[str, ...]]:
    """Several `--where PATH=VALUE,...` by path; of two for one path the later one counts.

    Raises:
        SpecError: a text is none.
    """
    from simobjects.study.space import split_assignment  # which few commands need

    made = {}
    for text in texts:
        path, values = split_assignment(text, "--where")
        made[path] = tuple(value.strip() for value in values.split(","))
    return made
