# SPDX-License-Identifier: BSD-3-Clause
"""The whole text of every report of a program that cannot be loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simobjects import ConfigError, RawImage, Simulation, StartEntry
from simobjects.programs.elf import HOW
from tests.helpers.elf_files import Elf, Part
from tests.helpers.small_programs import STAY, elf_file, machine

BUILT = "build or copy the file again"
FILES: dict[str, tuple[bytes, str, str]] = {
    "no_elf": (b"#!/bin/sh\n", "is no ELF file", "for a raw memory image use RawImage(image=...)"),
    "truncated": (
        Elf([Part(filesize=4096)]).bytes(),
        "is truncated: segment 0 takes bytes 84 to 4180, the file has 88",
        BUILT,
    ),
    "machine": (
        Elf(machine=62).bytes(),
        "is for another machine: 32-bit, big-endian, EM_X86_64; expected 32-bit, big-endian, EM_PPC",
        HOW,
    ),
    "overlap": (
        Elf([Part(0x10000, bytes(0x20)), Part(0x20000, bytes(4), paddr=0x1001C)]).bytes(),
        "its segments overlap in memory: 0x10000 to 0x10020 and 0x1001c to 0x10020",
        "correct the physical addresses (AT) in the linker script",
    ),
    "dynamic": (Elf([Part(), Part(kind=3)]).bytes(), "needs a dynamic loader (PT_INTERP)", HOW),
}


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in reports are short."""
    monkeypatch.chdir(tmp_path)


def report(system: Any) -> str:
    """The report without the places in this file."""
    with pytest.raises(ConfigError) as caught:
        Simulation(system)
    return "\n".join(line for line in str(caught.value).splitlines() if not line.startswith("     at: "))


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_program(tmp_path: Path, name: str) -> None:
    data, what, fix = FILES[name]
    (tmp_path / "prog.elf").write_bytes(data)
    assert report(machine("prog.elf")) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.elf = 'prog.elf'\n"
        f"     expected: a program that can be loaded; this one {what}\n"
        f"     fix: {fix}"
    )


def test_a_file_that_is_not_there() -> None:
    assert report(machine("./absent.elf")) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.elf = 'absent.elf'\n"
        "     expected: the path of an existing file, or a shipped program (echo, hello, refill)\n"
        "     fix: correct the path"
    )


def test_a_segment_that_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "prog.elf").write_bytes(Elf([Part(0x1FFFFF0, bytes(32))], entry=0x1FFFFF0).bytes())
    assert report(machine("prog.elf")) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.elf = 'prog.elf'\n"
        "     expected: a program that fits into memory; 0x1fffff0 to 0x2000010 is beyond its end, 0x2000000\n"
        "     fix: link it lower, or raise system.memory"
    )


def test_an_empty_image(tmp_path: Path) -> None:
    (tmp_path / "image.bin").write_bytes(b"")
    system = machine("hello")
    system.core.workload = RawImage(str(tmp_path / "image.bin"))
    system.core.exceptions = system.core.workload.vectors
    assert "this one is empty\n     fix: give a file with a program in it" in report(system)


def test_a_file_system_without_a_device_tree(tmp_path: Path) -> None:
    elf = elf_file(Path("p.elf"), [STAY])
    assert report(machine(elf, initrd=str(elf))) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.initrd = 'p.elf'\n"
        "     expected: a device tree to say so in\n"
        "     fix: set device_tree to 'made'"
    )


def test_a_tree_as_it_is_gets_no_arguments(tmp_path: Path) -> None:
    elf = elf_file(Path("p.elf"), [STAY])
    system = machine(elf, device_tree="made", fill_device_tree=False)
    assert report(system) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.fill_device_tree = False\n"
        "     expected: a tree that is filled in: one that is made, or that gets bootargs, cannot be given as it is\n"
        "     fix: leave it out, or give a blob that has the bootargs"
    )


def test_what_overlaps_in_memory(tmp_path: Path) -> None:
    elf = elf_file(Path("p.elf"), [STAY])
    system = machine(elf, initrd=str(elf), device_tree="made", initrd_address=0x10000)
    assert report(system) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.initrd = 'p.elf'\n"
        "     expected: memory of its own; 0x10000 to 0x10058 overlaps 0x10000 to 0x10004\n"
        "     fix: choose another address"
    )


