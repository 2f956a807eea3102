# SPDX-License-Identifier: BSD-3-Clause
from simobjects.cext.kvm.guest_timer import GuestTimer
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.base import ShadowScheme

class GuestRegisters:
    def __init__(self, kvm: KvmState, scheme: ShadowScheme, timer: GuestTimer) -> None: ...
