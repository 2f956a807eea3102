# SPDX-License-Identifier: BSD-3-Clause
"""Hosts that cannot be: ticks that leave no time, guests and processes that the memory does not hold."""

from __future__ import annotations

from typing import Protocol

from simobjects.framework import Problem, SimObjectsError, System
from simobjects.framework.peers import Peers
from simobjects.framework.quantities import MEMORY_SIZE
from simobjects.kvm.placement import KERNEL_BASE
from simobjects.kvm.task import VMM, HostTask
from simobjects.ppc440.core import Core440
from simobjects.ppc440.costs import CostModel
from simobjects.ppc440.memory import Memory, is_size

HOST_KERNEL = 4 << 20
"""Bytes from real 0 on that are the host's kernel: about the least that a Linux with KVM takes."""
PAGE_SIZES = (4096, 16384, 65536)
_MICROSECONDS = 10**6


class Host(Protocol):
    """What is looked at of a host kernel, which imports this module."""

    system: System
    core: Core440
    costs: CostModel
    vmm: VMM
    tasks: list[HostTask]
    hz: int
    page_size: int
    guest_base: int

    @property
    def path(self) -> str: ...
    @property
    def exit_timing(self) -> str: ...
    def given(self, name: str) -> bool: ...
    def problem(self, param: str, value: object = ..., expected: str = ..., fix: str = ...) -> Problem: ...


def check_time(host: Host) -> None:
    """Report ticks and time bases with which Linux cannot count: more ticks than a second has room for, or too few
    steps.
    """
    clock, ratio = host.system.clock, host.core.timebase_ratio
    tick = host.costs.c_tick * host.costs.host_cpi.exact
    if host.hz > clock:
        host.problem("hz", host.hz, "no more ticks than clock cycles", "lower hz or raise system.clock")
    elif tick * host.hz >= clock:
        expected = f"ticks further apart than one takes: {clock // host.hz} cycles between them, {int(tick)} in each"
        host.problem("hz", host.hz, expected, f"lower hz, raise system.clock, or lower {host.costs.path}.c_tick")
    timebase = clock // ratio
    if timebase == 0:
        return  # the core's own problem
    if host.exit_timing != "off" and timebase < _MICROSECONDS:
        expected = f"a time base of at least 1MHz, because exit timing counts microseconds; it has {timebase}Hz"
        host.core.problem("timebase_ratio", ratio, expected, f"lower it, or leave {host.path}.exit_timing off")
    elif host.core.has_whole_guest() and timebase < host.hz:
        expected = f"a time base that is not slower than the host's ticks; it has {timebase}Hz, and hz is {host.hz}Hz"
        host.core.problem("timebase_ratio", ratio, expected, f"lower it, or {host.path}.hz")


def check_memory(host: Host) -> None:
    """Report a guest that lies beyond the host's memory, and pages that do not divide it."""
    memory, where = host.system.memory, "system.memory"
    ram = host.core.memory.other if host.core.program is not None else None
    if isinstance(ram, Memory) and ram.bytes < memory:
        memory, where = ram.bytes, f"{ram.path}.size"
    if not is_size(memory):
        return  # a problem of its own
    if host.page_size in PAGE_SIZES and memory % host.page_size:
        expected = f"a page size that divides {where} ({MEMORY_SIZE.format(memory)})"
        host.problem("page_size", MEMORY_SIZE.format(host.page_size), expected, f"change it, or {where}")
    guest, base, size = host.core.guest, int(host.guest_base), int(host.core.guest.memory)
    if base + size > memory:
        fix = f"lower one of the two, or make {where} at least {-(-(base + size) >> 20)}MiB"
        if host.given("guest_base") and not guest.given("memory"):
            expected = f"a place for {guest.path}.memory ({MEMORY_SIZE.format(size)}) before {where} ends, {memory:#x}"
            host.problem("guest_base", f"{base:#x}", expected, fix)
        else:
            most = MEMORY_SIZE.format(max(0, memory - base))
            expected = f"at most {most}: {where} ends at {memory:#x}, and guest_base is {base:#x}"
            guest.problem("memory", MEMORY_SIZE.format(size), expected, fix)


def refuse_processes(host: Host, peers: Peers) -> None:
    """Refuse processes of the host for which it has no memory.

    Args:
        host: whose VMM and tasks they are.
        peers: the running halves, which know what pages the streams touch.

    Raises:
        SimObjectsError: they touch kernel addresses, or more pages than kernel and guest leave.
    """
    tasks: list[VMM | HostTask] = [host.vmm, *(task for task in host.tasks if task.every)]
    pages = 0
    for task in tasks:
        touched = memoryview(task.workload.streams(peers)[0].pages()).cast("I")
        if touched[-1] << 12 >= KERNEL_BASE:
            ea = next(page for page in touched if page << 12 >= KERNEL_BASE) << 12
            raise SimObjectsError(
                f"{task.path}.workload touches {ea:#010x}; user addresses end below {KERNEL_BASE:#x}. Import the trace "
                "with its addresses renumbered"
            )
        pages += len({(page << 12) // host.page_size for page in touched})
    left = host.system.memory - HOST_KERNEL - int(host.core.guest.memory)
    if pages * host.page_size > left:
        least = -(-(pages * host.page_size - left + host.system.memory) >> 20)
        raise SimObjectsError(
            f"system.memory = {host.system.memory >> 20}MiB: the processes of {host.path} have {pages} pages of "
            f"{host.page_size >> 10}KiB, and {max(0, left) // host.page_size} are free beside kernel and guest; "
            f"give the host at least {least}MiB, or its processes fewer pages"
        )
