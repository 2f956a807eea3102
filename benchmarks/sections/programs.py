# SPDX-License-Identifier: BSD-3-Clause
"""Executed programs: the same ELF files on the executing core, on QEMU and on Unicorn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import qemu, unicorn_run
from benchmarks.programs import Program, programs
from benchmarks.row import Cost, Goal, Row, Section, timed
from benchmarks.setting import Setting
from simobjects import ElfProgram, Simulation
from simobjects.boards import bamboo

QEMU, CORE = "QEMU", "core"


def machine(elf: Path, fast: bool = True) -> Simulation:
    """The program on the bare machine, its TLB of 64 entries modelled exactly."""
    return Simulation(bamboo(ElfProgram(str(elf)), memory="128MiB"))


def ours(program: Program) -> Cost:
    """CPU time of this thread of one whole run; the answer is its TLB misses, the work its instructions in millions."""
    counts: list[int] = []

    def prepare() -> Callable[[], int]:
        sim = machine(program.path)

        def run() -> int:
            sim.run_all()
            counts.append(sim.stats.count("system.core.instructions"))
            return sim.stats.count("system.tlb.misses")

        return run

    cost = timed(prepare)()
    return cost._replace(amount=counts[0] / 1e6)


def program_sections(setting: Setting) -> list[Section]:
    """One of each program."""
    plugin = qemu.compile_plugin(setting.folder) if qemu.available() else None
    return [_section(program, plugin) for program in programs(setting.folder)]


def _section(program: Program, plugin: Path | None) -> Section:
    goal = Goal(least=program.to_qemu, to=QEMU) if program.to_qemu else None
    rows = [
        Row(CORE, "the executing core: exact TLB of 64 entries, every load and store counted", lambda: ours(program),
            goal=goal),
        *qemu_rows(lambda *options: qemu.seconds(program.path, *options), program.instructions, plugin),
    ]  # fmt: skip
    if program.name == "s1":
        rows.append(
            Row(
                "Unicorn", "PyPI unicorn: QEMU's translator as a library, no board and no TLB",
                unicorn_run.measure(program) if unicorn_run.available() else None, missing="pip install unicorn",
            )
        )  # fmt: skip
    intro = f"{program.about}; {program.instructions:,} instructions. QEMU's time includes its start-up."
    amount = program.instructions / 1e6
    return Section(f"program-{program.name}", f"The program {program.name}", intro, rows, (QEMU,), amount, "MIPS")


def qemu_rows(seconds: Callable[..., float], instructions: int, plugin: Path | None) -> list[Row]:
    """QEMU in three ways; `seconds` is called with the options of a way."""
    here = qemu.available()

    def row(name: str, about: str, *options: str, missing: str = "") -> Row:
        measure = None if missing else lambda: Cost(seconds(*options), None, instructions / 1e6 or None)
        return Row(name, about, measure, missing=missing)

    absent = "" if here else qemu.MISSING
    return [
        row(QEMU, "system mode, -cpu 440-xilinx, no icount", missing=absent),
        row("QEMU -icount", "a clock of instructions, as who counts needs it", *qemu.ICOUNT, missing=absent),
        row("QEMU, plugin", "a call at each access that counts it: benchmarks/plugin/count.c",
            *qemu.plugin_options(plugin), missing=absent or ("" if plugin else qemu.NO_PLUGINS)),
    ]  # fmt: skip
