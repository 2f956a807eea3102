# SPDX-License-Identifier: BSD-3-Clause
"""The recording of a guest as workload."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from simobjects.cext.core.supervisor import GuestSoftware as SoftwarePeer
from simobjects.cext.traces.recorded import RecordedStream
from simobjects.framework import Problem, Ref, param, ref
from simobjects.ppc440.core import Core440
from simobjects.ppc440.possible import check_seen
from simobjects.ppc440.software import GuestSoftware
from simobjects.ppc440.workload import Recorded, Seen
from simobjects.traces.errors import MAKE_AGAIN, TraceError
from simobjects.traces.header import TraceHeader
from simobjects.traces.tracefile import open_trace, read_header

EXECUTE = "execute the guest itself"


class Recording(Recorded, GuestSoftware):
    """What a guest did, recorded while it was executed: `Recording("boot.arrow")`.

    The guest does the same again; hardware, host, scheme and costs may be others than they were.
    """

    stateless: ClassVar[bool] = True

    recording: str = param(description="path of a recording", identity=False, min_length=1)

    core: Ref[Core440] = ref("the core that goes through it")

    def __init__(self, recording: str | None = None, **values: Any) -> None:
        super().__init__(**(values if recording is None else {"recording": recording, **values}))

    def elaborate(self) -> None:
        """The guest has the memory that it had."""
        seen = self._seen()
        if seen is not None and not self.given("memory"):
            self.memory = seen.memory

    def identity(self) -> Mapping[str, Any]:
        """What the recording holds names the run, not where it lies."""
        header = read_header(self.recording)
        return {"content": header.content_hash, "machine": header.machine}

    def provenance(self) -> Mapping[str, str]:
        return {"recording": self.recording, **self.header().provenance()}

    def header(self) -> TraceHeader:
        """What the file says of itself.

        Raises:
            TraceError: there is no such file, or it is no trace.
        """
        return read_header(self.recording)

    def seen(self) -> Seen:
        return parse_machine(self.header())

    def clock(self) -> int:
        """Hz of the machine that it was recorded on; a machine that replays it has the same."""
        return self.seen().clock

    def _seen(self) -> Seen | None:
        """What the guest has seen of its machine; None when the file cannot say."""
        try:
            return self.seen()
        except TraceError:
            return None

    def check(self) -> Iterable[Problem]:
        try:
            seen = self.seen()
        except TraceError as error:
            place = "" if error.offset is None else f", byte offset {error.offset}"
            expected = f"a recording ({error.where}{place}: {error.what})"
            self.problem("recording", self.recording, expected, error.fix, input=True)
            return ()
        if self.memory != seen.memory:
            expected = f"{seen.memory}, the guest's RAM when it was recorded"
            self.problem("memory", int(self.memory), expected, f"leave memory out, or {EXECUTE}")
        check_seen(self.core, seen, EXECUTE)
        return ()

    def make_peer(self) -> SoftwarePeer:
        return SoftwarePeer()

    def recorded_stream(self) -> RecordedStream:
        """The stream at its beginning. TraceError."""
        try:
            return RecordedStream(*open_trace(self.recording).views)
        except ValueError as error:
            raise TraceError(self.recording, f"no recording: {error}", fix=MAKE_AGAIN) from None


def parse_machine(header: TraceHeader) -> Seen:
    """What a header says of the machine that a guest ran on.

    Raises:
        TraceError: it is no recording, or damaged.
    """
    fix = "record it with simobjects run --record"
    if not header.full_system:
        raise TraceError(header.source, "is the trace of a program, not the recording of a whole guest", fix=fix)
    try:
        return Seen.parse(json.loads(header.machine))
    except (ValueError, RecursionError) as error:
        raise TraceError(
            header.source, f"mislabelled: what it says of its machine is wrong ({error})", fix=fix
        ) from None
