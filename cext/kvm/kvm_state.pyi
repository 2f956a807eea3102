# SPDX-License-Identifier: BSD-3-Clause
"""The state that exits, schemes and the host kernel share."""

from simobjects.cext.core.costs import Costs
from simobjects.cext.core.processor import Processor
from simobjects.cext.core.tlb import TLB

class KvmState:
    def __init__(
        self,
        core: Processor,
        costs: Costs,
        tlb: TLB,
        guest_tlb: TLB,
        hwater: int,
        host_page_bytes: int,
        guest_memory: int,
        guest_base: int,
    ) -> None: ...
    def flush_at_once(self) -> None: ...
