# SPDX-License-Identifier: BSD-3-Clause
from cext.kvm import KvmState
from cext.processes import HostProcesses
from cext.schemes import ShadowScheme

class HostScheduler:
    def __init__(
        self,
        kvm: KvmState,
        scheme: ShadowScheme,
        processes: HostProcesses,
        *,
        period: int,
        signal_every: int,
        interrupt_pages: int,
        interrupt_code_pages: int,
        interrupt_base: int,
    ) -> None: ...
