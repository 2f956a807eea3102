# SPDX-License-Identifier: BSD-3-Clause
"""The VMM's thread that runs the vcpu: in the guest, outside in user space, or asleep."""

from simobjects.cext.kvm.exit_counts import ExitCounts
from simobjects.cext.kvm.guest_timer import GuestTimer
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.processes import HostProcesses
from simobjects.cext.kvm.scheduler import HostScheduler
from simobjects.cext.kvm.schemes.base import ShadowScheme

class VcpuThread:
    def __init__(
        self,
        kvm: KvmState,
        scheme: ShadowScheme,
        processes: HostProcesses,
        scheduler: HostScheduler,
        timer: GuestTimer,
        counts: ExitCounts,
    ) -> None: ...
