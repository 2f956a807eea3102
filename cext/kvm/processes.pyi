# SPDX-License-Identifier: BSD-3-Clause
from collections.abc import Sequence

from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.traces.stream import TraceStream

Turns = tuple[TraceStream, int, int, int, int, int]

class HostProcesses:
    def __init__(self, kvm: KvmState, vmm: Turns, tasks: Sequence[Turns]) -> None: ...
    def set_mark(self, stream: TraceStream, instructions: int) -> None: ...
