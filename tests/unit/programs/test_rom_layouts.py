# SPDX-License-Identifier: BSD-3-Clause
"""Layouts as GNU ld makes them for a ROM: loaded at one address, linked for another, .bss and .noinit in between.

Each program copies what has another load address, clears its .bss, and prints its data from where it is linked.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import Simulation
from simobjects.programs.elf import read_elf
from simobjects.study import config_script
from tests.helpers.cross import build
from tests.helpers.small_programs import console, machine, run

EXAMPLE = Path(__file__).parents[3] / "configs" / "examples" / "program_guest.py"
START_UP = """
    .macro address register, symbol
    lis \\register, \\symbol@h
    ori \\register, \\register, \\symbol@l
    .endm
    .section .text, "ax"
    .globl _start
_start:
    address 3, data_from
    address 4, data_to
    address 5, data_size
    bl copy
    address 3, more_from
    address 4, more_to
    address 5, more_size
    bl copy
    address 4, bss_from
    address 5, bss_size
    li 6, 0
1:  cmpwi 5, 0
    beq 2f
    stb 6, 0(4)
    addi 4, 4, 1
    addi 5, 5, -1
    b 1b
2:  lis 8, 0xef60
    ori 8, 8, 0x300
    address 4, data_to
    bl print
    address 4, more_to
    bl print
    lis 3, 0x3000
    mtspr 308, 3
    b .
copy:
    cmpwi 5, 0
    beqlr
    lbz 6, 0(3)
    stb 6, 0(4)
    addi 3, 3, 1
    addi 4, 4, 1
    addi 5, 5, -1
    b copy
print:
    lbz 6, 0(4)
    cmpwi 6, 0
    beqlr
    stb 6, 0(8)
    addi 4, 4, 1
    b print
    .section .data, "aw"
    .asciz "data "
    .section .bss, "aw", @nobits
    .space 3000
    .section .noinit, "aw", @nobits
    .space 0x8000
    .section .more, "aw"
    .asciz "more"
"""
MEMORY = """
MEMORY {
  rom : ORIGIN = ROM_AT, LENGTH = 64K
  ram : ORIGIN = 0x300000, LENGTH = 64K
  fast : ORIGIN = 0x400000, LENGTH = 64K
}
ENTRY(_start)
"""
SYMBOLS = """
data_from = LOADADDR(.data); data_to = ADDR(.data); data_size = SIZEOF(.data);
more_from = LOADADDR(.more); more_to = ADDR(.more); more_size = SIZEOF(.more);
bss_from = ADDR(.bss); bss_size = SIZEOF(.bss);
"""
DISCARD = "/DISCARD/ : { *(.gnu.attributes) *(.note*) *(.comment) }"
LAYOUTS = {
    "bss between two parts of a rom": """
        .text : { *(.text) } > rom
        .data : { *(.data) } > ram AT > rom
        .bss (NOLOAD) : { *(.bss) *(.noinit) } > ram AT > rom
        .more : { *(.more) } > fast AT > rom""",
    "bss that ld lets follow": """
        .text : { *(.text) } > rom
        .data : { *(.data) } > ram AT > rom
        .bss : { *(.bss) *(.noinit) } > ram
        .more : { *(.more) } > fast AT > rom""",
    "addresses by AT": """
        .text : { *(.text) } > rom
        .data : AT (LOADADDR(.text) + SIZEOF(.text)) { *(.data) } > ram
        .bss : { *(.bss) *(.noinit) } > ram
        .more : AT (LOADADDR(.data) + SIZEOF(.data)) { *(.more) } > fast""",
    "bss alone in its segment": """
        .text : { *(.text) } > rom
        .bss (NOLOAD) : { *(.bss) } > ram AT > rom
        .noinit (NOLOAD) : { *(.noinit) } > fast AT > rom
        .data : { *(.data) } > fast AT > rom
        .more : { *(.more) } > ram AT > rom""",
    "overlay": """
        .text : { *(.text) } > rom
        .data : { *(.data) } > ram AT > rom
        .bss (NOLOAD) : { *(.bss) *(.noinit) } > ram AT > rom
        OVERLAY 0x400000 : AT (LOADADDR(.data) + SIZEOF(.data)) {
            .empty { LONG(0x3f3f3f00) }
            .more { *(.more) }
        }""",
    "more before the code": """
        .data : { *(.data) } > ram AT > rom
        .bss (NOLOAD) : { *(.bss) *(.noinit) } > ram AT > rom
        .more : { *(.more) } > fast AT > rom
        .text : { . = ALIGN(16); *(.text) } > rom""",
}


def made(folder: Path, layout: str, rom: int) -> Path:
    """The program with this layout, its ROM at an address."""
    source, linker = folder / "rom.S", folder / "rom.ld"
    source.write_text(START_UP)
    sections = f"SECTIONS {{ {LAYOUTS[layout]}\n{DISCARD} }}"
    linker.write_text(f"{MEMORY.replace('ROM_AT', hex(rom))}{sections}\n{SYMBOLS}")
    elf = build([source], folder / "rom.elf", script=linker)
    assert any(segment.linked is not None for segment in read_elf(elf).segments)
    return elf


@pytest.mark.parametrize("rom", [0x10000, 0x1FFF000], ids=["low", "at the end of memory"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_rom_of_gnu_ld_is_loaded_and_runs(tmp_path: Path, layout: str, rom: int) -> None:
    sim, events = run(machine(made(tmp_path, layout, rom)), references=1_000_000)
    assert console(sim) == "data more", str(events[-1])


def test_a_guest_of_kvm_is_loaded_likewise(tmp_path: Path) -> None:
    elf = made(tmp_path, "bss between two parts of a rom", 0x10000)
    changes = {"system.core.workload.elf": str(elf), "system.board.uart0.console": "none"}
    sim = Simulation(config_script.load(EXAMPLE, changes))
    events = list(sim.run(references=1_000_000))
    assert console(sim) == "data more", str(events[-1])
