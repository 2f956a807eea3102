# SPDX-License-Identifier: BSD-3-Clause
"""What if each context of the guest had a hardware PID of its own? Direct insertion with tags."""

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.direct import DirectInsertion

class Tagged(DirectInsertion):
    def __init__(self, kvm: KvmState, most_ids: int = 255) -> None: ...
    def limit_ids(self, most_ids: int) -> None: ...
    def hardware_pids(self) -> dict[tuple[int, bool], int]: ...
