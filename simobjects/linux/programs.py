# SPDX-License-Identifier: BSD-3-Clause
"""The guest's programs, one C file each, and files that are taken as they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.errors import InputError
from simobjects.linux.cpio import Node, archive, character_device, folder, link, plain, program
from simobjects.linux.errors import BuildError
from simobjects.linux.kernel import RECIPE
from simobjects.linux.tools import COMPILER, KERNEL_HEADERS, run

FLAGS = (
    *"-O2 -mcpu=440 -msoft-float -mlong-double-64 -std=gnu11 -nostdlib -static -fno-pic -no-pie".split(),
    *"-fno-stack-protector -fno-asynchronous-unwind-tables -Wall -s".split(),
    # Pages as the guest's; and libgcc is compiled for a processor with floating point, of which nothing is used.
    "-Wl,-z,max-page-size=4096,-z,noexecstack,--build-id=none,--no-warn-mismatch",
)
DEVICES = (
    character_device("/dev/console", 5, 1),
    character_device("/dev/null", 1, 3),
    character_device("/dev/mem", 1, 1),
)
INIT, WINDOWS, BUSYBOX = "/init", "/bin/windows", "/bin/busybox"
BARE = re.compile(rb'^\s*#\s*include\s*"guest.h"', re.MULTILINE)
"""In a program that needs no C library."""


@dataclass(frozen=True)
class Added:
    """A file of the user's for the guest: a C source (compiled), or anything else (taken as it is).

    Attributes:
        file: on this computer.
        path: absolute, in the guest: `/bin/prog`.
    """

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

    def inputs(self) -> tuple[object, ...]:
        """All of it that decides what the guest gets."""
        executable = bool(self.file.stat().st_mode & 0o111)
        return self.path, self.file.suffix, executable, hashlib.sha256(self.file.read_bytes()).hexdigest()

    def node(self, work: Path, library: Path | None = None) -> Node:
        """As it is put into the guest. What can be executed here can be there, and so can every ELF file.

        Args:
            work: a folder for what is made on the way.
            library: the folder with a C library, for a source that needs one; None: there is none.

        Raises:
            BuildError: it does not compile, or is a program that the guest could not execute.
        """
        if self.file.suffix == ".c":
            return program(self.path, compiled(self.file, work, library))
        data = self.file.read_bytes()
        if data[:4] == b"\x7fELF":
            check_program(data, self.file)
        executable = self.file.stat().st_mode & 0o111 or data[:4] == b"\x7fELF"
        return program(self.path, data) if executable else plain(self.path, data)


def check_program(data: bytes, file: Path) -> None:
    """BuildError when the guest could not execute it: it is no big-endian 32-bit PowerPC ELF, or is linked dynamically.

    Its header is read and nothing else; `data` begins with the four bytes of an ELF file.
    """
    big, powerpc, dynamic = data[4:6] == b"\x01\x02", data[18:20] == b"\x00\x14", _has_interpreter(data)
    if not big or not powerpc:
        raise BuildError("is no program for a 32-bit PowerPC", where=file, fix=f"compile it with {COMPILER}")
    if dynamic:
        raise BuildError("needs shared libraries, and the guest has none", where=file, fix="link it with -static")


def _has_interpreter(data: bytes) -> bool:
    begin, count = int.from_bytes(data[28:32], "big"), int.from_bytes(data[44:46], "big")
    return any(data[at : at + 4] == b"\x00\x00\x00\x03" for at in range(begin, begin + 32 * count, 32))


def compiled(file: Path, work: Path, library: Path | None = None) -> bytes:
    """A C file as a program. `guest.h` and `mark.h` are found; no path gets into it.

    Args:
        file: one that includes `guest.h` needs no C library; any other is linked with that.
        work: a folder for what is made on the way.
        library: the folder with a C library; None: there is none.

    Raises:
        BuildError: it does not compile, or needs a C library and there is none.
    """
    made, source = work / f"{file.stem}.elf", file.resolve()
    found = [f"-I{RECIPE}", f"-ffile-prefix-map={RECIPE}=", f"-ffile-prefix-map={source.parent}="]
    if BARE.search(source.read_bytes()):
        run([COMPILER, *FLAGS, "-ffreestanding", *found, "-o", made, source, "-lgcc"], work)
    elif library is None:
        raise BuildError("needs a C library", where=file, fix='build with --busybox, or write for `#include "guest.h"`')
    else:
        headers: list[str | Path] = ["-nostdinc", "-isystem", library / "include", "-idirafter", KERNEL_HEADERS]
        begin = [library / "lib" / name for name in ("crt1.o", "crti.o")]
        end: list[str | Path] = ["-Wl,--start-group", "-lc", "-lgcc", "-Wl,--end-group", library / "lib" / "crtn.o"]
        command: list[str | Path] = [
            COMPILER,
            *FLAGS,
            *headers,
            *found,
            "-o",
            made,
            *begin,
            source,
            f"-L{library / 'lib'}",
            *end,
        ]
        run(command, work)
    return made.read_bytes()


def initramfs(init: Added | None, added: Iterable[Added], work: Path, library: Path | None = None) -> bytes:
    """The initial file system: devices, `mark`, our init (which `init` replaces), what is added.

    Args:
        init: takes the place of /init; None: ours, which is at /bin/windows in any case.
        added: further files, in order; one with the path of an earlier file replaces it.
        work: a folder for what is compiled.
        library: a folder with a C library and a busybox, whose applets become links to it; None: neither.

    Returns:
        A cpio archive, not compressed; the same bytes for the same files and compiler.

    Raises:
        BuildError: one of the programs does not compile, or could not be executed by the guest.
    """
    own = program(INIT, compiled(RECIPE / "init.c", work))
    nodes = [*DEVICES, folder("/tmp"), program("/bin/mark", compiled(RECIPE / "mark.c", work)), own]
    nodes.append(program(WINDOWS, own.data))
    if library is not None:
        nodes.append(program(BUSYBOX, (library / "busybox").read_bytes()))
        applets = (library / "busybox.links").read_text(encoding="utf-8").split()
        nodes += [link(f"/bin/{name.rpartition('/')[2]}", BUSYBOX) for name in applets]
    nodes += [each.node(work, library) for each in added]
    if init is not None:
        nodes.append(program(INIT, init.node(work, library).data))
    return archive(nodes)
