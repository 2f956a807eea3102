# SPDX-License-Identifier: BSD-3-Clause
"""Errors that name the object they came from."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .node import Part
from .problems import UnresolvedReference


@contextmanager
def naming(doing: str, obj: Part) -> Iterator[None]:
    """Add a note with the path and class of `obj` to whatever is raised."""
    try:
        yield
    except UnresolvedReference:
        raise  # Says where it is from.
    except Exception as error:
        error.add_note(f"while {doing} {obj.path} ({type(obj).__name__})")
        raise