@pytest.mark.parametrize(
    ("linked", "loaded", "lost", "span", "free"),
    [
        (0x300000, 0x20000, 0x301000, "0x300004 to 0x302000", 0x21000),
        (0xC0100000, 0x100000, 0x101000, "0x100000 to 0x102000", 0x102000),
    ],
    ids=["where a ROM is linked, not behind its bytes", "behind the bytes of a kernel"],
)
def test_what_overlaps_memory_that_is_cleared(
    tmp_path: Path, linked: int, loaded: int, lost: int, span: str, free: int
) -> None:
    """A file system in the .bss would be lost."""
    Path("fs").write_bytes(bytes(64))
    Path("p.elf").write_bytes(Elf([Part(), Part(linked, b"data", loaded, 0x2000)]).bytes())
    assert report(machine("p.elf", initrd="fs", device_tree="made", initrd_address=lost)) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.initrd = 'fs'\n"
        f"     expected: memory of its own; {lost:#x} to {lost + 64:#x} overlaps {span}\n"
        "     fix: choose another address"
    )
    assert Simulation(machine("p.elf", initrd="fs", device_tree="made", initrd_address=free))


def test_memory_to_be_cleared_that_does_not_fit(tmp_path: Path) -> None:
    Path("p.elf").write_bytes(Elf([Part(), Part(0x1FFFFF0, b"data", 0x20000, 0x20)]).bytes())
    assert report(machine("p.elf")) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.elf = 'p.elf'\n"
        "     expected: a program that fits into memory; 0x1fffff4 to 0x2000010 is beyond its end, 0x2000000\n"
        "     fix: link it lower, or raise system.memory"
    )


def test_starts_that_are_no_address_of_an_instruction(tmp_path: Path) -> None:
    Path("p.elf").write_bytes(Elf(entry=0x10002).bytes())
    assert report(machine("p.elf")) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.elf = 'p.elf'\n"
        "     expected: a program that can be loaded; this one its entry 0x10002 is no address of an instruction, "
        "which is a multiple of 4\n"
        "     fix: align its label (.balign 4), or name another entry in the linker script"
    )
    assert report(machine(elf_file(Path("p.elf"), [STAY]), registers={"pc": 0x10002})) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.registers = {'pc': 65538}\n"
        "     expected: pc the address of an instruction, a multiple of 4\n"
        "     fix: align it"
    )


@pytest.mark.parametrize(
    ("values", "name", "fix"),
    [
        ({"address": 0x4002}, "address = 16386", "align it, or give an `entry`"),
        ({"address": 0x4000, "entry": 0x4003}, "entry = 16387", "align it"),
    ],
)
def test_an_image_that_begins_between_instructions(tmp_path: Path, values: dict[str, int], name: str, fix: str) -> None:
    Path("image.bin").write_bytes(bytes(64))
    system = machine("hello")
    system.core.workload = RawImage("image.bin", **values)
    system.core.exceptions = system.core.workload.vectors
    assert report(system) == (
        "1 problem in this configuration\n"
        f"  1. system.core.workload.{name}\n"
        "     expected: the address of an instruction, a multiple of 4\n"
        f"     fix: {fix}"
    )


def test_registers_that_a_core_does_not_have(tmp_path: Path) -> None:
    elf = elf_file(Path("p.elf"), [STAY])
    assert report(machine(elf, registers={"r32": 1})) == (
        "1 problem in this configuration\n"
        "  1. system.core.workload.registers = {'r32': 1}\n"
        "     expected: names of registers; there is no r32\n"
        "     fix: use r0 to r31, pc, msr, cr, lr, ctr, xer, or the name of an SPR such as pid"
    )


def test_start_entries_that_the_tlb_cannot_hold(tmp_path: Path) -> None:
    elf = elf_file(Path("p.elf"), [STAY])
    entries = [StartEntry(slot=0, ea=0x1000, pa=0, size="16KiB"), StartEntry(slot=64, ea=0, pa=0, size="5KiB")]
    assert report(machine(elf, entries=entries)) == (
        "3 problems in this configuration\n"
        "  1. system.core.workload.entries[1] = StartEntry (system.core.workload.entries[1])\n"
        "     expected: a slot of the hardware TLB, which has 64\n"
        "     fix: choose a slot from 0 to 63\n"
        "  2. system.core.workload.entries[0].ea = 4096\n"
        "     expected: addresses that are multiples of the page size 16384\n"
        "     fix: align both\n"
        "  3. system.core.workload.entries[1].size = 5120\n"
        "     expected: a page size of the 440\n"
        "     fix: choose one of 1KiB, 4KiB, 16KiB ... 256MiB"
    )


def test_a_core_without_memory(tmp_path: Path) -> None:
    system = machine(elf_file(Path("p.elf"), [STAY]))
    from simobjects import Memory

    system.more = Memory()
    assert "expected: a connection to a Memory, because it executes a program" in report(system)
