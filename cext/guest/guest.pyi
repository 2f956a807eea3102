# SPDX-License-Identifier: BSD-3-Clause
"""The imitation Linux guest: processes in turn, and events, each with a handler."""

from collections.abc import Mapping, Sequence

from simobjects.cext.core.core import Core
from simobjects.cext.core.tlb import TLB
from simobjects.cext.guest.handlers import HandlerPlayer

class Guest(HandlerPlayer):
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
    def read_stats(self) -> dict[str, int | list[int]]: ...
