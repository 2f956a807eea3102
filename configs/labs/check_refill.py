# SPDX-License-Identifier: BSD-3-Clause
"""Checks lab 1, a TLB miss handler for the 440: docs/labs.md.

    cp configs/labs/refill/handler.S mine.S    # and write it
    python configs/labs/check_refill.py mine.S

Needs Debian's gcc-powerpc-linux-gnu.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab_checks import Checks, argument

from simobjects import ElfProgram, Simulation
from simobjects.boards import bamboo
from simobjects.stats import Window

HERE = Path(__file__).resolve().parent
PROGRAMS = HERE.parent / "programs"
COMPILER = "powerpc-linux-gnu-gcc"
FLAGS = (
    "-O2 -mcpu=440 -msoft-float -ffreestanding -fno-pic -no-pie -fno-stack-protector -fno-asynchronous-unwind-tables "
    "-nostdlib -static -G0 -msdata=none -Wno-main -Wl,--build-id=none -Wl,--no-warn-rwx-segments"
)
SIZES = (8, 32, 62, 63, 128)
ROUNDS = 20
ENTRIES = 62
"""Entries 2 to 63."""
MOST = 40
"""Instructions of a miss."""
LIMIT = 20_000_000
"""References after which a handler that never ends is stopped."""


def built(handler: Path, folder: Path) -> Path:
    """The lab's program with this handler in it."""
    shutil.copy(handler, folder / "handler.S")
    elf = folder / "lab.elf"
    sources = [HERE / "refill" / "lab.S", PROGRAMS / "print.c", HERE / "refill" / "lab.c"]
    command = [COMPILER, *FLAGS.split(), "-I", str(folder), "-I", str(PROGRAMS), "-T", str(PROGRAMS / "link.ld")]
    done = subprocess.run(
        [*command, f"-Wa,-I{folder}", "-o", str(elf), *map(str, sources)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{handler}: the compiler refuses it:\n{done.stderr}")
    return elf


def expected_misses() -> list[int]:
    """Of each walk, when 62 entries are replaced in turn and nothing else touches them."""
    return [8, 32 - 8, 62 - 32, 1 + (ROUNDS - 1) * 63, ROUNDS * 128]


def main() -> int:
    """Build, run, look."""
    handler = argument("your handler.S")
    if shutil.which(COMPILER) is None:
        raise SystemExit(f"{COMPILER} is not installed; sudo apt-get install gcc-powerpc-linux-gnu")
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        system = bamboo(ElfProgram(str(built(handler, Path(folder)))), memory="64MiB")
        sim = Simulation(system)
        end = sim.run_all(references=LIMIT)
    lines = sim.peers[system.board.uart0].sent_bytes.decode("ascii", "replace").splitlines()
    checks.that("the program comes to its end", end.payload.get("reason") == "reset", str(end))
    sums = [f"{size} pages: sum {sum(page * page + 1 for page in range(size)) * ROUNDS}" for size in SIZES]
    right = [line for line in sums if line in lines]
    checks.that("every page is found where the table says", right == sums, f"{len(right)} of {len(sums)} sums right")
    windows = [window for window in sim.stats.windows() if window.label.startswith("marker")]
    misses = [window.counts("system.core.interrupts")["data TLB miss"] for window in windows]
    checks.that("entries 2 to 63 are used in turn", misses == expected_misses(), f"misses {misses}")
    checks.that("permissions are the table's: one may store", "stored: 7" in lines, said(lines, "stored"))
    checks.that("registers and CR are kept", "registers kept: 1" in lines, said(lines, "registers kept"))
    checks.that("a missing page is reported, registers intact", "no page: 0" in lines, said(lines, "no page"))
    checks.that("and the program goes on", "a page after that: 1" in lines, said(lines, "a page after that"))
    cost = handler_instructions(windows, misses)
    checks.that(f"a miss takes at most {MOST} instructions", 0 < cost <= MOST, f"{cost:.1f}")
    return int(checks.end())


def said(lines: list[str], begin: str) -> str:
    """What the program printed about it."""
    return next((line for line in lines if line.startswith(begin)), "nothing printed")


def handler_instructions(windows: Sequence[Window], misses: Sequence[int]) -> float:
    """Instructions of a miss: the walks over 63 and over 62 pages differ by one page a round, and by misses."""
    if len(windows) < len(SIZES) or misses[3] <= misses[2]:
        return 0.0
    few, many = (window["system.core.instructions"] for window in windows[2:4])
    assert isinstance(few, int) and isinstance(many, int)
    return (many * 62 - few * 63) / (misses[3] * 62 - misses[2] * 63)


if __name__ == "__main__":
    raise SystemExit(main())
