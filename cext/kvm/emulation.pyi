# SPDX-License-Identifier: BSD-3-Clause
from simobjects.cext.kvm.delivery import Delivery
from simobjects.cext.kvm.guest_timer import GuestTimer
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.base import ShadowScheme

class Emulation:
    def __init__(self, kvm: KvmState, scheme: ShadowScheme, delivery: Delivery, timer: GuestTimer) -> None: ...
