# SPDX-License-Identifier: BSD-3-Clause
from cext.guest_timer import GuestTimer
from cext.kvm import KvmState
from cext.schemes import ShadowScheme

class GuestRegisters:
    def __init__(self, kvm: KvmState, scheme: ShadowScheme, timer: GuestTimer) -> None: ...
