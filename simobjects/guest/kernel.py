# SPDX-License-Identifier: BSD-3-Clause
"""An imitation Linux as guest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from simobjects.base.names import nearest
from simobjects.cext.guest.guest import Guest
from simobjects.framework import (
    Address,
    Citation,
    Cycles,
    MemorySize,
    Problem,
    Ref,
    SimObjectsError,
    System,
    param,
    ref,
)
from simobjects.framework.hooks import place_of, takes
from simobjects.framework.peers import Peers
from simobjects.framework.quantities import MEMORY_SIZE
from simobjects.framework.roles import Restored
from simobjects.framework.tree import ancestry
from simobjects.guest import linux_2_6_29, linux_6_1
from simobjects.guest.eras import ERAS
from simobjects.guest.frames import KERNEL_BASE, LINEAR_END, UserPageError, needed
from simobjects.guest.steps import Addresses, Datum, Event, Kind, Script
from simobjects.ppc440.core import Core440
from simobjects.ppc440.literature import LINUX
from simobjects.ppc440.software import GuestSoftware
from simobjects.ppc440.tlb import ManagedTLB
from simobjects.stats import counter, formula, vector

Restored.register(Guest)

PER_PROCESS = 8192
RAREST = 10**15
"""Instructions between events of the guest, at most: a month of a 400 MHz core."""
BUILT_IN = (linux_2_6_29.LINUX_2_6_29, linux_6_1.LINUX_6_1)


def _low(default: int, description: str) -> Any:
    """An address in the kernel's image."""
    return param(default, description, ge=KERNEL_BASE, le=0xC07F_FFFF)


def _rate(events: str, default: int = 0) -> Any:
    """How often the guest's kernel does something."""
    return param(default, f"user instructions between {events}", ge=0, le=RAREST)


