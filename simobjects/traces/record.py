# SPDX-License-Identifier: BSD-3-Clause
"""Recording what a core executes: everything that its guest does, in the container of a trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from simobjects.cext.engine.executing_core import ExecutingCore
from simobjects.cext.engine.recorder import Recorder as Peer
from simobjects.cext.engine.recorder import RecordingError
from simobjects.framework import SimObjectsError, Simulation
from simobjects.framework.tree import walk
from simobjects.ppc440.core import Core440
from simobjects.traces.columns import from_bytes
from simobjects.traces.errors import TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.writer import TraceWriter

LEVEL = 6
"""Of zstd. A recording is written once, by an execution that takes longer than that, and is half as large as with 3."""


class RecordingWriter:
    """A recording in progress, of a core that has not run; `header` is there when it has ended."""

    def __init__(self, core: Core440, peer: ExecutingCore, path: Path, label: str, level: int) -> None:
        """SimObjectsError when this core cannot be recorded, TraceError when the file cannot be written."""
        if core.itlb.entries or core.dtlb.entries:
            raise SimObjectsError(
                f"{core.path} has micro-TLBs, with which it cannot be recorded; set their entries to 0"
            )
        self.header: TraceHeader | None = None
        self._core = peer
        self._writer = TraceWriter(
            path,
            source=label or type(core.workload).__name__,
            importer="recorded",
            architecture="ppc440",
            machine=json.dumps(asdict(core.seen_by_guest()), sort_keys=True),
            level=level,
        )
        self._peer = Peer(lambda parts: self._writer.append(from_bytes(parts)))
        try:
            peer.record(self._peer)
        except ValueError as error:
            self.abort()
            raise SimObjectsError(f"{core.path} cannot be recorded: {error}") from None

    @property
    def path(self) -> Path:
        """The file that is written."""
        return self._writer.path

    def close(self) -> TraceHeader:
        """End it: the file holds everything up to now.

        Returns:
            The header: how many records of what, and their hash.

        Raises:
            TraceError: the file cannot be written.
        """
        try:
            self._peer.finish()
            self._core.record(None)
            tally = self._writer.tally
            self.header = self._writer.close(
                instructions=tally.fetches, loads=tally.load_lookups, stores=tally.store_lookups
            )
        except RecordingError as error:
            self.abort()
            raise self.refusal(error) from None
        except BaseException:
            self.abort()
            raise
        return self.header

    def refusal(self, error: RecordingError) -> TraceError:
        """Why there is no recording."""
        return TraceError(self.path, f"cannot be written: {error}", fix="execute the guest without recording it")

    def abort(self) -> None:
        """Give it up; nothing is left of it."""
        self._core.record(None)
        self._writer.abort()


@contextmanager
def record(
    simulation: Simulation, path: str | Path, *, label: str = "", level: int = LEVEL
) -> Iterator[RecordingWriter]:
    """Record what `simulation`, which has not run, executes within the `with` to the file `path`.

    What is counted does not change.

    Args:
        simulation: of a machine that executes a program.
        path: of the recording, written as it goes and whole at the end.
        label: what the header gives as source; empty: the kind of program.
        level: zstd level, 1 to 22.

    Raises:
        SimObjectsError: the machine executes no program, has run already or has micro-TLBs.
        TraceError: the file cannot be written, or the program uses pages of 1 KiB, which a recording does not hold. No
            file is left then.
    """
    core = executing(simulation)
    recording = RecordingWriter(core, simulation.peers[core], Path(path), label, level)
    try:
        yield recording
    except RecordingError as error:
        recording.abort()
        raise recording.refusal(error) from None
    except BaseException:
        recording.abort()
        raise
    recording.close()


def executing(simulation: Simulation) -> Core440:
    """The core that executes a program. SimObjectsError when there is none."""
    for found in walk(simulation.system):
        if isinstance(found, Core440) and found.program is not None:
            return found
    raise SimObjectsError("nothing is executed here, so there is nothing to record; give the core a program")
