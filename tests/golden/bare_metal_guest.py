# SPDX-License-Identifier: BSD-3-Clause
"""A bare-metal guest played against the machine: what a small test program does to its TLB, page by page.

The program is the one with which the counters of real kernels were recorded: pointer chases over W pages, with guest
entries refilled by its own handler, PID switches, system calls or tlbwe in between. Only what can exit is played: the
fetch of each instruction's page, loads, privileged instructions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from simobjects.cext.core.core import Core
from simobjects.cext.core.supervisor import PythonGuest
from simobjects.cext.core.tlb import TLB
from simobjects.cext.kvm.host import HostKernel
from simobjects.cext.kvm.kvm_state import KvmState
from simobjects.isa.arch import OP, SPR, SUPERVISOR, USER, VECTOR, W0, W2, entry
from simobjects.kvm.placement import hardware_pins, pin_host
from simobjects.kvm.schemes import historical
from simobjects.ppc440.costs import CostModel
from tests.helpers.real_machine import stream

MTSPR, MFSPR, TLBWE, RFI = OP.MTSPR, OP.MFSPR, OP.TLBWE, OP.RFI
PID, MMUCR = SPR.PID, SPR.MMUCR
LOAD, STORE, FETCH = range(3)
DTLB, SYSCALL = VECTOR.DTLB, VECTOR.SYSCALL
RWX = USER | SUPERVISOR
VALID_4K = entry(0, 0, 4096, RWX)[0]
BOOT_SPRS = 12  # IVPR, ten IVORs, SPRG3; then PID and MMUCR
USER_CODE, MARK, DEVICE = 0x3000_0000, 0xEF60_0004, 0xEF60_0030
CHAIN_A, CHAIN_B, KERNEL_CHAIN, GUEST_BASE = 0x40_0000, 0x90_0000, 0xE0_0000, 0x0100_0000


def random_numbers(seed: int) -> Iterator[int]:
    """Marsaglia's 32-bit xorshift with the shifts 13, 17, 5."""
    state = seed or 2463534242
    while True:
        state = (state ^ (state << 13)) & 0xFFFFFFFF
        state ^= state >> 17
        state = (state ^ (state << 5)) & 0xFFFFFFFF
        yield state


