# SPDX-License-Identifier: BSD-3-Clause
from simobjects.cext.kvm.delivery import Delivery
from simobjects.cext.kvm.kvm_state import KvmState

class GuestTimer:
    def __init__(self, kvm: KvmState, delivery: Delivery, period: int, timebase: int) -> None: ...
