# SPDX-License-Identifier: BSD-3-Clause
"""The end of every exit: an interrupt is delivered, the guest is entered, and it is planned when it comes out next."""

from simobjects.cext.kvm.delivery import Delivery
from simobjects.cext.kvm.vcpu_thread import VcpuThread

class GuestEntry:
    def __init__(self, thread: VcpuThread, delivery: Delivery, iccci: bool) -> None: ...
