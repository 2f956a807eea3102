# SPDX-License-Identifier: BSD-3-Clause
"""What a sweep is to run, and its text in the folder: `study.json`, by which others see how far it is and go on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from simobjects.base.errors import InputError
from simobjects.base.files import read_regular, write_whole

from .execute import Limits
from .figures.figure import Figure
from .known import Known
from .provenance import environment, file_digest
from .space import Axis, Point, Space
from .task import Task, key_of

FILE = "study.json"
FORMAT = 3


@dataclass(frozen=True)
class Sweep:
    """What to run: a script, values that all points share, the points, where each run ends, and where results go.

    Attributes:
        config: the script.
        space: the points.
        out: the folder of the results.
        fixed: text by path or argument, for all points.
        limits: where each run ends, and begins.
        checkpoint: which each run goes on from; None: from the beginning.
        machine: the function of the script that makes the machine; without it the script binds it to `system`.
        keep: patterns of the statistics that are kept; without any the whole run directory is.
        folder: the current one while the script is executed, wherever that is.
        script_sha256: that of the script when the sweep was begun; empty stands for the script as it is.
    """

    config: Path
    space: Space
    out: Path
    fixed: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    checkpoint: Path | None = None
    machine: str = ""
    keep: tuple[str, ...] = ()
    folder: Path = field(default_factory=Path.cwd)
    script_sha256: str = ""
    question: str = ""
    """What the sweep is to answer, for who reads its report."""
    figure: Figure | None = None
    """What `sweep.svg` shows; None: curves of misses, if there is something to draw."""
    window: str | None = None
    """The window that it shows; None: `roi` if there is one, else all."""
    title: str = ""
    """What it is headed by; empty stands for the name of the script."""

    def tasks(self) -> list[Task]:
        """One task for each point, in the order of the points."""
        script = self.config.absolute()
        digest = self.script_sha256 or file_digest(script) or ""
        return [self._task(point, script, digest) for point in self.space]

    def task(self, point: Point) -> Task:
        """That of one point."""
        script = self.config.absolute()
        return self._task(point, script, self.script_sha256 or file_digest(script) or "")

    def _task(self, point: Point, script: Path, digest: str) -> Task:
        settings = {**self.fixed, **self.space.settings(point)}
        # What has a dot is a path in the machine; what has none is an argument of the function that makes it.
        overrides = {name: text for name, text in settings.items() if not self.machine or "." in name}
        return Task(
            key=key_of(digest, self.machine, [point.values, settings], self.limits, self.keep),
            label=point.label,
            script=str(script),
            out=str(self.out.absolute()),
            folder=str(self.folder),
            overrides=overrides,
            machine=self.machine,
            arguments={name: text for name, text in settings.items() if name not in overrides},
            limits=self.limits,
            checkpoint=str(self.checkpoint.absolute()) if self.checkpoint else "",
            keep=self.keep,
        )


@dataclass(frozen=True)
class Kept:
    """A `study.json`: the sweep, its machines' statistics by name, its provenance."""

    sweep: Sweep
    statistics: Mapping[str, Known]
    provenance: Mapping[str, Any]


def write_plan(sweep: Sweep, statistics: Mapping[str, Known], provenance: Mapping[str, Any] | None = None) -> None:
    """Write `study.json`, with the provenance of here and now unless another is given.

    Raises OSError where the folder does not take it.
    """
    space = sweep.space
    facts = {
        "format": FORMAT,
        "script": str(sweep.config.absolute()),
        "folder": str(sweep.folder),
        "machine": sweep.machine,
        "fixed": dict(sweep.fixed),
        "limits": asdict(sweep.limits),
        "checkpoint": str(sweep.checkpoint.absolute()) if sweep.checkpoint else "",
        "keep": list(sweep.keep),
        "question": sweep.question,
        "figure": sweep.figure.as_json() if sweep.figure else None,
        "window": sweep.window,
        "title": sweep.title,
        "axes": [{"name": axis.path, "values": axis.values, "settings": axis.settings} for axis in space.axes],
        "rows": space.rows,
        "statistics": statistics,
        "provenance": provenance or {**environment(), "script_sha256": file_digest(sweep.config)},
    }
    write_whole(sweep.out / FILE, json.dumps(facts, indent=1).encode() + b"\n")


def read_plan(out: Path) -> Kept:
    """The sweep that was last begun in a folder.

    Raises:
        InputError: none was, or its file is damaged.
    """
    path = out / FILE
    try:
        facts = json.loads(read_regular(path))
        if facts["format"] != FORMAT:
            raise InputError(
                f"written in format {facts['format']!r}, this version reads {FORMAT}", where=path, fix="sweep again"
            )
        axes = tuple(Axis(axis["name"], tuple(axis["values"]), axis["settings"]) for axis in facts["axes"])
        rows = None if facts["rows"] is None else tuple(map(tuple, facts["rows"]))
        sweep = Sweep(
            config=Path(facts["script"]),
            space=Space(axes, rows),
            out=out,
            fixed=facts["fixed"],
            limits=Limits(**facts["limits"]),
            checkpoint=Path(facts["checkpoint"]) if facts["checkpoint"] else None,
            machine=facts["machine"],
            keep=tuple(facts["keep"]),
            folder=Path(facts["folder"]),
            script_sha256=facts["provenance"]["script_sha256"] or "",
            question=str(facts["question"]),
            figure=None if facts["figure"] is None else Figure.read(facts["figure"]),
            window=None if facts["window"] is None else str(facts["window"]),
            title=str(facts["title"]),
        )
        statistics = {name: Known.parse(known) for name, known in facts["statistics"].items()}
        return Kept(sweep, statistics, dict(facts["provenance"]))
    except FileNotFoundError:
        raise InputError("holds no study.json", where=out, fix="name the folder of a sweep") from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", where=path, fix="sweep again") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        what = f"is damaged ({type(error).__name__}: {error})"
        raise InputError(what, where=path, fix="the same sweep again writes it anew") from None
