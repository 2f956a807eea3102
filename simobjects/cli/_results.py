# SPDX-License-Identifier: BSD-3-Clause
"""Reading back what a run left: its statistics, and its configuration as flat paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from ._errors import InputError

Shown = tuple[str, str]
"""A value as text, and its unit."""


@dataclass(frozen=True)
class StoredRun:
    """A run read back. `config` maps the path of each parameter to its value as text; None without a config.json."""

    path: Path
    windows: dict[str, dict[str, Shown]]
    config: dict[str, str] | None

    def values(self, window: str) -> dict[str, Shown]:
        """The values of one window by `path.stat` or `path.stat[index]`, in the order they were written."""
        return self.windows[window]


def read_run(given: Path) -> StoredRun:
    """The run of a run directory, or of the `stats.json` in one.

    Raises:
        InputError: there is none, or it is damaged.
    """
    stats = given / "stats.json" if given.is_dir() else given
    config = stats.with_name("config.json")
    if not stats.is_file():
        fix = "give the directory that `simobjects run` printed, or the stats.json in it"
        raise InputError(f"{given}: {'holds no stats.json' if given.is_dir() else 'does not exist'}; {fix}")
    data = _json(stats)
    try:
        if data["format"] != 1:
            raise InputError(f"{stats}: written in format {data['format']!r}, this version reads 1; run it again")
        windows = {str(window["label"]): dict(_values(window["stats"])) for window in data["windows"]}
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"{stats}: holds no statistics of a run ({what}); run it again") from None
    return StoredRun(given, windows, _settings(config, stats.with_name("run.json")) if config.is_file() else None)


def _settings(config: Path, record: Path) -> dict[str, str]:
    """How the run ended and everything that the machine was told, by path."""
    settings = {}
    try:
        if record.is_file():
            ended = _json(record)
            settings["(ended)"] = f"{ended['ended']} at reference {ended['reference']}"
        settings.update(_flat(_json(config)["system"], "system"))
    except (KeyError, TypeError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"{config}: holds no configuration of a machine ({what}); run it again") from None
    return settings


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"{path}: damaged or cut off at {place} ({error.msg}); run it again") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); run it again") from None


def _values(stats: list[dict[str, Any]]) -> Iterator[tuple[str, Shown]]:
    for stat in stats:
        name, unit = f"{stat['path']}.{stat['stat']}", str(stat["unit"])
        value = stat.get("raw", stat["value"])
        scale = int(stat.get("scale", 1))
        if "index" not in stat:
            yield name, (_text(value, scale), unit)
            continue
        for index, part in zip(stat["index"], value, strict=True):
            yield f"{name}[{index}]", (_text(part, scale), unit)


def _text(value: Any, scale: int) -> str:
    """As in stats.txt: counts exactly, what is computed in six digits, none as nan."""
    if value is None:
        return "nan"
    if isinstance(value, float):
        return f"{value:.6g}"
    return str(int(value)) if scale == 1 else f"{Decimal(int(value)) / scale:f}"


def _flat(node: dict[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Parameters, references and connections of an object and of all below it, each by its full path."""
    yield path, str(node["type"]).rpartition(":")[2]
    for group in ("params", "references", "connections"):
        for name, value in node.get(group, {}).items():
            yield f"{path}.{name}", value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    for name, held in node.get("children", {}).items():
        if isinstance(held, list):
            for place, item in enumerate(held):
                yield from _flat(item, f"{path}.{name}[{place}]")
        elif isinstance(held, dict) and "type" not in held:
            for key, item in held.items():
                yield from _flat(item, f"{path}.{name}.{key}")
        elif held is not None:
            yield from _flat(held, f"{path}.{name}")
