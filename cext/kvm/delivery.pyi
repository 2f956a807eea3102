# SPDX-License-Identifier: BSD-3-Clause
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.base import ShadowScheme

class Delivery:
    def __init__(self, kvm: KvmState, scheme: ShadowScheme) -> None: ...
