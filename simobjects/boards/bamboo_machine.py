# SPDX-License-Identifier: BSD-3-Clause
"""A computer with a Bamboo board that executes a program: on the bare machine, or as guest of KVM."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from simobjects import Bamboo, Core440, HardwareTLB, System, param
from simobjects.base.names import nearest
from simobjects.framework import Problem
from simobjects.framework.variants import variants
from simobjects.programs.program import Program

from .parts import CLOCK, ENTRIES, NATIVE, put_under

if TYPE_CHECKING:
    from simobjects import HostKernel

# KVM is imported by who runs something under it: the bare machine need not wait.


class BambooMachine(System):
    """A computer with a Bamboo board. Its own parameters say which parts there are, so they come before the parts."""

    under: str = param(
        NATIVE, "what the program runs on: native, or KVM with a scheme (e4) or of a release (3.14)", identity=False
    )
    uarts: int = param(1, "serial ports, the first of them the console", ge=1, le=2, identity=False)

    @property
    def is_native(self) -> bool:
        """Whether there is no host."""
        return self.under == NATIVE

    def host_kernel(self, **values: Any) -> HostKernel:
        """The host that `under` names.

        Args:
            values: further parameters of it.
        """
        from simobjects import HostKernel, ShadowScheme
        from simobjects.kvm.releases import find_release

        if self.under in variants(ShadowScheme):
            return HostKernel(scheme=self.under, **values)
        return HostKernel(kernel=self.under if find_release(self.under) else "", **values)

    def check(self) -> Iterable[Problem]:
        if self.is_native:
            return ()
        from simobjects import ShadowScheme
        from simobjects.kvm.releases import find_release, known_releases, nearest_release

        schemes = variants(ShadowScheme)
        if not (self.under in schemes or find_release(self.under)):
            near = nearest(self.under, [NATIVE, *schemes]) or nearest_release(self.under)
            expected = f"{NATIVE}, a scheme ({', '.join(schemes)}), or {known_releases()}"
            self.problem("under", self.under, expected, f"write {near}" if near else "choose one of them", near)
        return ()


def bamboo(
    program: Program,
    under: str = NATIVE,
    *,
    clock: str = CLOCK,
    timebase_ratio: int = 1,
    memory: str = "256MiB",
    entries: int = ENTRIES,
    guest_entries: int | None = None,
    uarts: int = 1,
    console: str = "none",
    core: Mapping[str, Any] | None = None,
    host: Mapping[str, Any] | None = None,
) -> BambooMachine:
    """A Bamboo board whose core executes `program`, on the bare machine or under a scheme or release of KVM.

    The program starts as a board or as KVM starts it, unless it says how. Every parameter can be set from outside,
    `system.under` and `system.uarts` too.

    Args:
        program: an ElfProgram, RawImage, LinuxGuest, ...
        under: `native`, a scheme by its short name (`e4`), or a release of Linux (`3.14`, `commit`).
        clock: of the core, with its unit.
        timebase_ratio: clock cycles in a tick of the time base.
        memory: the machine's, with its unit; a guest's own is the program's.
        entries: of the hardware's TLB.
        guest_entries: of the guest's TLB; None: as many.
        uarts: serial ports, 1 or 2.
        console: where the first UART's output goes: `none`, `terminal`, or a file.
        core: further parameters of the core.
        host: further parameters of the host kernel.
    """
    system = BambooMachine(clock=clock, memory=memory, under=under, uarts=uarts)
    system.core = Core440(workload=program, timebase_ratio=timebase_ratio, **(core or {}))
    system.tlb = HardwareTLB(entries=entries)
    system.board = Bamboo()
    system.board.uart0.console = console
    if system.uarts < 2:
        system.board.uart1 = None
    system.core.translation = system.tlb.core_side
    if system.is_native:
        system.core.exceptions = program.vectors
        return system
    if not program.given("start"):
        program.start = "kvm"
    put_under(system, system.host_kernel(**(host or {})), entries if guest_entries is None else guest_entries)
    return system
