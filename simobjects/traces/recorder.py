# SPDX-License-Identifier: BSD-3-Clause
"""A recorder as a part of the machine: every run leaves a recording in its directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from simobjects.base.scratch import Scratch
from simobjects.framework import Problem, Ref, SimObject, param, ref
from simobjects.framework.peers import Peers
from simobjects.framework.roles import LeavesFiles
from simobjects.ppc440.core import Core440
from simobjects.traces.record import RecordingWriter
from simobjects.traces.writer import DEFAULT_LEVEL

FILE = "recording.arrow"


class RecorderPeer(LeavesFiles):
    """Writes into a directory of its own until the run's is there."""

    def __init__(self) -> None:
        self._folder = Scratch()
        self._writer: RecordingWriter | None = None
        self._content = b""

    def begin(self, core: Core440, peers: Peers, label: str, level: int) -> None:
        """Record from the beginning of the run."""
        self._writer = RecordingWriter(core, peers[core], self._folder.path / FILE, label, level)

    def files(self) -> Mapping[str, bytes]:
        """The recording up to now, with which it ends."""
        if self._writer is not None:
            self._writer.close()
            self._content = self._writer.path.read_bytes()
            self._writer = None
        return {FILE: self._content}


class Recorder(SimObject):
    """Records the full-system stream of a program: `recording.arrow` in the run's directory.

    The recording ends when the directory is written. What is counted does not change.
    """

    kind: ClassVar[str] = "tool"
    stateless: ClassVar[bool] = True

    label: str = param("", "what the recording gives as its source; empty: the kind of program", identity=False)
    level: int = param(DEFAULT_LEVEL, "zstd level", ge=1, le=22, identity=False)

    core: Ref[Core440] = ref("the core that executes the program")

    def check(self) -> Iterable[Problem]:
        if self.core.program is None:
            self.problem("core", self.core, "a core that executes a program", "give it one, or leave the recorder out")
        for name, micro in (("itlb", self.core.itlb), ("dtlb", self.core.dtlb)):
            if micro.entries:
                micro.problem("entries", micro.entries, f"no {name}, with which nothing is recorded", "set it to 0")
        return ()

    def make_peer(self) -> RecorderPeer:
        return RecorderPeer()

    def wire(self, peers: Peers) -> None:
        peers[self].begin(self.core, peers, self.label, self.level)
