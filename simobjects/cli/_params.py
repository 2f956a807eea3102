# SPDX-License-Identifier: BSD-3-Clause
"""`--help-params`: every parameter of one machine with its path, as `--set` and `--over` take it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping
from pathlib import Path

from simobjects.base.errors import UsageError
from simobjects.base.text import columns
from simobjects.framework import SimObject, describe
from simobjects.framework.expect import value_text
from simobjects.framework.tree import walk
from simobjects.study.config_script import load


def show_params(config: Path, overrides: Mapping[str, str], pattern: str) -> int:
    """Print one line for each parameter of the machine whose path matches.

    Args:
        config: the script.
        overrides: values by path, as of `--set`.
        pattern: of paths, as a shell's: `*.costs.*`.

    Raises:
        UsageError: no parameter matches.
        ConfigError: the machine is refused.
    """
    rows = [row for row in parameters(load(config, overrides)) if fnmatch.fnmatchcase(row[0], pattern)]
    if not rows:
        raise UsageError(f"no parameter of {config} matches {pattern}", fix="--help-params alone lists them all")
    print(columns([["parameter", "value", "type", "limits", "what it is"], *rows]), end="")
    return 0


def parameters(system: SimObject) -> Iterator[list[str]]:
    """Path, value, type, limits and description of every parameter, in the order of the tree."""
    for obj in walk(system):
        fields = type(obj).model_fields
        for info in describe(type(obj)).params:
            limits = info.bounds or ", ".join(info.choices)
            value = value_text(fields[info.name], getattr(obj, info.name))
            yield [f"{obj.path}.{info.name}", value, info.type, limits, info.description]
        for link in describe(type(obj)).children:
            if link.choices:
                chosen = type(getattr(obj, link.name))
                value = chosen.short or chosen.__name__
                yield [f"{obj.path}.{link.name}", value, link.type, ", ".join(link.choices), link.description]
