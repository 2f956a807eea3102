# SPDX-License-Identifier: BSD-3-Clause
"""A study from Python: a machine, what is varied, where each run ends. `simobjects sweep` is the same thing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from simobjects.base.errors import UsageError

from .axes import Value
from .config_script import ConfigScriptError, Reached, wanted_machine
from .execute import Limits
from .executors.local import Executor
from .executors.slurm import Slurm
from .figures.figure import Figure
from .plan import Sweep
from .provenance import file_digest
from .results import Results
from .space import Space
from .status import Status, status
from .sweep import Report, SweepOutcome, begun, run_sweep

Machine = str | Path | Callable[..., object]


class Study:
    """Points of one machine, run wherever an executor runs them, with results in a folder.

    A point that the folder has already is not run again, whoever has run it.

    Args:
        machine: a config script that binds `system`, or a function at the top level of a file that returns the System;
            its arguments are axes then, and become what its annotations say.
        space: the points, from `grid`, `zipped`, `sample`, `replicates` or a `Suite`.
        out: the folder of the results; None: `studies/` and the machine's name.
        fixed: by path or argument, what holds for all points.
        references: a run ends after so many references at the latest.
        cycles: or after so many cycles.
        checkpoint: of which all points go on.
        keep: patterns of the statistics to keep (`system.host.*`): points are then one small file each instead of a
            run directory.
        question: heads its report.

    Raises:
        UsageError: the machine is none that a worker can make again, or the checkpoint cannot be read.
    """

    def __init__(
        self,
        machine: Machine,
        space: Space,
        *,
        out: str | Path | None = None,
        fixed: Mapping[str, Value] | None = None,
        references: int | None = None,
        cycles: int | None = None,
        checkpoint: str | Path | None = None,
        keep: Iterable[str] = (),
        question: str = "",
    ) -> None:
        script, name = _found(machine)
        self._machine = machine
        self.out = Path(out) if out is not None else Path("studies", name or script.stem)
        start = file_digest(checkpoint) if checkpoint is not None else ""
        if start is None:
            raise UsageError("cannot be read", where=str(checkpoint), fix="name a checkpoint")
        self.sweep = Sweep(
            config=script,
            space=space,
            out=self.out,
            fixed={path: str(value) for path, value in (fixed or {}).items()},
            limits=Limits(references, cycles, start),
            checkpoint=Path(checkpoint) if checkpoint is not None else None,
            machine=name,
            keep=tuple(keep),
            question=question,
        )

    def run(
        self,
        executor: Executor | None = None,
        report: Report | None = None,
        plot: Figure | str | None = None,
        window: str | None = None,
    ) -> SweepOutcome:
        """Run what is not there yet and write the tables.

        Args:
            executor: `LocalProcesses(jobs)` (the default: all cores) or `DaskCluster(client)`.
            report: called with each point and its result as it comes.
            plot: a figure, or its text as `--plot` takes it; None: one that suits the axes.
            window: the window of the figure; None: `roi` where every run has one, else `total`.

        Returns:
            What was done: points, files, and what failed.

        Raises:
            The errors of `run_sweep`: nothing runs when a value is wrong.
        """
        self._not_in_a_worker()
        figure = Figure.parse(plot) if isinstance(plot, str) else plot
        return run_sweep(replace(self.sweep, figure=figure, window=window), report, executor)

    def start(self, executor: Executor | None = None) -> threading.Thread:
        """As `run`, in a thread: `status` and `results` say meanwhile what is there. `join()` waits for its end."""
        self._not_in_a_worker()
        thread = threading.Thread(target=run_sweep, args=(self.sweep, None, executor), daemon=True)
        thread.start()
        return thread

    def submit(self, slurm: Slurm) -> str:
        """Check all values, and submit the points as a job array of SLURM.

        Args:
            slurm: partition, time and the like.

        Returns:
            The number of the job.

        Raises:
            ExecutorError: SLURM refuses the job; else as `run_sweep`.
        """
        self._not_in_a_worker()
        begun(self.sweep)
        return slurm.submit(self.out)

    def status(self) -> Status:
        """How far it is, wherever it runs. Raises InputError before it was begun."""
        return status(self.out)

    @property
    def results(self) -> Results:
        """What is there now. Its methods raise InputError before the study was begun."""
        return Results(self.out)

    def _not_in_a_worker(self) -> None:
        """When a worker executes the script for its machine, it has that machine now, and needs no main guard."""
        wanted = wanted_machine()
        if wanted is None:
            return
        if callable(self._machine) and self._machine.__name__ == wanted:
            raise Reached(self._machine)
        raise ConfigScriptError(
            "a study runs while its script is executed for a machine; "
            'run it only under `if __name__ == "__main__":`, or in a file of its own'
        )


def _found(machine: Machine) -> tuple[Path, str]:
    """The file of a machine and the name of its function."""
    if isinstance(machine, (str, Path)):
        return Path(machine), ""
    code = getattr(machine, "__code__", None)
    name = getattr(machine, "__qualname__", "")
    if code is None or not name.isidentifier():
        raise UsageError(
            f"{name or machine!r} is no function at the top level of a file",
            where="Study",
            fix="define it there: workers make the machine from the file",
        )
    file = Path(code.co_filename)
    if not file.is_file():
        raise UsageError(
            f"{name} stands in no file ({code.co_filename})",
            where="Study",
            fix="write it into a file (`%%writefile machine.py` in a notebook) and import it",
        )
    return file, name
