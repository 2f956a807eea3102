# SPDX-License-Identifier: BSD-3-Clause
from cext.delivery import Delivery
from cext.kvm import KvmState

class GuestTimer:
    def __init__(self, kvm: KvmState, delivery: Delivery, period: int, timebase: int) -> None: ...
