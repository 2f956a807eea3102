# SPDX-License-Identifier: BSD-3-Clause
"""What every shadow scheme has."""

from cext.kvm import KvmState

class ShadowScheme:
    def __init__(self, kvm: KvmState) -> None: ...
    def teardown(self) -> None: ...
