# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux on the bare machine, instruction by instruction as QEMU's 440 executed it with instruction counting.

An instruction takes 1 ns and a tick of the time base 2.5 ns in both. The device tree has QEMU's size, and the interrupt
controller drops a level input with its line, as QEMU's does. What is left is that QEMU counts the decrementer from the
instruction that sets it, the 440 from the next tick of its time base: an interrupt comes up to three instructions
earlier here, and a tick that lands elsewhere in a loop takes another path out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from simobjects import CostModel, ElfProgram, Simulation
from simobjects.boards import bamboo
from simobjects.isa.table import instructions
from tests.helpers.small_programs import console

LINUX = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "linux"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not LINUX.is_dir(), reason="no Linux kernel beside the project (../shared/oracle/linux)"),
]
ARGUMENTS = "console=ttyS0,115200 norandmaps panic=-1 "
QEMU_TREE = 2 * (2340 + 10_000)
"""Bytes that QEMU makes of a tree of 2,340."""
BOOT = 17_144_984
"""Instructions of a boot without workloads."""
FREE = dict.fromkeys(
    ("interrupt_latency", "rfi_latency", "tlbwe_latency", "spr_latency", "micro_miss", "device_latency"), 0
)
COUNTS = ("interrupts", "opcodes", "opcode_faults", "spr_writes")
VECTORS = {
    "DataTLBError44x": "data TLB miss",
    "InstructionTLBError44x": "instruction TLB miss",
    "ExternalInput": "external",
    "Decrementer": "decrementer",
    "SystemCall": "system call",
}


@dataclass(frozen=True)
class Ran:
    """What a boot has left, without its machine: the state at its end, its console, its counts, vectors by label."""

    cycle: int
    digest: str
    console: str
    instructions: int
    vectors: Mapping[str, int]
    opcodes: Mapping[str, int]
    faults: Mapping[str, int]
    spr_writes: Mapping[str, int]

    def begun(self) -> dict[str, int]:
        """How often each opcode was begun, also when it began again after a fault: as QEMU counts. By its numbers."""
        found: dict[str, int] = {}
        counts = (self.opcodes.values(), self.faults.values())
        for row, completed, faulted in zip(instructions(), *counts, strict=True):
            form = str(row.primary) if row.extended < 0 else f"{row.primary}/{row.extended}"
            found[form] = found.get(form, 0) + completed + faulted
        return found


@cache
def ran(arguments: str, counted: bool = True, initrd: str = "initramfs-soft.cpio") -> Ran:
    """A boot to the restart."""
    program = ElfProgram(
        str(LINUX / "vmlinux-soft"),
        device_tree=str(LINUX / "minimal.dtb"),
        device_tree_size=QEMU_TREE,
        bootargs=arguments,
        initrd=str(LINUX / initrd),
    )
    system = bamboo(program, memory="128MiB", core={"count_instructions": counted})
    system.costs = CostModel(guest_cpi="0.4", **FREE)
    system.board.uic.latched = False
    simulation = Simulation(system)
    assert simulation.run_all().payload["reason"] == "reset"
    counts = (simulation.stats.counts(f"system.core.{name}") for name in COUNTS)
    text, instructed = console(simulation).replace("\r", ""), simulation.stats.count("system.core.instructions")
    return Ran(simulation.cycle, simulation.engine.digest(), text, instructed, *counts)


@cache
def expected() -> dict[str, int]:
    """QEMU's counts by name; those of symbols by the symbol."""
    found = {}
    for line in (LINUX / "counts-init.txt").read_text().splitlines():
        *name, count = line.split()
        found[name[2] if name[0] == "sym" else " ".join(name)] = int(count)
    return found


def test_a_boot_takes_as_many_instructions_to_the_last_one() -> None:
    assert sum(ran(f"{ARGUMENTS.rstrip()} WL=none").begun().values()) == BOOT


@pytest.mark.slow
def test_the_console_of_all_workloads_is_the_same_to_the_microsecond() -> None:
    """All but its last line, whose time is 1 us later: 836 instructions."""
    ours = ran(ARGUMENTS).console.splitlines()
    theirs = (LINUX / "console-init.txt").read_bytes().decode("latin-1").replace("\r", "").splitlines()
    assert ours[:-1] == theirs[:-1]
    assert ours[-1].split("] ")[1] == theirs[-1].split("] ")[1] == "reboot: Restarting system"


@pytest.mark.slow
def test_busybox_restarts_at_the_same_microsecond() -> None:
    """After 3.78 milliard instructions, as `qemu-system-ppc -icount shift=0` does."""
    lines = ran(ARGUMENTS, False, "initramfs-bbsf.cpio").console.splitlines()
    assert "BB-DONE" in lines
    assert lines[-1] == "[    3.779355] reboot: Restarting system"


@pytest.mark.slow
def test_what_the_guest_does_to_its_tlb_is_equal_count_by_count() -> None:
    found, real = ran(ARGUMENTS), expected()
    assert {name: found.vectors[name] for name in VECTORS.values()} == {VECTORS[name]: real[name] for name in VECTORS}
    opcodes = found.begun()
    for opcode in ("31/978", "31/914", "31/1014", "17", "31/323", "31/451"):  # tlbwe, tlbsx, dcbz, sc, mfdcr, mtdcr
        assert opcodes[opcode] == real[f"op {opcode}"] > 0
    writes = found.spr_writes
    assert (writes["PID"], writes["DEC"], writes["TSR"]) == tuple(real[f"mtspr {number}"] for number in (48, 22, 336))


@pytest.mark.slow
def test_every_opcode_is_within_a_few_of_182_million() -> None:
    opcodes, real = ran(ARGUMENTS).begun(), expected()
    assert {f"op {name}" for name, count in opcodes.items() if count} == {name for name in real if name[:3] == "op "}
    apart = {name: count - real[f"op {name}"] for name, count in opcodes.items() if count}
    assert sum(apart.values()) == 836
    assert sum(opcodes.values()) == real["insns"] + 836
    assert max(abs(count) for count in apart.values()) == 200, "lwz"
    assert sum(count != 0 for count in apart.values()) < len(apart) / 2


@pytest.mark.slow
def test_counting_changes_nothing() -> None:
    plain, counted = ran(ARGUMENTS, False), ran(ARGUMENTS)
    assert sum(counted.opcodes.values()) == plain.instructions
    assert (plain.cycle, plain.digest) == (counted.cycle, counted.digest)
    assert plain.opcodes == {}
