# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest: processes in turn, and events, each with a handler."""

from collections.abc import Mapping, Sequence

from simobjects.cext.core.core import Core
from simobjects.cext.core.supervisor import GuestSoftware
from simobjects.cext.core.tlb import TLB

class Guest(GuestSoftware):
    def __init__(self) -> None: ...
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
    def restored(self) -> None: ...
