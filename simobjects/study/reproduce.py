# SPDX-License-Identifier: BSD-3-Clause
"""A study run again by somebody else: first a part of the points, then all, compared with what the study has.

It runs in an empty folder of its own, so nothing that the study brought along can be taken for a result.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from simobjects.base.errors import InputError, UsageError

from .executors.local import Executor, LocalProcesses
from .executors.process import end_idle
from .expected import ROWS, Digests, expected, rows_digests, run_digests
from .plan import Sweep, read_plan
from .provenance import file_digest
from .space import Point
from .store import noted_result
from .sweep import Shard, begun, run_sweep, work
from .task import Result

SECONDS = 120.0
"""What the first part takes about, at most, if each of its points takes no longer."""
TABLES = ("points.csv", "sweep.csv", "sweep.parquet")
FIGURE = "sweep.svg"
_DRAWS = "matplotlib"
_BYTES = ("bytes",)


@dataclass(frozen=True)
class Remade:
    """One thing that was made again: what it is, what was expected and what came, and what of it differs.

    What is not `judged` is neither equal nor not, and `remark` says why.
    """

    name: str
    expected: str
    got: str
    differs: tuple[str, ...] = ()
    remark: str = ""
    judged: bool = True

    @property
    def equal(self) -> bool:
        """Whether nothing differs that counts."""
        return not self.differs


@dataclass
class Outcome:
    """What came of it. Seconds are real ones, `memory` is the most that one process took, `disk` what was written."""

    points: list[Remade] = field(default_factory=list)
    tables: list[Remade] = field(default_factory=list)
    """The tables, and behind them the figure if there is one."""
    without: int = 0
    """Points that the study has not run, and so are not compared."""
    interrupted: bool = False
    seconds: float = 0.0
    memory: int = 0
    disk: int = 0

    @property
    def equal(self) -> bool:
        """Whether everything that was compared is, and something was."""
        return bool(self.points) and all(each.equal for each in (*self.points, *self.tables))


@dataclass(frozen=True)
class FirstPart:
    """How many points the first part has, of how many, and how long it is expected to take; None: nobody knows."""

    points: int
    of: int
    seconds: float | None


Tell = Callable[[FirstPart | Remade], None]


def reproduce(
    out: Path,
    again: Path,
    *,
    script: Path | None = None,
    folder: Path | None = None,
    everything: bool = True,
    executor: Executor | None = None,
    seconds: float = SECONDS,
    tell: Tell = lambda what: None,
) -> Outcome:
    """Run the study in `out` again, in the empty folder `again`, and compare.

    `script` and `folder` are where its config script is here, and what the current folder is while that is executed;
    without them they are where they were. `tell` hears of the first part, and of each thing that was compared. Without
    `everything` it ends after the first part.

    Raises:
        InputError: `out` is no study, or its script is not here or not as it was.
        UsageError: `again` is not empty.
        CheckError: the script does not make the machines of the study here.
        StoreError: the folder cannot be used.
    """
    began = time.monotonic()
    sweep = read_plan(out).sweep
    wanted = expected(sweep)
    if not wanted:
        raise InputError("none of its points has been run", where=out, fix="name a study that has results")
    fresh = _fresh(sweep, again, script, folder)
    runs_on = executor or LocalProcesses()
    outcome = Outcome(without=len(sweep.space) - len(wanted))
    seen: dict[int, Result] = {}

    def compare(point: Point, result: Result) -> None:
        if point.index in wanted and point.index not in seen:
            seen[point.index] = result
            checked = _compared(point, wanted[point.index], fresh, result)
            outcome.points.append(checked)
            tell(checked)

    begun(fresh)
    shard, part = _first_part(sweep, wanted, runs_on.workers, seconds)
    tell(part)
    _, outcome.interrupted = work(again, shard, compare, runs_on)
    if everything and not outcome.interrupted:
        made = run_sweep(fresh, compare, runs_on)
        outcome.interrupted = made.interrupted
        for checked in () if outcome.interrupted else _whole(out, again):
            outcome.tables.append(checked)
            tell(checked)
    end_idle()  # whose memory counts from then on
    outcome.seconds = time.monotonic() - began
    outcome.memory, outcome.disk = _taken(again)
    return outcome


def _taken(folder: Path) -> tuple[int, int]:
    """Bytes of memory of the largest process so far, and bytes of the files in a folder."""
    every = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    files = (file for file in folder.rglob("*") if file.is_file())
    return max(usage.ru_maxrss for usage in every) * 1024, sum(file.stat().st_size for file in files)


def _fresh(sweep: Sweep, again: Path, script: Path | None, folder: Path | None) -> Sweep:
    config = script or sweep.config
    digest = file_digest(config)
    if digest is None:
        what = "the script of the study is not here" if script is None else "cannot be read"
        raise InputError(what, where=config, fix="say where it is with --script FILE")
    if digest != sweep.script_sha256:
        what = f"is not the script of the study, whose SHA-256 is {sweep.script_sha256}"
        raise InputError(what, where=config, fix="take it from the commit that study.json names")
    if sweep.checkpoint is not None and file_digest(sweep.checkpoint) != sweep.limits.start:
        what = "the checkpoint from which the points begin is not here, or another one"
        raise InputError(what, where=sweep.checkpoint, fix="put it there")
    if again.exists() and (not again.is_dir() or any(again.iterdir())):
        raise UsageError("is not empty", where=again, fix="remove it, or name another folder with --out")
    place = folder or (sweep.folder if sweep.folder.is_dir() else Path.cwd())
    title = sweep.title or sweep.config.stem
    return replace(sweep, config=config, out=again, folder=place.absolute(), title=title)


def _first_part(sweep: Sweep, wanted: Mapping[int, Digests], workers: int, seconds: float) -> tuple[Shard, FirstPart]:
    """Every N-th point, so that it takes so long; from what the points took in the study, where that is known."""
    count = len(sweep.space)
    tasks = sweep.tasks()
    noted = [noted_result(sweep.out, task.key) for task in tasks]
    spent = [result.seconds for result in noted if result is not None and not result.skipped and result.run]
    if not spent:
        of = max(1, count // max(1, 2 * workers))
        return Shard(1, of), FirstPart(len(range(0, count, of)), count, None)
    whole = sum(spent) / len(spent) * count / max(1, workers)
    of = min(count, max(1, -int(-whole // seconds)))
    return Shard(1, of), FirstPart(len(range(0, count, of)), count, whole / of)


def _compared(point: Point, wanted: Digests, fresh: Sweep, result: Result) -> Remade:
    if not result.run:
        got = Digests(result.status)
    elif ROWS in wanted.digests:
        got = rows_digests(fresh.out, result.run, result.status)
    else:
        got = run_digests(fresh.out, result.run, result.status)
    differs = [name for name in {**wanted.digests, **got.digests} if wanted.digests.get(name) != got.digests.get(name)]
    if wanted.fault or got.fault:
        differs = [wanted.fault or got.fault]
    elif wanted.run != got.run:
        differs = [f"another machine: run {wanted.run or 'none'} became {got.run or 'none'}"]
    if wanted.status != got.status:
        differs.insert(0, f"{wanted.status} became {got.status}")
    remark = "" if not differs or not result.error else result.error
    return Remade(point.label, wanted.short, got.short, tuple(differs), remark)


def _whole(out: Path, again: Path) -> Iterator[Remade]:
    """What is made of all points: the tables, the figure."""
    for name in TABLES:
        yield _table(out / name, again / name)
    yield from _figure(out, again)


def _table(before: Path, after: Path) -> Remade:
    """A table of the study and the new one. Of Parquet the numbers count where only what made it differs."""
    checked = _file(before, after)
    if not checked.equal and before.suffix == ".parquet" and _same_numbers(before, after):
        return replace(checked, differs=(), remark="the same rows; its metadata name another installation")
    return checked


def _figure(out: Path, again: Path) -> Iterator[Remade]:
    """The figure of the study and the new one; nothing where neither has one.

    The same table gives the same bytes by one version of matplotlib. Two versions may place letters otherwise; the
    numbers, which the tables have, are not judged by that.
    """
    if not (out / FIGURE).exists() and not (again / FIGURE).exists():
        return
    checked = _file(out / FIGURE, again / FIGURE)
    one, other = _drawn_by(out), _drawn_by(again)
    if checked.differs == _BYTES and one != other:
        remark = f"drawn by {_DRAWS} {one}, here by {other}; its numbers are in the tables"
        checked = replace(checked, differs=(), remark=remark, judged=False)
    yield checked


def _drawn_by(folder: Path) -> str:
    packages = read_plan(folder).provenance.get("packages")
    return str(packages.get(_DRAWS, "unknown")) if isinstance(packages, dict) else "unknown"


def _file(before: Path, after: Path) -> Remade:
    one, other = (file_digest(path) for path in (before, after))
    name, shown = before.name, ((one or "missing")[:12], (other or "missing")[:12])
    if one is None or other is None:
        return Remade(name, *shown, ("it is missing",))
    return Remade(name, *shown, () if one == other else _BYTES)


def _same_numbers(before: Path, after: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        one, other = (parquet.read_table(path).replace_schema_metadata(None) for path in (before, after))
    except (pa.ArrowException, OSError):
        return False
    return bool(one.equals(other))
