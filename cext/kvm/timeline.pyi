# SPDX-License-Identifier: BSD-3-Clause
"""What happens at each exit, moment by moment, while somebody watches."""

from simobjects.cext.core.processor import Processor
from simobjects.cext.core.tlb import TLB

AT_BEGIN: int
AT_COUNT: int
AT_OPERATION: int
AT_CAUSE: int
AT_SPAN: int
AT_LOST: int
AT_DELIVERED: int
AT_RETURNED: int
AT_END: int

class Timeline:
    def __init__(self, core: Processor, tlb: TLB, hwater: int) -> None: ...
    def watch(self, start: int, stop: int) -> None: ...
    def leave(self) -> tuple[int, int]: ...
    def drain(self) -> tuple[list[tuple[int, int, int, int, int, int]], int]: ...
