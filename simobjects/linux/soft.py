# SPDX-License-Identifier: BSD-3-Clause
"""A user space without floating point: Debian's C library for PowerPC has such instructions, the guest's 440 has not.

musl is compiled for soft float, and then a busybox. What the compiler calls instead of floating-point instructions is
in a libgcc of our own: Debian's is for processors that have them, so those of its members that use one are left out,
and the routines of soft-fp are put in. Programs of the user's that want a C library are linked with both libraries too.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import tarfile
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from simobjects.base.files import write_whole
from simobjects.linux.errors import BuildError
from simobjects.linux.kernel import RECIPE
from simobjects.linux.tools import COMPILER, CROSS, KERNEL_HEADERS, plain_environment, run

POOL = "https://deb.debian.org/debian/pool/main"
CONFIG = RECIPE / "busybox.config"
MACHINE = RECIPE / "sfp-machine.h"
HEADERS_PACKAGE = "linux-libc-dev-powerpc-cross"
FOR_SOFT = {"gcc": "gcc", "make": "make", "xz": "xz-utils", "bzip2": "bzip2"}
CPU = (
    *("-O2", "-mcpu=440", "-msoft-float", "-mlong-double-64", "-fno-pic", "-fno-pie", "-no-pie"),
    *("-fno-stack-protector", "-fno-asynchronous-unwind-tables"),
)
ROUTINES = (
    "adddf3 subdf3 muldf3 divdf3 negdf2 eqdf2 gedf2 ledf2 unorddf2 fixdfsi fixdfdi fixunsdfsi fixunsdfdi floatsidf "
    "floatdidf floatunsidf floatundidf extendsfdf2 truncdfsf2 addsf3 subsf3 mulsf3 divsf3 negsf2 eqsf2 gesf2 lesf2 "
    "unordsf2 fixsfsi fixsfdi fixunssfsi fixunssfdi floatsisf floatdisf floatunsisf floatundisf"
).split()
"""What the compiler calls for arithmetic, comparison and conversion of float and double."""
LIBGCC = "libgcc.a"
FLOATING = re.compile(r"\t(f[a-z]+|lf[sd]\w*|stf[sdi]\w*|mffs|mtfs\w+|mcrfs)\.?(\t|\s|$)", re.MULTILINE)
"""An instruction of the floating-point unit in a disassembly."""


@dataclass(frozen=True)
class Archive:
    """A source as Debian 12 has it."""

    path: str
    sha256: str
    members: tuple[str, ...] = ()
    """What is unpacked; empty: all."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]


MUSL = Archive(
    "m/musl/musl_1.2.3.orig.tar.gz", "7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4"
)  # fmt: skip
GLIBC = Archive(
    "g/glibc/glibc_2.36.orig.tar.xz",
    "a543c02070d46ccaf866957efd13f10c924daa74c86a90a0254db09a92a708ee",
    ("*/soft-fp/*", "*/stdlib/longlong.h"),
)
BUSYBOX = Archive(
    "b/busybox/busybox_1.35.0.orig.tar.bz2", "faeeb244c35a348a334f4a59e44626ee870fb07b6884d68c10ae8bc19f83a694"
)
ARCHIVES = (MUSL, GLIBC, BUSYBOX)


def fetch(archive: Archive, cache: Path, told: Callable[[str], None]) -> Path:
    """The archive in the cache, downloaded if it is not there; its sum is checked each time.

    Args:
        archive: which; from Debian's pool, in one piece, in memory.
        cache: where it stays; made when there is something to put there.
        told: gets a line when it is downloaded.

    Raises:
        BuildError: it cannot be downloaded, or is another file than the SHA-256 says.
    """
    place = cache / archive.name
    if not place.is_file():
        told(f"downloading {archive.name} from Debian")
        try:
            with urllib.request.urlopen(f"{POOL}/{archive.path}", timeout=60) as answer:
                data = answer.read()
        except OSError as error:
            what = f"cannot be downloaded: {error}"
            raise BuildError(what, where=f"{POOL}/{archive.path}", fix=f"put the file into {cache}") from None
        _check(archive, data, place)
        cache.mkdir(parents=True, exist_ok=True)
        write_whole(place, data)
    _check(archive, place.read_bytes(), place)
    return place


