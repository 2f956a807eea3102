# SPDX-License-Identifier: BSD-3-Clause
"""Direct insertion that is saved and restored when the vcpu is put and loaded."""

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.direct import DirectInsertion

class SavedInsertion(DirectInsertion):
    def __init__(self, kvm: KvmState, flush_first: bool = False) -> None: ...
