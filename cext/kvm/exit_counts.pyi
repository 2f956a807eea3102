# SPDX-License-Identifier: BSD-3-Clause
"""Exits by kind: how many, their instructions, their time."""

from simobjects.cext.arch.state import Stateful
from simobjects.cext.kvm.exit_timing import ExitTiming
from simobjects.cext.kvm.kvm_state import KvmState

class ExitCounts(Stateful):
    def __init__(self, kvm: KvmState, timing: ExitTiming) -> None: ...
