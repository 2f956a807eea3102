# SPDX-License-Identifier: BSD-3-Clause
"""Reading back what a run left: its statistics, and its configuration as flat paths."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects.base.dumped import GROUPS, kind_of, objects
from simobjects.base.errors import InputError
from simobjects.base.files import read_regular
from simobjects.framework.rundir import RECORD
from simobjects.stats import number_text
from simobjects.stats.exact import scaled
from simobjects.study.record import ChangedError, Record, read_file, read_record
from simobjects.study.written import is_row, written

STATS = "stats.json"

Shown = tuple[str, str]
"""A value as text, and its unit."""


@dataclass(frozen=True)
class StoredRun:
    """A run read back.

    Attributes:
        path: as it was named.
        windows: by label, the values of each by name, in the order they were written.
        config: the path of each parameter to its value as text; None without a config.json.
    """

    path: Path
    windows: dict[str, dict[str, Shown]]
    config: dict[str, str] | None
    checked: bool
    """Whether its files are those that its `run.json` names."""

    def values(self, window: str) -> dict[str, Shown]:
        """The values of one window by `path.stat` or `path.stat[index]`, in the order they were written."""
        return self.windows[window]


class NoRunError(Exception):
    """What was named is no run; the message says why."""


def read_run(given: Path) -> StoredRun:
    """The run of a run directory, or of the `stats.json` in one.

    Raises:
        NoRunError: something else is there.
        InputError: nothing is there, or it is a run that is damaged or not as it was written.
    """
    if given.is_dir():
        if not any((given / name).exists() for name in (STATS, RECORD)):
            raise NoRunError(f"holds no {STATS}{_below(given)}")
        return _stored(given, given / STATS)
    if not given.exists():
        raise InputError("does not exist", where=given, fix="give the directory that `simobjects run` printed")
    _refuse_row(given)
    try:
        return _stored(given, given)
    except InputError:
        if given.name == STATS:
            raise
        raise NoRunError("is neither a run directory nor the statistics of a run") from None


def _refuse_row(given: Path) -> None:
    """Raises NoRunError for a row of a sweep: a number in it does not say whether it was counted or computed."""
    if is_row(given):
        try:
            written(given)
        except ChangedError:
            return
        raise NoRunError("is a row of a sweep, without a stats.json; the numbers are in the tables of the sweep")


def verified(path: Path) -> tuple[bytes, bool]:
    """The bytes of a file of a run, and whether a `run.json` beside it says that they are as the run wrote them.

    Raises:
        InputError: they are not, or cannot be read.
    """
    try:
        if (path.parent / RECORD).exists():
            files = read_record(path.parent).files
            if path.name in files:
                return read_file(path.parent, path.name, files[path.name]), True
        return read_regular(path), False
    except ChangedError as error:
        raise InputError(str(error), where=path.parent, fix="run it again") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path, fix="run it again") from None


def _below(folder: Path) -> str:
    runs = sorted(path.parent for path in folder.glob(f"*/{STATS}"))
    return f"; there are runs below it, such as {runs[0]}" if runs else ""


def _stored(given: Path, stats: Path) -> StoredRun:
    content, checked = verified(stats)
    data = _json(stats, content)
    try:
        if data["format"] != 1:
            raise InputError(
                f"written in format {data['format']!r}, this version reads 1", where=stats, fix="run it again"
            )
        windows = {str(window["label"]): dict(_values(window["stats"])) for window in data["windows"]}
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"holds no statistics of a run ({what})", where=stats, fix="run it again") from None
    return StoredRun(given, windows, _settings(stats.with_name("config.json"), checked), checked)


def _settings(config: Path, recorded: bool) -> dict[str, str] | None:
    """How the run ended and everything that the machine was told, by path; None without a config.json."""
    if not config.exists() and not recorded:
        return None
    settings = {}
    if recorded:
        record = _record(config.parent)
        settings["(ended)"] = f"{record.ended} at reference {record.reference}"
    try:
        settings.update(_facts(_json(config, verified(config)[0])["system"]))
    except (KeyError, TypeError, AttributeError) as error:
        what = f"{type(error).__name__}: {error}"
        raise InputError(f"holds no configuration of a machine ({what})", where=config, fix="run it again") from None
    return settings


def _record(directory: Path) -> Record:
    try:
        return read_record(directory)
    except ChangedError as error:
        raise InputError(str(error), where=directory, fix="run it again") from None


def _json(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content.decode("utf-8"))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"damaged or cut off at {place} ({error.msg})", where=path, fix="run it again") from None
    except (ValueError, RecursionError) as error:  # no UTF-8, a number of thousands of digits, nested without end
        raise InputError(f"cannot be read ({error})", where=path, fix="run it again") from None


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
    if value is None or isinstance(value, float):
        return number_text(value)
    return number_text(scaled(int(value), scale))


def _facts(system: Any) -> Iterator[tuple[str, str]]:
    """Kind, parameters, references and connections of every object, each by its full path."""
    for path, found in objects(system):
        if found is None:
            continue
        yield path, kind_of(found)
        for group in GROUPS:
            for name, value in found.get(group, {}).items():
                yield f"{path}.{name}", value if isinstance(value, str) else json.dumps(value, sort_keys=True)
