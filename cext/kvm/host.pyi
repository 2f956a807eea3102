# SPDX-License-Identifier: BSD-3-Clause
"""The host kernel takes every exception of a virtual machine through one entry."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from simobjects.cext.core.supervisor import Supervisor
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.cext.kvm.processes import Turns
from simobjects.cext.kvm.schemes.base import ShadowScheme
from simobjects.cext.kvm.timeline import Timeline
from simobjects.cext.traces.stream import TraceStream

class HostKernel(Supervisor):
    def connect(
        self,
        kvm: KvmState,
        scheme: ShadowScheme,
        *,
        period: int,
        signal_every: int,
        interrupt_pages: int,
        interrupt_base: int,
        iccci: bool,
        vmm: Turns,
        tasks: Sequence[Turns],
        interrupt_code_pages: int = 0,
        executes: bool = False,
        pvr: int = 0,
        timebase: int = 1000,
        ticks_per_microsecond: int = 400,
        exit_timing: int = 0,
        era: Mapping[str, int] | None = None,
        hold_ticks: bool = False,
        ticks_in: int = -1,
        mark: tuple[TraceStream, int, int, int] | None = None,
    ) -> None: ...
    def debug_enable(self, kinds: Iterable[str], start: int, stop: int) -> None: ...
    def debug_drain(self) -> list[tuple[int, str, str]]: ...
    def timeline(self) -> Timeline: ...
    def teardown(self) -> None: ...
    def shadow_scheme(self) -> ShadowScheme: ...
    def held(self, page: int) -> int: ...
    def vcpu(self) -> dict[str, int]: ...
    def registers(self) -> dict[str, Any]: ...
    def exit_timing(self) -> list[tuple[str, int, int, int, int, int]]: ...
    def exit_timing_text(self) -> str: ...
    def files(self) -> dict[str, bytes]: ...
    def clear_exit_timing(self) -> None: ...
    def double_drops(self) -> int: ...
    def restored(self) -> None: ...
