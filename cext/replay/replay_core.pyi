# SPDX-License-Identifier: BSD-3-Clause
"""A core that goes through a recording again."""

from typing import Any

from simobjects.cext.core.costs import Costs
from simobjects.cext.core.processor import Processor
from simobjects.cext.core.supervisor import GuestSoftware, Supervisor
from simobjects.cext.core.tlb import TLB
from simobjects.cext.traces.recorded import RecordedStream

class ReplayCore(Processor):
    def connect(
        self,
        tlb: TLB,
        costs: Costs,
        stream: RecordedStream,
        *,
        watchdog: int = 10000,
        roi_begin: int = -1,
        roi_end: int = -1,
        foreign: bool = False,
    ) -> None: ...
    def attach(self, supervisor: Supervisor, guest: GuestSoftware | None = None) -> None: ...
    def begin(self) -> None: ...
    def advance(self, references: int, cycle_limit: int) -> tuple[int, dict[str, Any]]: ...
    def now(self) -> int: ...
    def references(self) -> int: ...
    def instructions(self) -> int: ...
    def total_references(self) -> int: ...
