# SPDX-License-Identifier: BSD-3-Clause
"""The core as the peer of `Core440`."""

from typing import Any

from simobjects.cext.core.costs import Costs
from simobjects.cext.core.processor import Processor
from simobjects.cext.core.tlb import TLB
from simobjects.cext.traces.stream import TraceStream

class Core(Processor):
    def connect(
        self,
        tlb: TLB,
        costs: Costs,
        streams: list[TraceStream],
        *,
        micro_data: int = 0,
        micro_inst: int = 0,
        watchdog: int = 10000,
        roi_begin: int = -1,
        roi_end: int = -1,
        fast: bool = True,
    ) -> None: ...
    def touch(self, ea: int, reference: int = 0, user: bool = True) -> bool: ...
    def privileged_instruction(
        self, op: int, *, spr: int = 0, word: int = 0, slot: int = 0, value: int = 0
    ) -> None: ...
    def system_call(self) -> None: ...
    def micro_entries(self) -> tuple[int, int]: ...
    def advance(self, references: int, cycle_limit: int) -> tuple[int, dict[str, Any]]: ...
    def now(self) -> int: ...
    def references(self) -> int: ...
    def instructions(self) -> int: ...
    def total_references(self) -> int: ...
