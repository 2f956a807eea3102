# SPDX-License-Identifier: BSD-3-Clause
"""What the hooks of an object give back, held against what they may give."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from .hooks import place_of
from .node import Part
from .problems import ConfigError, Problem

T = TypeVar("T")


def wrong_answer(obj: Part, hook: str, value: object, expected: str) -> Problem:
    """The problem of a hook that gave `value`, at the line where the hook is defined."""
    file, line = place_of(getattr(type(obj), hook))
    return Problem(obj.path, f"{hook}()", value, expected, "correct what it returns", file, line)


def problems_of(obj: Part, found: object) -> Iterable[Problem]:
    """What `check` of an object gave. A check that returns nothing has reported by `problem`, or found nothing."""
    if found is None:
        return ()
    expected = "an iterable of what self.problem(...) gave, or nothing"
    if not isinstance(found, Iterable):
        return [wrong_answer(obj, "check", found, expected)]
    return [one if isinstance(one, Problem) else wrong_answer(obj, "check", one, expected) for one in found]


def mapping(obj: Part, hook: str, found: object, values: type[T], what: str) -> dict[str, T]:
    """What a hook gave, a mapping from texts to `values` (in words: `what`), empty for None.

    Raises:
        ConfigError: it gave something else.
    """
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ConfigError([wrong_answer(obj, hook, found, f"{what} by name")])
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, values):
            raise ConfigError([wrong_answer(obj, hook, {name: value}, f"{what} by name")])
    return dict(found)


def plain_data(obj: Part, hook: str, found: object) -> dict[str, Any]:
    """The same for values that JSON can hold.

    Raises:
        ConfigError: it gave something else, or a value that is no plain data.
    """
    made = mapping(obj, hook, found, object, "plain data")
    if made:
        try:
            json.dumps(made, allow_nan=False)
        except (TypeError, ValueError, RecursionError):
            expected = "plain data by name: numbers, texts, and lists and mappings of these"
            raise ConfigError([wrong_answer(obj, hook, made, expected)]) from None
    return made
