# SPDX-License-Identifier: BSD-3-Clause
"""The executing core with one bug at a time, to see whether the harness finds it.

The core's C sources are copied, each bug is written into the copy behind `PLANTED(n)`, and the copy is compiled once;
CPU440_PLANT in the environment of a process says which bug it has (0: none). One process loads the copy and forks for
each run. By hand:

    echo "3 image.elf memory.bin" | python -m tests.differential.planted executing_core.so
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "cext" / "engine"
"""The C sources of the executing core; the tables that they include are beside this folder."""
HEADER = """\
#include <stdlib.h>
static int planted_number = -1;
static int planted(void) {
    if (planted_number < 0) planted_number = atoi(getenv("CPU440_PLANT") ? getenv("CPU440_PLANT") : "0");
    return planted_number;
}
#define PLANTED(n) (planted() == (n))
"""


@dataclass(frozen=True)
class Bug:
    """What is wrong, and the text of a source that is replaced (it occurs there once)."""

    name: str
    file: str
    right: str
    wrong: str

    @property
    def has_a_place(self) -> bool:
        """Whether the source is still so that the bug can be planted."""
        return (SOURCES / self.file).read_text().count(self.right) == 1


# The number of a bug is its place here, from 1.
BUGS = (
    Bug("adde forgets the carry", "ops440_integer.inc",
        "WITH_CARRY(adde, a, b, c->ca)", "WITH_CARRY(adde, a, b, PLANTED(1) ? 0 : c->ca)"),
    Bug("one instruction too many is counted at a fault", "engine440.inc",
        "\nfault:", "\nfault: if (PLANTED(2)) left--;"),
    Bug("the read tag is used for stores", "ops440_memory.inc",
        "if (INSIDE(line, write_tag, at, size)) { fast_",
        "if (INSIDE(line, write_tag, at, size) || (PLANTED(3) && INSIDE(line, read_tag, at, size))) { fast_"),
    Bug("cmp compares without sign", "ops440_integer.inc",
        "L(cmp): { int32_t a = (int32_t)R(p->a), b = (int32_t)R(p->b); c->cr[p->d] = ORDER(a, b)",
        "L(cmp): { int32_t a = (int32_t)R(p->a), b = (int32_t)R(p->b); "
        "c->cr[p->d] = PLANTED(4) ? ORDER((uint32_t)a, (uint32_t)b) : ORDER(a, b)"),
    Bug("accesses that cross a page are not noticed", "ops440_memory.inc",
        "LIKELY((((ea) + ((size) - 1)) & ~4095u)", "LIKELY((((ea) + (PLANTED(5) ? 0 : (size) - 1)) & ~4095u)"),
    Bug("a store with update that faults moves its base", "ops440_memory.inc",
        "if (acc_store(c, at, size, v)) goto fault; \\\n        after_",
        "if (acc_store(c, at, size, v)) { if (PLANTED(6)) { after_ } goto fault; } \\\n        after_"),
    Bug("the algebraic shift sets carry for positive numbers", "ops440_integer.inc",
        "c->ca = (s >> 31) & (", "c->ca = (PLANTED(7) ? 1 : s >> 31) & ("),
    Bug("tlbsync is not privileged", "ops440_system.inc",
        "L(tlbsync): { PRIVILEGED;", "L(tlbsync): { if (!PLANTED(8)) PRIVILEGED;"),
    Bug("tlbwe leaves cached translations", "cpu440_mmu.h",
        "mmu_drop_lines(c, kept, c->tlb.key", "if (!PLANTED(9)) mmu_drop_lines(c, kept, c->tlb.key"),
    Bug("a PID write leaves cached translations", "cpu440_mmu.h",
        "c->pid = pid;", "c->pid = pid; if (PLANTED(10)) return;"),
    Bug("DEAR of a crossing access names its first byte", "cpu440_access.h",
        "if (mmu_data(c, next, next, kind)) return 1;\n        place->first = room;",
        "if (mmu_data(c, next, PLANTED(11) ? ea : next, kind)) return 1;\n        place->first = room;"),
    Bug("ESR[ST] is missing", "cpu440_mmu.h",
        "uint32_t esr = kind == ACCESS_STORE ? ESR_ST : 0;",
        "uint32_t esr = kind == ACCESS_STORE && !PLANTED(12) ? ESR_ST : 0;"),
    Bug("unsigned accumulation does not saturate", "ops440_mac.inc",
        "UNSIGNED_FITS, 0xFFFFFFFFu)", "UNSIGNED_FITS, PLANTED(13) ? r : 0xFFFFFFFFu)"),
    Bug("stwcx. succeeds without a reservation", "ops440_memory.inc",
        "uint32_t done = c->reservation;", "uint32_t done = c->reservation || PLANTED(14);"),
    Bug("CR0 lacks SO", "engine440.inc",
        "#define CR0(r) (c->cr[0] = ORDER((int32_t)(r), 0) | c->so)",
        "#define CR0(r) (c->cr[0] = ORDER((int32_t)(r), 0) | (PLANTED(15) ? 0 : c->so))"),
    Bug("strings do not wrap from r31 to r0", "cpu440_access.h",
        "c->gpr[(first + i / 4) & 31] >> (24",
        "c->gpr[PLANTED(16) && first + i / 4 > 31 ? 31 : (first + i / 4) & 31] >> (24"),
    Bug("bcctr ignores the sense of its condition", "ops440_branch.inc",
        "if (!(bo & 4)) c->diagnostics[DIAG_invalid_form]++;",
        "if (!(bo & 4)) c->diagnostics[DIAG_invalid_form]++;\n        if (PLANTED(17)) bo |= 8;"),
    Bug("a page that was read may be written", "cpu440_mmu.h",
        "line->write_tag = f->w2 & (user ? 0x10 : 0x02)",
        "line->write_tag = f->w2 & (PLANTED(18) ? (user ? 0x18 : 0x03) : user ? 0x10 : 0x02)"),
)  # fmt: skip


def build(folder: Path, bugs: Sequence[Bug] = BUGS) -> Path:
    """Compiles the core with all bugs in it, none of them awake; returns the extension module."""
    sources = folder / "cext"
    sources.mkdir()
    for kind in ("*.h", "*.inc", "*.def"):
        for path in SOURCES.parent.rglob(kind):
            shutil.copy(path, sources)
    for number, bug in enumerate(bugs, start=1):
        path = sources / Path(bug.file).name
        text = path.read_text()
        assert f"PLANTED({number})" in bug.wrong
        if bug.has_a_place:
            path.write_text(text.replace(bug.right, bug.wrong))
    (sources / "planted.h").write_text(HEADER)
    module = folder / "executing_core.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-O1", "-g0", "-w", "-D_GNU_SOURCE", "-include", str(sources / "planted.h"),
         f"-I{sources}", f"-I{sysconfig.get_paths()['include']}", "-o", str(module), str(generated(folder))],
        check=True,
    )  # fmt: skip
    return module


def generated(folder: Path) -> Path:
    """The C text that Cython makes of the core, moved away from the sources so that it includes the copies."""
    text = folder / "executing_core.c"
    made = SOURCES / "executing_core.c"
    if made.exists():
        shutil.copy(made, text)
    else:
        source = str(SOURCES / "executing_core.pyx")
        subprocess.run([sys.executable, "-m", "cython", "-3", "-I", str(ROOT), "-o", str(text), source], check=True)
    return text


class PlantedCore:
    """The compiled copy in a process of its own, which runs images with one bug or another."""

    def __init__(self, module: Path) -> None:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.differential.planted", str(module)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the process."""
        self._server.communicate()

    def run(self, number: int, elf: Path, work: Path) -> np.ndarray:
        """Run an image on the core with bug `number`; the guest's memory up to the end of its log."""
        memory = work / f"{elf.stem}-{number}.memory"
        assert self._server.stdin is not None and self._server.stdout is not None
        self._server.stdin.write(f"{number} {elf} {memory}\n")
        self._server.stdin.flush()
        assert self._server.stdout.readline() == "0\n", f"bug {number}: the run failed, see its standard error"
        left = np.fromfile(memory, dtype=np.uint8)
        memory.unlink()
        return left