class GuestKernel(GuestSoftware):
    """An imitation Linux guest for reference streams: its TLB miss handlers, page tables, processes and system calls.

    Its handlers' own references and privileged instructions are simulated one by one; see docs/model.md section 4.
    """

    knows_magic_page: ClassVar[bool] = True
    citation: ClassVar[tuple[Citation, ...]] = (
        Citation("linux44x", "arch/powerpc/kernel/head_44x.S", (LINUX,), how="Linux 2.6.29 and 6.1"),
    )

    era: str = param("2.6.29", "whose handlers it imitates: 2.6.29, 6.1, or one that the script has registered")
    page_size: MemorySize = param("4KiB", "page size of the guest kernel: 4, 16 or 64 KiB")
    kuap: bool = param(
        True, "CONFIG_PPC_KUAP: user pages are shut while the kernel runs (PID 0); no kernel before 6.1 has it"
    )
    io_every: int = _rate("system calls that write to a device; 0: none; estimate", 1_000_000)
    syscall_every: int = _rate("system calls that do nothing; 0: none")
    timer_every: int = _rate("timer ticks without a process switch (clock / HZ at 1 CPI); 0: none")
    flush_every: int = _rate("flushes of everything (exec, exit, unmap); 0: none")
    page_flush_every: int = _rate("flushes of one page, the one touched next; 0: none")
    idle_every: int = _rate("waits (MSR[WE]); 0: none")
    idle_cycles: Cycles = param(400_000, "length of a wait", ge=0, le=10**12)
    handler_code: Address = _low(0xC000_0000, "page of the TLB miss handlers")
    entry_code: Address = _low(0xC000_1000, "page of exception entry and return")
    interrupt_code: Address = _low(0xC000_A000, "page of system call and timer, of flushes and of idling")
    scheduler_code: Address = _low(0xC003_0000, "page of the scheduler")
    driver_code: Address = param(
        0xC004_0000,
        "page of the device driver; from 0xd0000000 on it is a module's",
        ge=KERNEL_BASE,
        le=0xEFFF_FFFF,
    )
    index_variable: Address = _low(0xC030_0000, "the round-robin index")
    run_queue: Address = _low(0xC030_2000, "the scheduler's data")
    kernel_pgd: Address = param(0xC031_0000, "the kernel's page directory", ge=KERNEL_BASE, le=0xC07F_DFFF)
    thread_base: Address = param(0xC040_0000, "thread structs, 8 KiB apart", ge=KERNEL_BASE, le=0xC05F_FFFF)
    stack_base: Address = param(0xC060_0000, "kernel stacks, 8 KiB apart (6.1)", ge=KERNEL_BASE, le=0xC060_3FFF)
    pgd_base: Address = param(0xC080_0000, "page directories of processes, 8 KiB apart", ge=0xC080_0000, le=0xC08F_FFFF)
    device_ea: Address = param(0xD100_0000, "the device, ioremapped", ge=LINEAR_END, le=0xFFFF_F000, multiple_of=4096)
    user_buffer: Address = param(
        0xBFFF_0000, "user page that a system call reads before it writes to the device (6.1)", lt=KERNEL_BASE
    )
    first_frame: Address = param(0x0100_0000, "first free frame, guest physical", ge=0x0100_0000, multiple_of=4096)

    core: Ref[Core440] = ref("the core whose exceptions it handles")
    guest_tlb: Ref[ManagedTLB] | None = ref("under KVM, the TLB that it manages", optional=True)

    refills = vector("TLB refills", labels=("data_user", "inst_user", "data_kernel", "inst_kernel"), unit="refill")
    switches = counter("process switches", unit="switch")
    ios = counter("system calls that wrote to the device", unit="call")
    syscalls = counter("system calls that did nothing", unit="call")
    timers = counter("timer ticks without a process switch", unit="tick")
    flushes = counter("flushes of everything", unit="flush")
    page_flushes = counter("flushes of one page", unit="flush")
    idles = counter("waits", unit="wait")
    frames = counter("page frames handed out", unit="frame")
    all_refills = formula("refills of all kinds", lambda s: sum(s.refills), unit="refill")

    def check(self) -> Iterable[Problem]:
        if self.core.virtualized() and self.guest_tlb is None:
            self.problem("guest_tlb", None, "a GuestTLB in a virtual machine", "add system.guest_tlb = GuestTLB()")
        if not self.core.virtualized() and self.core.hardware().entries < 2:
            tlb = self.core.hardware()
            tlb.problem("entries", tlb.entries, "a hardware TLB of at least 2 entries", f"raise {tlb.path}.entries")
        if self.era not in ERAS:
            near = nearest(self.era, ERAS)
            hint = f"write {near}" if near else "write one of these, or make a kernel known with register_era"
            self.problem("era", self.era, f"one of {', '.join(ERAS)}", hint)
        self._check_places()
        self._check_memory()
        return () if self.era not in ERAS else self._check_scripts()

    def _check_memory(self) -> None:
        """What lies in memory that is not there."""
        if self.first_frame >= self.memory:
            expected = f"an address in the guest's memory, which ends at {int(self.memory):#x}"
            fix = f"lower it, or raise {self.path}.memory"
            self.problem("first_frame", f"{int(self.first_frame):#x}", expected, fix)
        system = ancestry(self)[-1]
        if isinstance(system, System) and not self.core.virtualized() and self.memory > system.memory:
            expected = f"at most system.memory ({MEMORY_SIZE.format(system.memory)}): on the bare machine it has that"
            self.problem("memory", MEMORY_SIZE.format(self.memory), expected, "lower it, or raise system.memory")
        placed: list[tuple[str, int, int]] = []
        for name, size in self._structures():
            first = int(getattr(self, name))
            for other, begin, end in placed:
                if first < end and begin < first + size:
                    expected = f"kernel memory of its own; {other} has {begin:#x} to {end:#x}"
                    self.problem(name, f"{first:#x}", expected, "move one of the two")
                    break
            placed.append((name, first, first + size))

    def _structures(self) -> list[tuple[str, int]]:
        """The kernel's data: parameters with their addresses, and bytes of what lies there."""
        each = PER_PROCESS * self.core.workload.process_count()
        return [
            ("index_variable", 4),
            ("run_queue", 4),
            ("kernel_pgd", PER_PROCESS),
            ("thread_base", each),
            ("stack_base", each),
            ("pgd_base", each),
        ]

    def _check_scripts(self) -> Iterable[Problem]:
        """A registered era that cannot play, at the place of its function."""
        scripts = ERAS[self.era].scripts
        file, line = place_of(scripts)
        if not takes(scripts, 2):
            expected = "an era whose scripts are a function of the addresses and of kuap"
            fix = "write def scripts(at, kuap)"
            yield Problem(self.path, "era", self.era, expected, fix, file, line)
            return
        try:
            self._scripts()
        except ValueError as error:
            expected = f"an era with a script for each event ({error})"
            yield Problem(self.path, "era", self.era, expected, "correct its function of scripts", file, line)

    def _check_places(self) -> None:
        """What the page size and the linear map ask of addresses."""
        if self.page_size not in (4096, 16384, 65536):
            self.problem("page_size", self.page_size, "4KiB, 16KiB or 64KiB", "use a page size that 44x Linux has")
            return
        size = int(self.page_size)
        for name in ("first_frame", "device_ea"):
            if getattr(self, name) % size:
                text = f"a multiple of the guest's page size ({size >> 10}KiB)"
                self.problem(name, getattr(self, name), text, f"change it, or {self.path}.page_size")
        if 0xC080_0000 <= self.driver_code < LINEAR_END:
            expected = "an address below 0xc0800000 (the kernel's image) or from 0xd0000000 on (a module)"
            self.problem("driver_code", self.driver_code, expected, "move the driver")
        elif self.driver_code >> self.page_shift == self.device_ea >> self.page_shift:
            self.problem("driver_code", self.driver_code, "a page other than the device's", "move one of the two")

    @property
    def page_shift(self) -> int:
        """log2 of the page size."""
        return int(self.page_size).bit_length() - 1

    def device_page(self) -> int | None:
        """The effective address of the device that I/O goes to."""
        return int(self.device_ea)

    def further_code(self) -> Iterable[object]:
        """The scripts of an era that the user has registered."""
        return (ERAS[self.era],)

    def make_peer(self) -> Guest:
        return Guest()

    def wire(self, peers: Peers) -> None:
        workload = self.core.workload
        streams = workload.streams(peers)
        scripts = self._scripts()
        self._fits(streams, scripts)
        native = not self.core.virtualized()
        managed = peers[self.core.hardware()] if native else peers[self.guest_tlb]
        peers[self].connect(
            peers[self.core],
            managed,
            scripts,
            {
                "thread_base": int(self.thread_base),
                "stack_base": int(self.stack_base),
                "pgd_base": int(self.pgd_base),
                "kernel_pgd": int(self.kernel_pgd),
                "handler_code": int(self.handler_code),
                "index_variable": int(self.index_variable),
                "first_frame": int(self.first_frame) >> self.page_shift,
                "device_ea": int(self.device_ea),
                "device_word1": 0xEF60_0000,
                "device_word2": 0x507,  # I, G, SX, SW, SR
                "user_word2": 0x3F,
                "kernel_word2": 0x07,
            },
            processes=len(streams),
            quantum=workload.quantum_instructions(),
            rates=self._rates(),
            idle_time=int(self.idle_cycles) * 1000,
            page_shift=self.page_shift,
            last_frame=int(self.memory) >> self.page_shift,
            native=native,
        )

    def _rates(self) -> list[int]:
        """User instructions between events, in the order of `Event` from I/O on."""
        return [
            self.io_every,
            self.syscall_every,
            self.timer_every,
            self.flush_every,
            self.page_flush_every,
            self.idle_every,
        ]

    def addresses(self) -> Addresses:
        """Where the scripts' code and data lie."""
        return Addresses(
            handler_code=int(self.handler_code),
            entry_code=int(self.entry_code),
            interrupt_code=int(self.interrupt_code),
            scheduler_code=int(self.scheduler_code),
            driver_code=int(self.driver_code),
            run_queue=int(self.run_queue),
            device=int(self.device_ea),
            user_buffer=int(self.user_buffer),
        )

    def _scripts(self) -> list[Script]:
        return ERAS[self.era].script_list(self.addresses(), self.kuap)

    def _fits(self, streams: list[Any], scripts: list[Script]) -> None:
        """Refuse streams that touch kernel addresses or more pages than the guest has frames."""
        io = scripts[Event.IO] if self.io_every else ()
        named = [s.b for s in io if s.kind in (Kind.LOAD, Kind.STORE) and s.a == Datum.ADDRESS]
        try:
            frames = needed(
                [stream.pages() for stream in streams],
                self.page_shift,
                [ea for ea in named if ea < KERNEL_BASE],
                [int(self.driver_code)] if self.io_every else [],
                int(self.device_ea),
            )
        except UserPageError as error:
            raise SimObjectsError(
                f"{self.core.workload.path}: {error}; user addresses end below 0xc0000000. Import the trace with its "
                "addresses renumbered"
            ) from None
        free = (int(self.memory) - int(self.first_frame)) >> self.page_shift
        if frames > free:
            least = -(-((frames << self.page_shift) + int(self.first_frame)) >> 20) + 1
            raise SimObjectsError(
                f"{self.path}.memory = {int(self.memory) >> 20}MiB: the workload needs {frames} page frames and {free} "
                f"are free; give the guest at least {least}MiB"
            )
