# SPDX-License-Identifier: BSD-3-Clause
"""What each exception of a virtual machine comes to."""

from simobjects.cext.kvm.delivery import Delivery
from simobjects.cext.kvm.emulation import Emulation
from simobjects.cext.kvm.vcpu_thread import VcpuThread

class ExitHandlers:
    def __init__(self, thread: VcpuThread, delivery: Delivery, emulation: Emulation) -> None: ...
