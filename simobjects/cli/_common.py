# SPDX-License-Identifier: BSD-3-Clause
"""The pieces of text that several commands print."""

from __future__ import annotations

import sys

from simobjects.study.space import split_assignment


def say(*parts: object) -> None:
    """Print to where a person reads along, not to where the results go."""
    print(*parts, file=sys.stderr, flush=True)


def where_of(texts: list[str]) -> dict[str, tuple[str, ...]]:
    """Several `--where PATH=VALUE,...` by path. Raises SpecError for a text that is none."""
    made = {}
    for text in texts:
        path, values = split_assignment(text, "--where")
        made[path] = tuple(value.strip() for value in values.split(","))
    return made


def short(value: float) -> str:
    """A large number in at most four digits: 950, 12.3k, 4.56M."""
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= scale:
            return f"{value / scale:.3g}{unit}" if abs(value) < 999.5 * scale else f"{value / scale:.0f}{unit}"
    return f"{value:.3g}"
