# SPDX-License-Identifier: BSD-3-Clause
"""What if a map spared the host's translations? Direct insertion with another choice of slots."""

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.direct import DirectInsertion

class SpareHost(DirectInsertion):
    def __init__(self, kvm: KvmState, patience: int = 4096) -> None: ...