def _check(archive: Archive, data: bytes, place: Path) -> None:
    found = hashlib.sha256(data).hexdigest()
    if found != archive.sha256:
        what = f"is not the file that was expected: its SHA-256 is {found}, not {archive.sha256}"
        raise BuildError(what, where=place, fix="remove it, and check where it came from")


def build_soft(cache: Path, work: Path, told: Callable[[str], None]) -> Path:
    """A folder with `include` and `lib` of the C library, `busybox`, and `busybox.links`, one applet's path a line.

    Args:
        cache: where the archives are, or will be.
        work: an empty folder; the answer lies in it, beside what was made on the way.
        told: gets a line for each step.

    Raises:
        BuildError: an archive cannot be had, or a tool fails.
    """
    made = work / "soft"
    made.mkdir()
    _build_musl(_unpacked(MUSL, cache, work, told), made, told)
    _build_routines(_unpacked(GLIBC, cache, work, told), made, told)
    tree = _unpacked(BUSYBOX, cache, work, told)
    _build_busybox(tree, made, told)
    for name in ("busybox", "busybox.links"):
        (tree / name).replace(made / name)
    for unused in ("bin/musl-gcc", "lib/musl-gcc.specs"):  # they name this folder
        (made / unused).unlink()
    (made / "bin").rmdir()
    return made


def packed(folder: Path) -> bytes:
    """The folder as one file, the same bytes for the same contents.

    A tar archive of the files, in the order of their paths; times and owners are not kept, and of the permissions only
    whether a file can be executed.
    """
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            info = tarfile.TarInfo(str(path.relative_to(folder)))
            info.size, info.mode = path.stat().st_size, 0o755 if path.stat().st_mode & 0o111 else 0o644
            with path.open("rb") as file:
                tar.addfile(info, file)
    return data.getvalue()


def unpacked(archive: bytes, work: Path) -> Path:
    """The folder again, below `work`."""
    made = work / "soft"
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            data = tar.extractfile(member)
            if data is not None and member.isfile() and not {"..", "/"} & set(Path(member.name).parts):
                place = made / member.name
                place.parent.mkdir(parents=True, exist_ok=True)
                write_whole(place, data.read())
    return made


def _unpacked(archive: Archive, cache: Path, work: Path, told: Callable[[str], None]) -> Path:
    file = fetch(archive, cache, told)
    tree = work / archive.name.partition("_")[0]
    tree.mkdir()
    chosen = ["--wildcards", *archive.members] if archive.members else []
    run(["tar", "--extract", "--file", file.resolve(), "--strip-components=1", "--no-same-owner", *chosen], tree)
    return tree


def _build_musl(tree: Path, made: Path, told: Callable[[str], None]) -> None:
    told("compiling the C library (musl)")
    flags = " ".join((*CPU, f"-ffile-prefix-map={tree.resolve()}="))
    variables = {"CC": COMPILER, "AR": f"{CROSS}ar", "RANLIB": f"{CROSS}ranlib", "CFLAGS": flags}
    options = [f"--prefix={made.resolve()}", "--syslibdir=/lib", "--disable-shared", "--enable-wrapper=gcc"]
    run(["./configure", "--target=powerpc-linux-gnu", *options], tree, variables=variables)
    count = 0

    def compiled(line: str) -> None:
        nonlocal count
        if " -c " in line:
            count += 1
            told(f"compiling the C library (musl): {count} files")

    run([*_make(), "install"], tree, compiled)


