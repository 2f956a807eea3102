# SPDX-License-Identifier: BSD-3-Clause
"""A trace file as workload."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simobjects.cext.traces.stream import TraceStream
from simobjects.framework import Problem, param
from simobjects.ppc440.workload import Workload
from simobjects.traces.errors import TraceError
from simobjects.traces.open_stream import open_stream
from simobjects.traces.tracefile import read_header


class TraceWorkload(Workload):
    """The references of a trace: a file, or a trace that is shipped, by name (`TraceWorkload("sqlite")`)."""

    trace: str = param(description="path of a trace file, or name of a shipped trace", identity=False, min_length=1)

    def __init__(self, trace: str | None = None, **values: Any) -> None:
        super().__init__(**(values if trace is None else {"trace": trace, **values}))

    def identity(self) -> Mapping[str, Any]:
        """What the trace holds names the run, not where it lies."""
        return {"content": read_header(self.trace).content_hash}

    def provenance(self) -> Mapping[str, str]:
        return {"trace": self.trace, **read_header(self.trace).provenance()}

    def check(self) -> Iterable[Problem]:
        try:
            if read_header(self.trace).full_system:
                expected = "the references of a program; this is the recording of a whole guest"
                self.problem("trace", self.trace, expected, "let the core run Recording(...) of it")
        except TraceError as error:
            place = "" if error.offset is None else f", byte offset {error.offset}"
            expected = f"a readable trace ({error.where}{place}: {error.what})"
            self.problem("trace", self.trace, expected, error.fix, input=True)
        return ()

    def make_peer(self) -> TraceStream:
        """A stream at the beginning of the trace. Raises TraceError."""
        return open_stream(self.trace)