def page_order(pages: int, pattern: int, seed: int) -> list[int]:
    """The pages of one round of a pointer chain: in order, random, zigzag, or mostly a hot set; at most 1024 a page."""
    numbers = random_numbers(seed)
    length = pages if pattern == 0 else 2 * pages if pattern == 2 else 512 * pages if pages < 8 else 4096
    used = [0] * pages
    order = []
    for i in range(length):
        if pattern == 0:
            page = i
        elif pattern == 2:
            page = i if i < pages else 2 * pages - 1 - i
        else:
            value = next(numbers) >> 8
            hot = min(pages, 8)
            page = value % pages if pattern == 1 else (value // 10) % (hot if value % 10 < 9 else pages)
        while used[page] >= 1024:
            page = (page + 1) % pages
        used[page] += 1
        order.append(page)
    return order


class OutsideChainsError(Exception):
    """A pointer led to a word that belongs to no chain: what it holds is not described here."""


def lay_chain(words: dict[int, int], frames: int, base: int, pages: int, pattern: int, seed: int) -> int:
    """A cyclic pointer chain in guest memory at `frames`, for use at `base`; returns its first address there."""
    used = [0] * pages
    nodes = []
    for page in page_order(pages, pattern, seed) if pages else ():
        nodes.append(4096 * page + 4 * used[page])
        used[page] += 1
    for node, following in zip(nodes, nodes[1:] + nodes[:1], strict=True):
        words[frames + node] = base + following
    return base + nodes[0] if nodes else 0


class BareMetalGuest:
    """The guest program of a case (the study's), on a machine with the given scheme and high-water mark."""

    def __init__(self, case: Any, scheme: str, hwater: int, fifo_start: int = 0) -> None:
        self.case = case
        self._build(scheme, hwater, fifo_start)
        base = 0x400000 if case.mode in (0, 4, 8) else 0x4000_0000
        two_pids = case.mode in (2, 3, 6)
        other_seed = case.seed ^ 0x5A5A5A5A if case.seed else 1
        self.pids = [int(two_pids), 2]
        self.offsets = [CHAIN_A, CHAIN_B]
        self.words: dict[int, int] = {}
        self.pointers = [
            lay_chain(self.words, frames, base, case.pages, case.pattern, seed)
            for frames, seed in zip(self.offsets, (case.seed, other_seed), strict=True)
        ]
        self.kernel_pages = itertools.cycle(range(KERNEL_CHAIN, KERNEL_CHAIN + 4096 * case.events, 4096))
        self.index = case.first
        self.index_variable = case.first
        self.unused = 0x5000_0000
        self.code = 0

    def _build(self, scheme: str, hwater: int, fifo_start: int) -> None:
        costs = CostModel().make_peer()
        memory = (63 - hwater) * (256 << 20)
        self.core, tlb, guest_tlb = Core(), TLB(64), TLB(64)
        self.tlb, self.own_tids = tlb, scheme in ("e0", "e1", "e2")
        idle = stream([(0x10000, 0, 0, 0, 1)])
        self.core.connect(tlb, costs, [idle], watchdog=10_000)
        pin_host(tlb, hardware_pins(64, memory, False))
        guest_tlb.write_all(0, *entry(0, 0, 16 << 20, SUPERVISOR), 0)
        guest_tlb.write_all(1, *entry(0xEF60_0000, 0xEF60_0000, 4096, W2.I | W2.G | SUPERVISOR), 0)
        state = KvmState(self.core, costs, tlb, guest_tlb, hwater, 4096, 16 << 20, GUEST_BASE)
        shadows: Any = historical()[scheme]().build(state)
        self.host = HostKernel()
        turn = (idle, 0, 1, 0, 0, 0)
        quiet: dict[str, Any] = {
            "period": 10**18,
            "signal_every": 0,
            "interrupt_pages": 0,
            "interrupt_base": 0xF800_0000,
        }
        self.host.connect(state, shadows, **quiet, iccci=False, vmm=turn, tasks=[])
        self.software = PythonGuest(self.interrupt, 64)
        self.core.attach(self.host, self.software)
        self.core.begin()
        if hasattr(shadows, "set_position"):
            shadows.set_position(fifo_start)
        self.core.privileged_instruction(RFI, value=0)  # a guest starts in supervisor mode, with MSR 0
        self.core.privileged_instruction(MTSPR, spr=PID, value=0)
        self._before = self.counts()

    def counts(self) -> dict[str, int]:
        names = ("itlb_r", "itlb_v", "dtlb_r", "dtlb_v", "mmio", "sysc", "inst_emu")
        kinds = self.host.read_stats()["exits_by_kind"]
        assert isinstance(kinds, list)
        return dict(zip(names, kinds, strict=False))

    def instructions(self) -> int:
        """Host instructions of all exits until now."""
        instructions = self.host.read_stats()["exit_instructions"]
        assert isinstance(instructions, list)
        return sum(instructions)

    # ---- instructions ---------------------------------------------------------------------------------

    def fetch(self) -> None:
        self.core.touch(self.code, FETCH)

    def load(self, ea: int) -> None:
        self.fetch()
        self.core.touch(ea, LOAD)

    def chase(self) -> None:
        """A load of the chain's next address, from whatever page the hardware finds there."""
        ea = self.pointers[0]
        self.load(ea)
        user = self.code == USER_CODE
        pid = self.pids[0] if self.own_tids else int(not user)
        _, word1, _, _ = self.tlb.read(self.tlb.find(1, pid, ea))
        address = (word1 & 0xFFFFF000) - GUEST_BASE | ea & 0xFFF
        if address not in self.words:
            raise OutsideChainsError(f"{ea:#x} leads to {address:#x}")
        self.pointers[0] = self.words[address]

    def privileged(self, op: int, **operands: int) -> None:
        self.fetch()
        self.core.privileged_instruction(op, **operands)

    def tlbwe(self, slot: int, word: int, value: int) -> None:
        self.privileged(TLBWE, slot=slot, word=word, value=value)

    def interrupt(self, vector: int, ea: int) -> None:
        """The guest's handlers, all on its one supervisor page."""
        interrupted, self.code = self.code, 0
        if vector == SYSCALL:
            self.system_call()
            return
        assert vector == DTLB, vector
        self.refill(ea)
        self.privileged(RFI, value=int(interrupted != 0))
        self.code = interrupted
        self.fetch()  # the interrupted instruction begins again

    # ---- the program ----------------------------------------------------------------------------------

    def refill(self, ea: int) -> None:
        """The data miss handler: its word order and the references of the Linux-like one are the case's."""
        word0, word1 = (ea & 0xFFFFF000) | VALID_4K, (ea & 0x00FFF000) + self.offsets[0]
        if self.case.handler == 3:
            self.linux_refill(ea, word0)
            return
        self.privileged(MFSPR)
        words = {0: word0, 1: word1, 2: RWX}
        if self.case.handler == 2:
            self.tlbwe(self.index, 0, word0 & ~W0.VALID)
            order = (1, 2, 0)
        else:
            order = (0, 1, 2) if self.case.handler == 0 else (1, 0, 2)
        for word in order:
            self.tlbwe(self.index, word, words[word])
        self.index = self.index + 1 if self.index < self.case.last else self.case.first

    def linux_refill(self, ea: int, word0: int) -> None:
        """As Linux does it. There is one page table, that of the first process, whoever runs."""
        for _ in range(5):  # SPRG0, 1, 4, 5, 7
            self.privileged(MTSPR)
        self.privileged(MFSPR)  # DEAR
        self.privileged(MFSPR)  # SPRG3
        self.load(0x6000)
        self.privileged(MFSPR)  # MMUCR
        self.privileged(MFSPR)  # PID
        self.privileged(MTSPR, spr=MMUCR, value=self.pids[0])
        self.load(0x4000 + (ea >> 21) * 4)
        pte = 0x8000 + ((ea - 0x4000_0000) >> 21) * 4096 + ((ea >> 12) & 511) * 8
        self.load(pte)
        self.load(pte + 4)
        self.load(0x7000)
        if self.index_variable < self.case.last:
            self.index_variable += 1
        else:
            self.index_variable = self.case.first
        self.fetch()
        self.core.touch(0x7000, STORE)
        self.privileged(MFSPR)  # DEAR
        self.tlbwe(self.index_variable, 1, (ea & 0x00FFF000) + CHAIN_A)
        self.tlbwe(self.index_variable, 0, word0)
        self.tlbwe(self.index_variable, 2, RWX)
        self.privileged(MFSPR)  # SPRG1
        self.privileged(MFSPR)  # SPRG0

    def switch_pid(self) -> None:
        for pair in (self.pointers, self.pids, self.offsets):
            pair.reverse()
        self.privileged(MTSPR, spr=PID, value=self.pids[0])
        self.privileged(MTSPR, spr=MMUCR, value=self.pids[0])

    def system_call(self) -> None:
        for _ in range(self.case.events):
            self.load(next(self.kernel_pages))
        if self.case.mode == 6:
            self.switch_pid()

    def boot(self) -> None:
        self.fetch()
        for _ in range(BOOT_SPRS):
            self.privileged(MTSPR)
        self.load(0x1000)
        self.privileged(MTSPR, spr=PID, value=self.pids[0])
        self.privileged(MTSPR, spr=MMUCR, value=self.pids[0])

    def run(self) -> dict[str, int]:
        """The counters from the start to the store that ends the measurement, that one included."""
        case = self.case
        self.boot()
        rounds = case.outer_warm + case.outer_measured
        if case.mode in (0, 1):
            for _ in range(case.warm + case.measured):
                self.chase()
        elif case.mode == 2:
            for _ in range(rounds):
                self.burst()
                self.switch_pid()
        elif case.mode == 7:
            pass  # it only spins
        elif case.mode == 8:
            for _ in range(rounds):
                self.burst()
                for _ in range(case.events):
                    self.fetch()
                    self.core.touch(DEVICE, STORE)
        elif case.mode == 5:
            for _ in range(rounds * case.burst):
                self.privileged(MFSPR)
        elif case.mode == 4:
            for _ in range(rounds):
                self.burst()
                self.write_unused()
        else:
            self.user_rounds(rounds)
        self.fetch()
        self.core.touch(MARK, STORE)
        if self.software.raised is not None:
            raise self.software.raised
        after = self.counts()
        return {name: after[name] - self._before[name] for name in after}

    def burst(self) -> None:
        for _ in range(self.case.burst):
            self.chase()

    def write_unused(self) -> None:
        """tlbwe triples for addresses that are never used."""
        for _ in range(self.case.events):
            for word, value in (
                (0, self.unused | VALID_4K),
                (1, (self.unused & 0x00FFF000) + self.offsets[0]),
                (2, RWX),
            ):
                self.tlbwe(self.index, word, value)
            self.unused = 0x5000_0000 | ((self.unused + 0x1000) & 0x000F_FFFF)
            self.index = self.index + 1 if self.index < self.case.last else self.case.first

    def user_rounds(self, rounds: int) -> None:
        """Loads and `sc` in user mode; its code page has an entry for each PID."""
        for slot, pid in enumerate(self.pids if self.case.mode == 6 else self.pids[:1], 2):
            if slot == 3:
                self.privileged(MTSPR, spr=MMUCR, value=pid)
            for word, value in ((0, USER_CODE | VALID_4K), (1, 0x2000), (2, RWX)):
                self.tlbwe(slot, word, value)
            if slot == 3:
                self.privileged(MTSPR, spr=MMUCR, value=self.pids[0])
        self.privileged(MTSPR)  # SRR0
        self.privileged(MTSPR)  # SRR1
        self.privileged(RFI, value=1)
        for number in range(rounds):
            self.code = USER_CODE
            self.fetch()
            self.burst()
            self.fetch()
            self.core.system_call()
            if number < rounds - 1:
                self.privileged(RFI, value=1)
