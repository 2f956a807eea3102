# SPDX-License-Identifier: BSD-3-Clause
"""Traces that come with the project, by name."""

from __future__ import annotations

import os
from pathlib import Path

from simobjects.base.names import nearest
from simobjects.traces.errors import TraceError

SUFFIX = ".arrow"


_DATA = Path(__file__).parent / "data"


def data_directory() -> Path:
    """Where the shipped traces are."""
    return _DATA


def shipped_traces() -> list[str]:
    """The names that `open_trace` knows."""
    return sorted(path.name.removesuffix(SUFFIX) for path in data_directory().glob(f"*{SUFFIX}"))


def resolve(path_or_name: str | Path) -> Path:
    """The file of a trace: a string without slash and dot is the name of a shipped one, all else a path.

    Raises:
        TraceError: no shipped trace has the name; it says the nearest. Whether a path exists is not asked.
    """
    if isinstance(path_or_name, Path):
        return path_or_name
    if path_or_name == "":
        raise TraceError("(empty name)", "no trace is named", fix="give a path or the name of a shipped trace")
    if "/" in path_or_name or "." in path_or_name:
        return Path(path_or_name)
    place = data_directory() / f"{path_or_name}{SUFFIX}"
    if os.path.isfile(place):  # it is asked for some times for each point: nobody looks through the folder
        return place
    names = shipped_traces()
    near = nearest(path_or_name, names)
    hint = f"did you mean {near!r}? " if near else ""
    raise TraceError(
        path_or_name,
        f"no shipped trace has this name (there are: {', '.join(names) or 'none'})",
        fix=f"{hint}For a file, give a path with a slash or a suffix, such as ./{path_or_name}{SUFFIX}",
    )