def _build_routines(tree: Path, made: Path, told: Callable[[str], None]) -> None:
    told("compiling floating point in software (soft-fp)")
    flags = (*CPU, "-w", "-DUSItype=uint32_t", f"-I{RECIPE}", "-Isoft-fp", "-Istdlib", "-I.")
    library: list[str | Path] = ["-nostdinc", "-isystem", made.resolve() / "include", "-include", MACHINE]
    for name in ROUTINES:
        run([COMPILER, *flags, *library, "-c", "-o", f"soft-{name}.o", f"soft-fp/{name}.c"], tree)
    _without_floating_point(tree, made.resolve() / "lib" / LIBGCC)
    run([f"{CROSS}ar", "qsD", made.resolve() / "lib" / LIBGCC, *(f"soft-{name}.o" for name in ROUTINES)], tree)
    specs = made / "lib" / "musl-gcc.specs"
    text = specs.read_text(encoding="utf-8")
    write_whole(specs, text.replace(f"{LIBGCC}%s", str(made.resolve() / "lib" / LIBGCC)).encode())


def _without_floating_point(tree: Path, library: Path) -> None:
    """Debian's libgcc, but for what holds a floating-point instruction or is among the routines."""
    theirs = subprocess.run(
        [COMPILER, "-print-libgcc-file-name"], check=True, capture_output=True, text=True, env=plain_environment()
    ).stdout.strip()
    listed = subprocess.run(
        [f"{CROSS}objdump", "--disassemble", "--no-show-raw-insn", theirs],
        check=True,
        capture_output=True,
        text=True,
        env=plain_environment(),
    ).stdout
    ours = re.compile(rf"^[0-9a-f]+ <__({'|'.join(ROUTINES)})>:$", re.MULTILINE)
    members = re.split(r"^(\S+):\s+file format \S+$", listed, flags=re.MULTILINE)[1:]
    dropped = [
        name
        for name, code in zip(members[::2], members[1::2], strict=True)
        if ours.search(code) or FLOATING.search(code)
    ]
    write_whole(library, Path(theirs).read_bytes())
    run([f"{CROSS}ar", "dsD", library, *dropped], tree)


def _build_busybox(tree: Path, made: Path, told: Callable[[str], None]) -> None:
    told("configuring busybox")
    make = [*_make(), "ARCH=powerpc", f"CROSS_COMPILE={CROSS}", f"CC={made.resolve()}/bin/musl-gcc"]
    run([*make, "allnoconfig"], tree)
    settings = [line for line in CONFIG.read_text(encoding="utf-8").splitlines() if line.startswith("CONFIG_")]
    flags = " ".join((*CPU, "-idirafter", str(KERNEL_HEADERS)))
    _configure(tree / ".config", [*settings, f'CONFIG_EXTRA_CFLAGS="{flags}"'])
    run(["sh", "-c", 'yes "" | "$@"', "sh", *make, "oldconfig"], tree)
    have = set((tree / ".config").read_text(encoding="utf-8").splitlines())
    lost = [line for line in settings if line not in have]
    if lost:
        what = f"this busybox cannot be configured so: {', '.join(lost)}"
        raise BuildError(what, where=CONFIG, fix="remove these lines, or add what they depend on")
    count = 0

    def compiled(line: str) -> None:
        nonlocal count
        if line.startswith("  CC "):
            count += 1
            told(f"compiling busybox: {count} files, {line.split()[-1]}")

    run([*make, "busybox", "busybox.links"], tree, compiled, variables={"KCONFIG_NOTIMESTAMP": "1"})


def _configure(file: Path, settings: list[str]) -> None:
    """Its `allnoconfig` takes no list of exceptions as the kernel's does."""
    text = file.read_text(encoding="utf-8")
    for line in settings:
        name = line.partition("=")[0]
        quoted = line.replace("\\", "\\\\")
        text = re.sub(rf"^(# {name} is not set|{name}=.*)$", quoted, text, flags=re.MULTILINE)
    write_whole(file, text.encode())


def _make() -> list[str]:
    return ["make", f"-j{os.cpu_count() or 1}"]
