# SPDX-License-Identifier: BSD-3-Clause
"""What if shadows were as large as the guest's pages? Direct insertion with other pages."""

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.direct import DirectInsertion

class LargePages(DirectInsertion):
    def __init__(self, kvm: KvmState, largest: int = 268435456) -> None: ...
