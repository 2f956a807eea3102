# SPDX-License-Identifier: BSD-3-Clause
"""Schemes that write shadows straight into the hardware TLB."""

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.schemes.base import ShadowScheme

class DirectInsertion(ShadowScheme):
    def references(self) -> list[tuple[int, int, int, int]]: ...

class SavedInsertion(DirectInsertion):
    def __init__(self, kvm: KvmState, flush_first: bool = False) -> None: ...
