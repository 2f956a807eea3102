# SPDX-License-Identifier: BSD-3-Clause
"""Machines that cannot be, each refused with its path and value, what is expected and a fix; odd ones that can be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simobjects import (
    UART16550,
    UIC,
    Bamboo,
    Bus,
    Core440,
    ElfProgram,
    GuestKernel,
    GuestTLB,
    HardwareTLB,
    HostKernel,
    HostTask,
    Interleave,
    RawImage,
    Simulation,
    StartEntry,
    SyntheticWorkload,
    System,
    TraceWorkload,
)
from simobjects.framework import ConfigError, SimObjectsError
from tests.helpers.played_machine import native_system, virtual_system

Change = Callable[[Any], None]


def board() -> Any:
    """A program on the bare machine."""
    system = System(clock="400MHz", memory="128MiB")
    system.core = Core440(workload=ElfProgram("hello"))
    system.tlb = HardwareTLB()
    system.board = Bamboo()
    system.core.translation = system.tlb.core_side
    system.core.exceptions = system.core.workload.vectors
    return system


def guest() -> Any:
    """The same as guest."""
    system = board()
    system.guest_tlb = GuestTLB()
    system.host = HostKernel()
    system.core.exceptions = system.host.exits
    return system


def virtual(**settings: Any) -> Any:
    return virtual_system("e4", **settings)


MACHINES: dict[str, Callable[[], Any]] = {"board": board, "guest": guest, "virtual": virtual, "native": native_system}


def put(path: str, value: object) -> Change:
    """Assign what is at `path` of the system."""

    def change(system: Any) -> None:
        *owners, name = path.split(".")
        for owner in owners:
            system = getattr(system, owner)
        setattr(system, name, value)

    return change


def both(*changes: Change) -> Change:
    def change(system: Any) -> None:
        for each in changes:
            each(system)

    return change


def second_uic(dcr: int) -> Change:
    def change(system: Any) -> None:
        system.extra = UIC(dcr=dcr)
        system.extra.bus = system.board.bus.devices

    return change


def uart_elsewhere(system: Any) -> None:
    system.core.devices = system.board.bus.core_side
    system.core.memory = system.board.ram.port
    system.bus2 = Bus()
    system.extra = UART16550(irq=5)
    system.extra.bus = system.bus2.devices
    system.extra.interrupt = system.board.uic.inputs


def many_uarts(system: Any) -> None:
    system.uarts = [UART16550(address=0xE000_0000 + 16 * number, console="none") for number in range(29)]
    for uart in system.uarts:
        uart.bus = system.board.bus.devices


def other_vectors(system: Any) -> None:
    system.other = GuestKernel()
    system.core.guest = system.guest
    system.core.exceptions = system.other.vectors


def program_as_guest(system: Any) -> None:
    system.program = ElfProgram("hello")
    system.core.guest = system.program
    system.core.exceptions = system.program.vectors


def kernel_as_guest(system: Any) -> None:
    system.kernel = GuestKernel()
    system.core.guest = system.kernel
    system.core.exceptions = system.kernel.vectors


GIB = 1 << 30
REFUSED: dict[str, tuple[str, Change, str, str, str]] = {
    # machine, change, subject and value, expected, fix
    "memory_of_bytes": (
        "board", put("memory", 256), "system.memory = 256", "whole pages of 4KiB, at most 4GiB", "such as '256MiB'",
    ),
    "memory_of_no_pages": (
        "virtual", put("memory", (256 << 20) + 512), "system.memory = 268435968", "whole pages", "such as '256MiB'",
    ),
    "memory_of_5_gib": (
        "native", put("memory", 5 * GIB), f"system.memory = {5 * GIB}", "at most 4GiB", "such as '256MiB'",
    ),
    "ram_of_bytes": (
        "board", put("board.ram.size", 256), "system.board.ram.size = 256", "whole pages of 4KiB", "such as 128MiB",
    ),
    "guest_beyond_the_host": (
        "virtual", put("memory", "128MiB"), "system.guest.memory = '128MiB'",
        "at most 112MiB: system.memory ends at 0x8000000, and guest_base is 0x1000000",
        "make system.memory at least 144MiB",
    ),
    "guest_based_beyond_the_host": (
        "guest", put("host.guest_base", 0x0700_0000), "system.host.guest_base = '0x7000000'",
        "a place for system.core.workload.memory (32MiB) before system.memory ends, 0x8000000",
        "make system.memory at least 144MiB",
    ),
    "guest_beyond_the_board": (
        "guest", put("board.ram.size", "32MiB"), "system.core.workload.memory = '32MiB'",
        "at most 16MiB: system.board.ram.size ends at 0x2000000", "make system.board.ram.size at least 48MiB",
    ),
    "guest_on_the_host_kernel": (
        "virtual", put("host.guest_base", 0), "system.host.guest_base = 0", "from 0x400000", "at least 0x400000",
    ),
    "guest_above_32_bits": (
        "virtual", put("host.guest_base", 1 << 32), f"system.host.guest_base = {1 << 32}", "to 0xffff0000",
        "at most 0xffff0000",
    ),
    "native_kernel_beyond_memory": (
        "native", put("memory", "64MiB"), "system.guest.memory = '128MiB'", "at most system.memory (64MiB)",
        "lower it, or raise system.memory",
    ),
    "host_pages_that_do_not_fit": (
        "virtual", both(put("host.page_size", "64KiB"), put("memory", (256 << 20) + 4096)),
        "system.host.page_size = '64KiB'", "a page size that divides system.memory (262148KiB)", "or system.memory",
    ),
    "host_pages_of_nothing": ("virtual", put("host.page_size", 0), "system.host.page_size = 0", "4KiB, 16KiB", "44x"),
    "clock_of_400_hz": (
        "board", put("clock", 400), "system.clock = 400", "a clock from 1MHz (Linux counts in microseconds) to 10GHz",
        "write for example '400MHz'",
    ),
    "clock_of_400_ghz": ("native", put("clock", "400GHz"), "system.clock = 400000000000", "to 10GHz", "'400MHz'"),
    "clock_beyond_a_device_tree": (
        "board", both(put("clock", "5GHz"), put("core.workload.device_tree", "made")),
        "system.core.workload.device_tree = 'made'", "32 bits for the clock", "lower system.clock",
    ),
    "guest_cpi_0": ("native", put("costs.guest_cpi", 0), "system.costs.guest_cpi = 0", "above 0", "a value above 0"),
    "host_cpi_below_0": (
        "virtual", put("costs.host_cpi", "-1.5"), "system.costs.host_cpi = '-1.5'", "above 0", "a value above 0",
    ),
    "cpi_beyond_all_cores": (
        "native", put("costs.guest_cpi", 1001), "system.costs.guest_cpi = 1001", "of at most 1000", "at most 1000",
    ),
    "ticks_without_end": (
        "virtual", put("host.hz", "1MHz"), "system.host.hz = 1000000",
        "ticks further apart than one takes: 400 cycles between them, 3000 in each", "lower hz, raise system.clock",
    ),
    "timebase_that_stands": (
        "board", both(put("clock", "1MHz"), put("core.timebase_ratio", 1 << 20)),
        "system.core.timebase_ratio = 1048576", "a time base of at least 1 Hz", "lower it, or raise system.clock",
    ),
    "timebase_slower_than_ticks": (
        "guest", both(put("core.timebase_ratio", 1 << 20), put("host.hz", "1kHz")),
        "system.core.timebase_ratio = 1048576", "it has 381Hz, and hz is 1000Hz", "lower it, or system.host.hz",
    ),
    "timebase_without_microseconds": (
        "virtual", both(put("core.timebase_ratio", 1000), put("host.exit_timing", "later")),
        "system.core.timebase_ratio = 1000", "at least 1MHz, because exit timing counts microseconds; it has 400000Hz",
        "or leave system.host.exit_timing off",
    ),
    "uarts_that_overlap": (
        "board", put("board.uart0.address", 0xEF60_0404), "system.board.uart1.address = '0xef600400'",
        "physical addresses of its own; system.board.uart0 has 0xef600404 to 0xef60040b", "move one of the two",
    ),
    "uart_where_the_markers_begin": (
        "board", put("board.uart0.address", 0xEF60_0000), "system.board.marker.address = '0xef600000'",
        "system.board.uart0 has 0xef600000 to 0xef600007", "move one of the two",
    ),
    "uart_into_the_markers": (
        "board", put("board.uart0.address", 0xEF5F_FFFC), "system.board.marker.address = '0xef600000'",
        "system.board.uart0 has 0xef5ffffc to 0xef600003", "move one of the two",
    ),
    "uart_in_memory": (
        "board", put("board.uart0.address", 0x7FF_FFF8), "system.board.uart0.address = '0x7fffff8'",
        "outside of the program's memory, which ends at 0x8000000", "move the device",
    ),
    "markers_in_a_guest_s_memory": (
        "guest", put("board.marker.address", 0x1FF_F000), "system.board.marker.address = '0x1fff000'",
        "outside of the program's memory, which ends at 0x2000000", "move the device",
    ),
    "memory_up_to_the_devices": (
        "board", put("memory", "4GiB"), "system.board.marker.address = '0xef600000'", "which ends at 0x100000000",
        "make the memory smaller",
    ),
    "interrupt_of_two": (
        "board", put("board.uart0.irq", 1), "system.board.uart1.irq = 1",
        "an interrupt of its own; system.board.uart0 has number 1 of system.board.uic", "choose another number",
    ),
    "two_controllers": (
        "board", second_uic(0xE0), "system.extra.bus = Bus (system.board.bus)",
        "one interrupt controller on a bus; system.board.uic is there", "remove one of the two",
    ),
    "registers_of_two": (
        "board", second_uic(0xC8), "system.extra.dcr = '0xc8'",
        "device control registers of its own; system.board.uic has 0xc0 to 0xc8", "move one of the two",
    ),
    "interrupt_to_another_bus": (
        "board", uart_elsewhere, "system.extra.interrupt = UIC (system.board.uic)", "a controller on its own bus",
        "connect both to one bus",
    ),
    "more_devices_than_places": ("board", many_uarts, "system.board.bus.devices = 33", "at most 32", "remove some"),
    "vectors_of_another": (
        "native", other_vectors, "system.core.exceptions = GuestKernel (system.other)",
        "the vectors of its own guest, system.guest", "connect it to system.guest.vectors",
    ),
    "program_behind_a_stream": (
        "native", program_as_guest, "system.core.guest = ElfProgram (system.program)",
        "software for reference streams", "or let the core execute the program",
    ),
    "kernel_behind_a_program": (
        "board", kernel_as_guest, "system.core.guest = GuestKernel (system.kernel)",
        "the program that it executes, system.core.workload", "give the core a reference stream",
    ),
    "program_as_task": (
        "virtual", lambda system: system.host.tasks.append(HostTask(workload=ElfProgram("hello"))),
        "system.host.tasks[0].workload = ElfProgram (system.host.tasks[0].workload)", "a stream of references",
        "give it a trace",
    ),
    "program_as_process": (
        "native", put("core.workload", Interleave(processes=[TraceWorkload("sqlite"), ElfProgram("hello")])),
        "system.core.workload.processes[1] = ElfProgram", "a stream of references", "take it out",
    ),
    "more_processes_than_pids": (
        "native",
        put("core.workload", Interleave(processes=[
            Interleave(processes=[SyntheticWorkload(records=1) for _ in range(128)]) for _ in range(2)
        ])),
        "system.core.workload.processes = 256", "at most 254", "a PID has 8 bits",
    ),
    "data_in_the_kernel": (
        "native", put("core.workload", SyntheticWorkload(data_base=0xBFFF_0000, data_pages=17)),
        "system.core.workload.data_pages = 17", "at most 16 pages from 0xbfff0000 on", "take fewer, or a lower base",
    ),
    "code_in_the_kernel": (
        "virtual", put("host.vmm.workload", SyntheticWorkload(code_base=0xBFFF_F000, code_pages=2)),
        "system.host.vmm.workload.code_pages = 2", "at most 1 pages from 0xbffff000 on", "take fewer",
    ),
    "frames_beyond_memory": (
        "native", put("guest.first_frame", 0x0800_0000), "system.guest.first_frame = '0x8000000'",
        "which ends at 0x8000000", "raise system.guest.memory",
    ),
    "kernel_data_on_kernel_data": (
        "native",
        both(
            put("core.workload", Interleave(processes=[SyntheticWorkload(records=1) for _ in range(3)])),
            put("guest.thread_base", 0xC05F_C000),
        ),
        "system.guest.stack_base = '0xc0600000'",
        "kernel memory of its own; thread_base has 0xc05fc000 to 0xc0602000", "move one of the two",
    ),
    "device_above_32_bits": (
        "native", put("guest.device_ea", 1 << 32), f"system.guest.device_ea = {1 << 32}", "to 0xfffff000", "at most",
    ),
    "device_on_the_magic_page": (
        "virtual", both(put("host.scheme", "magic_page"), put("guest.device_ea", 0xFFFF_F000)),
        "system.guest.device_ea = '0xfffff000'", "a page other than 0xfffff000", "move the device",
    ),
    "rate_beyond_time": (
        "native", put("guest.io_every", 10**19), f"system.guest.io_every = {10**19}", f"from 0 to {10**15}", "at most",
    ),
    "region_beyond_time": (
        "native", put("core.roi_begin", 10**19), f"system.core.roi_begin = {10**19}", f"from 0 to {10**18}", "at most",
    ),
    "pvr_above_32_bits": (
        "virtual", put("host.guest_pvr", 1 << 32), f"system.host.guest_pvr = {1 << 32}", "0xffffffff", "at most",
    ),
    "register_above_32_bits": (
        "board", put("core.workload.registers", {"r5": 1 << 32}), "system.core.workload.registers = {'r5': 4294967296}",
        "r5 of 32 bits; it has 0x100000000", "choose at most 0xffffffff",
    ),
    "pid_above_8_bits": (
        "board", put("core.workload.registers", {"pid": 256}), "system.core.workload.registers = {'pid': 256}",
        "pid of 8 bits", "choose at most 0xff",
    ),
    "pc_between_instructions": (
        "board", put("core.workload.registers", {"pc": 0x10002}), "system.core.workload.registers = {'pc': 65538}",
        "pc the address of an instruction, a multiple of 4", "align it",
    ),
    "two_entries_in_a_slot": (
        "board",
        put("core.workload.entries", [StartEntry(slot=3, ea=0, pa=0), StartEntry(slot=3, ea=0x1000, pa=0x1000)]),
        "system.core.workload.entries[1].slot = 3", "a slot of its own", "choose another",
    ),
    "two_entries_in_a_tlb_of_one": (
        "board", put("tlb.entries", 1), "system.tlb.entries = 1", "at least 2: a program starts with two entries",
        "raise it",
    ),
}  # fmt: skip


def refusal(system: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        Simulation(system)
    return str(caught.value)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    machine, change, subject, expected, fix = REFUSED[name]
    system = MACHINES[machine]()
    change(system)
    lines = refusal(system).splitlines()
    at = next((number for number, line in enumerate(lines) if subject in line), None)
    assert at is not None, lines
    end = next(number for number in range(at, len(lines)) if lines[number].lstrip().startswith("fix:"))
    told = lines[at : end + 1]
    assert any(line.lstrip().startswith("expected:") and expected in line for line in told), told
    assert any(" at: " in line for line in told), told
    assert fix in told[-1], told


@pytest.mark.parametrize("name", MACHINES)
def test_the_machines_are_right_before_they_are_changed(name: str) -> None:
    Simulation(MACHINES[name]())


@pytest.mark.parametrize(
    ("entry", "shown", "why"),
    [
        (0x10002, "65538", "the address of an instruction, a multiple of 4"),
        (0x0800_0000, "'0x8000000'", "the address of an instruction in memory, which ends at 0x8000000"),
    ],
)
def test_an_image_is_not_entered_where_no_instruction_is(tmp_path: Path, entry: int, shown: str, why: str) -> None:
    (tmp_path / "image.bin").write_bytes(bytes(64))
    system = board()
    system.core.workload = RawImage(str(tmp_path / "image.bin"), address=0x10000, entry=entry)
    system.core.exceptions = system.core.workload.vectors
    text = refusal(system)
    assert f"system.core.workload.entry = {shown}" in text
    assert why in text


def test_processes_that_the_host_does_not_hold() -> None:
    """4 MiB of kernel and 128 MiB of guest leave 31,744 pages of 256 MiB; VMM and task have 24 and 31,721."""
    tasks = [HostTask(workload=SyntheticWorkload(code_pages=1, data_pages=31_720, records=31_720))]
    with pytest.raises(SimObjectsError, match="have 31745 pages of 4KiB, and 31744 are free") as caught:
        Simulation(virtual(tasks=tasks))
    assert "give the host at least 257MiB" in str(caught.value)
    Simulation(virtual(tasks=[HostTask(workload=SyntheticWorkload(code_pages=1, data_pages=31_719, records=31_719))]))
    Simulation(virtual(tasks=[HostTask(every=0, workload=SyntheticWorkload(data_pages=40_000, records=40_000))]))


@pytest.mark.parametrize(
    ("machine", "change"),
    [
        ("board", put("clock", "1MHz")),
        ("virtual", put("clock", "10GHz")),
        ("board", put("memory", "128KiB")),
        ("board", put("memory", 0xEF60_0000)),
        ("virtual", put("memory", "144MiB")),
        ("virtual", put("memory", "4GiB")),
        ("guest", both(put("memory", "37MiB"), put("host.guest_base", 0x0040_0000))),
        ("native", put("memory", "128MiB")),
        ("native", put("costs.guest_cpi", "0.001")),
        ("virtual", both(put("costs.interrupt_latency", 0), put("costs.c_tick", 0), put("host.hz", "1MHz"))),
        ("virtual", put("host.hz", "100kHz")),
        ("guest", put("board.uart0.address", 0x0200_0000)),
        ("board", put("core.timebase_ratio", 1 << 20)),
        ("native", put("core.workload", SyntheticWorkload(data_base=0xBFFF_0000, data_pages=16))),
        ("native", put("guest.device_ea", 0xFFFF_F000)),
    ],
)
def test_at_the_limits_a_machine_is_possible(machine: str, change: Change) -> None:
    system = MACHINES[machine]()
    change(system)
    Simulation(system)
