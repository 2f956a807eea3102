# SPDX-License-Identifier: BSD-3-Clause
"""The guest's programs: one C file each, without a C library, and files that are taken as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.errors import InputError
from simobjects.linux.cpio import Node, archive, character_device, plain, program
from simobjects.linux.errors import BuildError
from simobjects.linux.kernel import RECIPE
from simobjects.linux.tools import COMPILER, run

FLAGS = (
    *(
        "-O2",
        "-mcpu=440",
        "-msoft-float",
        "-std=gnu11",
        "-ffreestanding",
        "-fno-pic",
        "-no-pie",
        "-nostdlib",
        "-static",
    ),
    *("-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-Wall", "-s"),
    # Pages as the guest's; and libgcc is compiled for a processor with floating point, of which nothing is used.
    "-Wl,-z,max-page-size=4096,-z,noexecstack,--build-id=none,--no-warn-mismatch",
)
DEVICES = (
    character_device("/dev/console", 5, 1),
    character_device("/dev/null", 1, 3),
    character_device("/dev/mem", 1, 1),
)
INIT, WINDOWS = "/init", "/bin/windows"


@dataclass(frozen=True)
class Added:
    """A file of the user's for the guest: a C source (compiled), or anything else (taken as it is)."""

    file: Path
    path: str

    @classmethod
    def parse(cls, text: str) -> Added:
        """`FILE` goes to /bin under its own name, `FILE:/PATH` there. InputError: there is no such file."""
        found = re.fullmatch(r"(.+?)(?::(/.*))?", text)
        file = Path(found[1]) if found else Path()
        if found is None or not file.is_file():
            raise InputError("is no file", where=text, fix="write FILE or FILE:/PATH/IN/THE/GUEST")
        return cls(file, found[2] or f"/bin/{file.stem if file.suffix == '.c' else file.name}")

    def node(self, work: Path) -> Node:
        """As it is put into the guest. What can be executed here can be there."""
        if self.file.suffix == ".c":
            return program(self.path, compiled(self.file, work))
        data = self.file.read_bytes()
        if data[:4] == b"\x7fELF":
            check_program(data, self.file)
        executable = self.file.stat().st_mode & 0o111 or data[:4] == b"\x7fELF"
        return program(self.path, data) if executable else plain(self.path, data)


def check_program(data: bytes, file: Path) -> None:
    """BuildError when the guest could not execute it."""
    big, powerpc, dynamic = data[4:6] == b"\x01\x02", data[18:20] == b"\x00\x14", _has_interpreter(data)
    if not big or not powerpc:
        raise BuildError("is no program for a 32-bit PowerPC", where=file, fix=f"compile it with {COMPILER}")
    if dynamic:
        raise BuildError("needs shared libraries, and the guest has none", where=file, fix="link it with -static")


def _has_interpreter(data: bytes) -> bool:
    begin, count = int.from_bytes(data[28:32], "big"), int.from_bytes(data[44:46], "big")
    return any(data[at : at + 4] == b"\x00\x00\x00\x03" for at in range(begin, begin + 32 * count, 32))


def compiled(file: Path, work: Path) -> bytes:
    """A C file as a program. `guest.h` and `mark.h` are found; no path gets into it."""
    made = work / f"{file.stem}.elf"
    here = f"-ffile-prefix-map={file.resolve().parent}="
    run(
        [COMPILER, *FLAGS, here, f"-I{RECIPE}", f"-ffile-prefix-map={RECIPE}=", "-o", made, file.resolve(), "-lgcc"],
        work,
    )
    return made.read_bytes()


def initramfs(init: Added | None, added: Iterable[Added], work: Path) -> bytes:
    """The initial file system: devices, `mark`, our init (which `init` replaces), and what is added."""
    own = program(INIT, compiled(RECIPE / "init.c", work))
    nodes = [*DEVICES, program("/bin/mark", compiled(RECIPE / "mark.c", work)), own]
    nodes.append(program(WINDOWS, own.data))
    nodes += [each.node(work) for each in added]
    if init is not None:
        nodes.append(program(INIT, init.node(work).data))
    return archive(nodes)
