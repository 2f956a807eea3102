# SPDX-License-Identifier: BSD-3-Clause
from cext.kvm import KvmState
from cext.schemes import ShadowScheme

PRIORITY_NAMES: tuple[str, ...]

class Delivery:
    def __init__(self, kvm: KvmState, scheme: ShadowScheme) -> None: ...
