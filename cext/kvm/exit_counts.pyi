# SPDX-License-Identifier: BSD-3-Clause
"""Exits by kind: how many, their instructions, their time."""

from simobjects.cext.kvm.exit_timing import ExitTiming
from simobjects.cext.kvm.kvm_state import KvmState

EXIT_NAMES: tuple[str, ...]

class ExitCounts:
    def __init__(self, kvm: KvmState, timing: ExitTiming) -> None: ...
    def read_stats(self) -> dict[str, list[int]]: ...
