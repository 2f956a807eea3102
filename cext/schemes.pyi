# SPDX-License-Identifier: BSD-3-Clause
"""Shadow schemes: E4 (commit 7924bd4109, direct insertion) and E3b (its parent: a shadow array, reloaded)."""

from cext.kvm import KvmState

class ShadowScheme:
    def __init__(self, kvm: KvmState) -> None: ...
    def teardown(self) -> None: ...

class DirectInsertion(ShadowScheme):
    def references(self) -> list[tuple[int, int, int, int]]: ...

class ModifiedReload(ShadowScheme):
    def shadows(self) -> list[tuple[int, int, int, int, int, int]]: ...
