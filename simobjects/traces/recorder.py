# SPDX-License-Identifier: BSD-3-Clause
"""Recording what a core executes: everything that its guest does, in the container of a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.cext.engine.recorder import Recorder
from simobjects.framework import Simulation, SimObjectsError
from simobjects.framework.tree import walk
from simobjects.ppc440.core import Core440
from simobjects.traces.columns import from_bytes
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.writer import DEFAULT_LEVEL, TraceWriter


class Unfinished:
    """A recording in progress; `header` is there when it has ended."""

    def __init__(self, writer: TraceWriter) -> None:
        self._writer = writer
        self.header: TraceHeader | None = None

    @property
    def path(self) -> Path:
        """The file that is written."""
        return self._writer.path


@contextmanager
def record(simulation: Simulation, path: str | Path, *, label: str = "", level: int = DEFAULT_LEVEL) -> Iterator[Unfinished]:
    """Record what `simulation`, which has not run, executes within the `with` to the file `path`.

    `label`: what the header gives as source; `level`: zstd level. What is counted does not change. SimObjectsError when
    the machine executes no program, has run already or has micro-TLBs; TraceError when the file cannot be written.
    """
    core = executing(simulation)
    machine = json.dumps(asdict(core.seen_by_guest()), sort_keys=True)
    peer: ExecutingCore = simulation.peers[core]
    with TraceWriter(
        path,
        source=label or type(core.workload).__name__,
        importer="recorded",
        architecture="ppc440",
        machine=machine,
        level=level,
    ) as writer:
        recorder = Recorder(lambda parts: writer.append(from_bytes(parts)))
        try:
            peer.record(recorder)
        except ValueError as error:
            raise SimObjectsError(f"{core.path} cannot be recorded: {error}") from None
        recording = Unfinished(writer)
        try:
            yield recording
            recorder.finish()
        except ValueError as error:
            raise TraceError(path, f"cannot be written: {error}", fix="execute the guest instead") from None
        finally:
            peer.record(None)
        tally = writer.tally
        recording.header = writer.close(
            instructions=tally.fetches, loads=tally.load_lookups, stores=tally.store_lookups
        )


def executing(simulation: Simulation) -> Core440:
    """The core that executes a program. SimObjectsError when there is none."""
    for found in walk(simulation.system):
        if isinstance(found, Core440) and found.program is not None:
            return found
    raise SimObjectsError("nothing is executed here, so there is nothing to record; give the core a program")

