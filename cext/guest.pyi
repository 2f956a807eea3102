# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest at run time. What its handlers do is data: lists of steps given by the description side."""

from collections.abc import Mapping, Sequence

from cext.core import Core
from cext.supervisor import GuestSoftware, Supervisor
from cext.tlb import TLB

class Guest(GuestSoftware):
    def connect(
        self,
        core: Core,
        managed: TLB,
        scripts: Sequence[Sequence[tuple[int, int, int]]],
        layout: Mapping[str, int],
        *,
        processes: int,
        quantum: int,
        rates: Sequence[int],
        idle_time: int,
        page_shift: int,
        last_frame: int,
        native: bool,
    ) -> None: ...
    def save(self) -> dict[str, int | bytes]: ...
    def restore(self, fields: dict[str, int | bytes]) -> None: ...
    def restored(self) -> None: ...
    def read_stats(self) -> dict[str, int | list[int]]: ...

class NativeVectors(Supervisor):
    def __init__(self, core: Core) -> None: ...
