# SPDX-License-Identifier: BSD-3-Clause
"""The executing core against QEMU on the same ELF files, in turn, by CPU time."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import emulator
from benchmarks.programs import Program, programs
from simobjects import ElfProgram, Simulation
from simobjects.base.text import markdown
from simobjects.boards import bamboo

BOUND = {
    "s1": "one indirect jump for each instruction, and guest registers that go through memory",
    "s2": "a miss: the search of 64 entries, three tlbwe, some 155 instructions of handler",
    "s3": "as s1",
    "large": "records of 32 bytes and mispredicted jumps: the code fits neither a cache nor the predictor",
}


def machine(elf: Path) -> Simulation:
    """The program on the bare machine, its TLB of 64 entries modelled exactly."""
    return Simulation(bamboo(ElfProgram(str(elf)), memory="128MiB"))


def ours(program: Program) -> tuple[float, int, int]:
    """CPU time of this thread, instructions and TLB misses of one whole run."""
    sim = machine(program.path)
    begin = time.thread_time()
    sim.run_all()
    spent = time.thread_time() - begin
    return spent, _count(sim, "system.core.instructions"), _count(sim, "system.tlb.misses")


def _count(sim: Simulation, name: str) -> int:
    value = sim.stats[name]
    assert isinstance(value, int), name
    return value


def measure_programs(rounds: int, told: Callable[[str], None]) -> dict[str, Any]:
    """Every program on the core, on QEMU and on QEMU with the counting plugin; medians over the rounds."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = programs(Path(folder))
        plugin = emulator.compile_plugin(Path(folder)) if emulator.available() else None
        rows = {program.name: _row(program) for program in chosen}
        for number in range(rounds):
            told(f"programs, round {number + 1} of {rounds}")
            for program in chosen:
                _once(program, rows[program.name], plugin)
    return {"qemu": emulator.version() if emulator.available() else None, "plugin": plugin is not None,
            "rounds": rounds, "rows": [_finish(row) for row in rows.values()]}


def _row(program: Program) -> dict[str, Any]:
    return {"name": program.name, "about": program.about, "bound": BOUND[program.name], "to_qemu": program.to_qemu,
            "mips": program.mips, "core": [], "qemu": [], "plugin": []}


def _once(program: Program, row: dict[str, Any], plugin: Path | None) -> None:
    spent, row["instructions"], row["misses"] = ours(program)
    row["core"].append(spent)
    if emulator.available():
        row["qemu"].append(emulator.seconds(program.path))
    if plugin is not None:
        row["plugin"].append(emulator.seconds(program.path, plugin))


def _finish(row: dict[str, Any]) -> dict[str, Any]:
    """Rates from the medians; ratios as medians of the rounds' ratios."""
    for who in ("core", "qemu", "plugin"):
        row[f"{who}_mips"] = row["instructions"] / statistics.median(row[who]) / 1e6 if row[who] else None
    row["ratio"] = _ratio(row["qemu"], row["core"])
    row["ratio_plugin"] = _ratio(row["plugin"], row["core"])
    met = row["mips"] <= row["core_mips"]
    row["met"] = met and (row["ratio"] is None or row["ratio"] >= row["to_qemu"])
    return row


def _ratio(theirs: list[float], core: list[float]) -> float | None:
    return statistics.median(a / b for a, b in zip(theirs, core, strict=True)) if theirs else None


HEADS = (
    "", "instructions", "TLB misses", "core, MIPS", "QEMU, MIPS", "with plugin, MIPS", "core / QEMU", "core / plugin",
    "wanted", "met",
)  # fmt: skip


def programs_markdown(found: dict[str, Any]) -> str:
    """The table of the report."""
    lines = [
        "", "## Executed programs", "",
        "The same ELF files on the executing core (exact model of a TLB with 64 entries, every load and store counted) "
        f"and on {found['qemu'] or 'no QEMU: it is not installed'}; CPU time, medians of {found['rounds']}; QEMU's "
        "includes its start-up. The plugin counts memory accesses by a call at each.", "",
    ]
    rows = []
    for row in found["rows"]:
        wanted = f"{row['to_qemu']:g} x QEMU" if row["to_qemu"] else f"{row['mips']:g} MIPS"
        cells = [row["name"], f"{row['instructions']:,}", f"{row['misses']:,}", *(_cell(row[key], 0) for key in (
            "core_mips", "qemu_mips", "plugin_mips")), _cell(row["ratio"], 2), _cell(row["ratio_plugin"], 2), wanted,
            "yes" if row["met"] else "no"]
        rows.append(cells)
    lines.append(markdown(HEADS, rows, left=(0, len(HEADS) - 1)))
    lines += ["", *(f"* **{row['name']}**: {row['about']}. Bound by: {row['bound']}." for row in found["rows"]), ""]
    return "\n".join(lines)


def _cell(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
