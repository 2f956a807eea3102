# SPDX-License-Identifier: BSD-3-Clause
"""Machines with a 440 that cannot be: problems of clocks, devices, software, and of what a recorded guest has seen."""

from __future__ import annotations

from typing import Any, Protocol

from simobjects.framework import Problem, SimObject, System
from simobjects.framework.node import Part
from simobjects.ppc440.bus import Bus, BusDevice
from simobjects.ppc440.memory import SIZE, is_size
from simobjects.ppc440.micro_tlb import MicroTLB
from simobjects.ppc440.software import GuestHost, GuestSoftware
from simobjects.ppc440.tlb import HardwareTLB
from simobjects.ppc440.workload import GUEST_START, Executable, Recorded, Seen

SLOWEST, FASTEST = 10**6, 10**10
"""Hz of a clock."""


class Core(Protocol):
    """What is looked at of a core, which imports this module."""

    timebase_ratio: int
    guest: GuestSoftware
    itlb: MicroTLB
    dtlb: MicroTLB
    translation: Any
    exceptions: Any
    devices: Any

    @property
    def root(self) -> Part: ...
    @property
    def program(self) -> Executable | None: ...
    @property
    def recording(self) -> Recorded | None: ...
    def has_whole_guest(self) -> bool: ...
    def hardware(self) -> HardwareTLB: ...
    def problem(self, param: str, value: object = ..., expected: str = ..., fix: str = ...) -> Problem: ...


def check_system(core: Core) -> None:
    """A clock and a memory that no machine with a 440 has."""
    system = core.root
    if not isinstance(system, System):
        return
    if not SLOWEST <= system.clock <= FASTEST:
        expected = "a clock from 1MHz (Linux counts in microseconds) to 10GHz"
        system.problem("clock", system.clock, expected, "440s run at 100MHz to 1GHz: write for example '400MHz'")
    elif core.timebase_ratio > system.clock:
        expected = f"a time base of at least 1 Hz; the clock has {system.clock} cycles in a second"
        core.problem("timebase_ratio", core.timebase_ratio, expected, "lower it, or raise system.clock")
    if not is_size(system.memory):
        system.problem("memory", system.memory, SIZE, "choose a size such as '256MiB'")


def check_devices(core: Core, program: Executable) -> None:
    """Devices that the program cannot reach, because there is memory at their addresses."""
    bus, end = core.devices.other, program.memory_size()
    found = [each.owner for each in bus.devices.others] if isinstance(bus, Bus) else []
    placed = [each for each in found if isinstance(each, BusDevice) and each.span()[1]]
    hidden = [each for each in placed if each.span()[0] < (end or 0)]
    for device in sorted(hidden, key=lambda each: each.span()[0])[:1]:
        expected = f"an address outside of the program's memory, which ends at {end:#x}"
        device.problem("address", f"{device.span()[0]:#x}", expected, "move the device, or make the memory smaller")


def check_software(core: Core) -> None:
    """Software that belongs to another kind of workload, or to nobody."""
    taker = core.exceptions.other
    if isinstance(taker, GuestSoftware) and taker is not core.guest:
        expected = f"the vectors of its own guest, {core.guest.path}, or a host kernel"
        core.problem("exceptions", taker, expected, f"connect it to {core.guest.path}.vectors")
    software: SimObject = core.guest
    if core.program is not None and software is not core.program:
        expected = f"the program that it executes, {core.program.path}"
        core.problem("guest", core.guest, expected, "leave guest out, or give the core a reference stream")
    elif core.recording is not None and software is not core.recording:
        expected = f"the recording that it goes through, {core.recording.path}"
        core.problem("guest", core.guest, expected, "leave guest out, or give the core a reference stream")
    elif not core.has_whole_guest() and isinstance(core.guest, (Executable, Recorded)):
        expected = "software for reference streams, such as a GuestKernel"
        core.problem("guest", core.guest, expected, "leave guest out, or let the core execute the program")


def check_seen(core: Core, seen: Seen, fix: str) -> None:
    """Problems of a machine on which a guest that has seen another one is to do the same.

    Args:
        core: that goes through what was recorded.
        seen: what the guest saw when it was recorded.
        fix: what the user may do instead of making the machine alike, such as to record again.
    """
    system, host = core.root, core.exceptions.other
    why = "which the guest has seen: with another one it would do something else"
    if isinstance(host, GuestHost) and isinstance(host, SimObject):
        if host.guest_entries() != seen.entries:
            expected = f"a TLB for the guest of {seen.entries} entries, {why}"
            host.problem("guest_tlb", host.guest_entries(), expected, f"make it as large, or {fix}")
        if host.guest_version() != seen.pvr and seen.host:
            host.problem("guest_pvr", host.guest_version(), f"{seen.pvr:#x}, {why}", f"set it to that, or {fix}")
        if seen.start != GUEST_START:
            expected = "a recording that began as a guest of KVM begins; this one found other TLB entries"
            host.problem("kernel", "", expected, 'record the program with start="kvm"')
    elif isinstance(core.translation.other, HardwareTLB) and core.hardware().entries != seen.entries:
        expected = f"{seen.entries}, {why}"
        core.hardware().problem("entries", core.hardware().entries, expected, f"set it to that, or {fix}")
    if isinstance(system, System) and int(system.clock) != seen.clock:
        system.problem("clock", int(system.clock), f"{seen.clock}, {why}", f"set it to that, or {fix}")
    if core.timebase_ratio != seen.timebase_ratio:
        core.problem("timebase_ratio", core.timebase_ratio, f"{seen.timebase_ratio}, {why}", f"set it, or {fix}")
    for name, micro in (("itlb", core.itlb), ("dtlb", core.dtlb)):
        if micro.entries:
            core.problem(name, micro.entries, "no micro-TLB, with which nothing is recorded", f"set 0, or {fix}")
