# SPDX-License-Identifier: BSD-3-Clause
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.processes import HostProcesses
from simobjects.cext.kvm.schemes.base import ShadowScheme

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
