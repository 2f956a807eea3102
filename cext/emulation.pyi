# SPDX-License-Identifier: BSD-3-Clause
from cext.delivery import Delivery
from cext.guest_timer import GuestTimer
from cext.kvm import KvmState
from cext.schemes import ShadowScheme

EMULATED_NAMES: tuple[str, ...]

class Emulation:
    def __init__(self, kvm: KvmState, scheme: ShadowScheme, delivery: Delivery, timer: GuestTimer) -> None: ...
