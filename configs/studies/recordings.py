# SPDX-License-Identifier: BSD-3-Clause
"""What recordings cost and what replays save, program by program: bytes a reference, seconds, and whether all is equal.

    python configs/studies/recordings.py refill tests/data/baremetal/s2_thrash.elf --references 30M

Each program is executed as guest of KVM, executed again and recorded, and replayed, under one scheme; `equal` says
whether every counter of core, TLBs and host is. Seconds are of one processor, without building the machine.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from simobjects import ElfProgram, HostKernel, Recording, Simulation, record
from simobjects.boards import bamboo, recording_machine
from simobjects.cli.arguments.shared import count
from simobjects.framework import SimObjectsError
from simobjects.programs.elf_program import program_file

COLUMNS = ("program", "references", "bytes", "bytes_a_reference", "execute_s", "record_s", "replay_s", "equal")
PATHS = ("system.core", "system.tlb", "system.guest_tlb", "system.host")


def counters(simulation: Simulation) -> dict[object, object]:
    """All that core, TLBs and host count, but what follows from the values of registers."""
    rows = [row for row in simulation.stats.rows() if row.path in PATHS and row.stat != "diagnostics"]
    return {(row.window, row.path, row.stat, row.index): row.value for row in rows}


def timed(simulation: Simulation, references: int | None) -> float:
    """Run it; the processor's seconds."""
    started = time.process_time()
    simulation.run_all(references=references)
    return time.process_time() - started


def row(program: str, scheme: str, references: int | None, folder: Path) -> tuple[object, ...]:
    """One line of the table."""
    file = folder / "recording.arrow"

    def executed() -> Simulation:
        return Simulation(bamboo(ElfProgram(str(program_file(program)), memory="32MiB"), scheme))

    plain, watched = executed(), executed()
    seconds = timed(plain, references)
    started = time.process_time()
    with record(watched, file):
        watched.run_all(references=references)
    recording = time.process_time() - started
    again = Simulation(recording_machine(Recording(str(file)), HostKernel(scheme=scheme)))
    replay = timed(again, None)
    size, made = file.stat().st_size, plain.reference
    equal = counters(plain) == counters(watched) == counters(again)
    return (Path(program).stem, made, size, f"{size / made:.4f}", f"{seconds:.2f}", f"{recording:.2f}",
            f"{replay:.2f}", "yes" if equal else "NO")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="+", metavar="PROGRAM", help="ELF files, or shipped programs by name")
    parser.add_argument("--scheme", default="e4", help="the host's (default: e4)")
    parser.add_argument("--references", type=count, help="stop after so many")
    arguments = parser.parse_args()
    print(",".join(COLUMNS))
    equal = True
    with tempfile.TemporaryDirectory() as folder:
        for program in arguments.programs:
            found = row(program, arguments.scheme, arguments.references, Path(folder))
            equal &= found[-1] == "yes"
            print(*found, sep=",", flush=True)
    return 0 if equal else 1


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except SimObjectsError as problem:
        raise SystemExit(str(problem)) from None
