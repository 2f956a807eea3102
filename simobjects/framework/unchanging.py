# SPDX-License-Identifier: BSD-3-Clause
"""What may be remembered of classes while nobody changes one.

A class of Python can be changed at any time, and a new one may join a family. So what follows from classes (whose code
is in them, which are in a family) is found again for each machine. A process that executes nothing that could change
them says so, and finds it once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")

_memory: ContextVar[dict[Hashable, Any] | None] = ContextVar("simobjects_memory", default=None)


@contextmanager
def unchanging(memory: dict[Hashable, Any]) -> Iterator[None]:
    """While this lasts no class is made or changed, nor was since `memory` was filled, which may be empty."""
    token = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(token)


def remembered(what: Hashable, find: Callable[[], T]) -> T:
    """What `find` gives, found once while classes do not change; else each time.

    Args:
        what: names it, among all that is remembered anywhere.
        find: looks at classes alone. What it gives is shared, and must not be changed.
    """
    memory = _memory.get()
    if memory is None:
        return find()
    if what not in memory:
        memory[what] = find()
    found: T = memory[what]
    return found