def load(module: str) -> None:
    """From now on the copy is the core of this process."""
    loader = importlib.machinery.ExtensionFileLoader("simobjects.cext.engine.executing_core", module)
    spec = importlib.util.spec_from_loader("simobjects.cext.engine.executing_core", loader)
    assert spec is not None
    sys.modules["simobjects.cext.engine.executing_core"] = importlib.util.module_from_spec(spec)
    loader.exec_module(sys.modules["simobjects.cext.engine.executing_core"])


def main(module: str) -> None:
    """Load the copy; for each line `NUMBER ELF MEMORY` run the image in a fork, and write the fork's exit code."""
    load(module)
    importlib.import_module("tests.differential.machines")

    for line in sys.stdin:
        number, elf, memory = line.split()
        child = os.fork()  # nothing has been executed yet: the copy asks for its bug at its first instruction
        if child == 0:
            os.environ["CPU440_PLANT"] = number
            leave_memory(module, elf, memory)
            sys.stdout.flush()
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def leave_memory(module: str, elf: str, memory: str) -> None:
    """Run one image and leave the guest's memory, up to the log's end, in a file."""
    from tests.differential import records
    from tests.differential.machines import run_core
    from tests.helpers.bare_board import BareBoard

    core = sys.modules["simobjects.cext.engine.executing_core"]
    assert core.__file__ == module
    assert type(BareBoard().core) is core.ExecutingCore
    left = run_core(Path(elf), limit=2_000_000_000, translate_after=0).memory
    left[: records.log_end(left)].tofile(memory)


if __name__ == "__main__":
    main(*sys.argv[1:])
