# SPDX-License-Identifier: BSD-3-Clause
"""Where the kernel's source comes from: a file, the installed package, or Debian's archive. Root is not needed."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

from simobjects.base.files import beside, remove
from simobjects.linux.errors import BuildError
from simobjects.linux.tools import run

PACKAGE = "linux-source-6.1"
INSTALLED = Path("/usr/src") / f"{PACKAGE}.tar.xz"
FIX = f"apt-get install {PACKAGE}, or give the file with --source"
UNUSED = (
    *("arch/" + name for name in (
        "alpha arc arm arm64 csky hexagon ia64 loongarch m68k microblaze mips nios2 openrisc parisc riscv s390 sh "
        "sparc um x86 xtensa").split()),
    *("drivers/" + name for name in (
        "accel ata comedi crypto gpu hid iio infiniband isdn md media mtd net nvme scsi soundwire staging thunderbolt "
        "usb").split()),
    *("sound", "samples", "net", "Documentation", "tools/perf", "tools/testing"),
)  # fmt: skip
"""Folders of which only the descriptions are unpacked (Kconfig, Makefile): no file of the guest's kernel is there."""
LEFT_OUT = ("*.c", "*.h", "*.S", "*.rst", "*.dts", "*.dtsi", "*.json", "*.txt", "*.yaml", "*.svg", "*.sh")


def find_source(given: Path | None, cache: Path, told: Callable[[str], None]) -> Path:
    """The archive of the source.

    Args:
        given: a .tar.xz or Debian's package; None: the installed one, or one that apt gets.
        cache: where what apt gets stays.
        told: gets a line for each step.

    Raises:
        BuildError: there is no such file, or apt cannot get it.
    """
    if given is not None:
        if not given.is_file():
            raise BuildError("is no file", where=given, fix=f"give {PACKAGE}.tar.xz or the package that holds it")
        return given
    if INSTALLED.is_file():
        return INSTALLED
    kept = sorted(cache.glob(f"{PACKAGE}_*.deb"))
    return kept[-1] if kept else _download(cache, told)


def _download(cache: Path, told: Callable[[str], None]) -> Path:
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise BuildError(f"no {INSTALLED}, and no apt-get to get it", fix=FIX)
    told(f"downloading {PACKAGE} from Debian")
    work = beside(cache, "partial")
    work.mkdir(parents=True)
    try:
        # Without root apt downloads as it can; its sandbox user cannot write here, which it only remarks.
        run(["apt-get", "download", "-o", "APT::Sandbox::User=root", PACKAGE], work)
        (found,) = work.glob("*.deb")
        cache.mkdir(parents=True, exist_ok=True)
        return found.replace(cache / found.name)
    except (BuildError, ValueError) as error:
        reason = f": {error}" if isinstance(error, BuildError) else ""
        raise BuildError(f"apt-get could not download {PACKAGE}{reason}", fix=f"apt-get update, or {FIX}") from None
    finally:
        remove(work)


def unpack(source: Path, work: Path) -> Path:
    """The tree that the archive holds, unpacked in `work` without what is not used.

    Args:
        source: a .tar.xz, or Debian's package that holds one.
        work: an empty folder; the tree is `linux` in it.

    Raises:
        BuildError: it is no archive of Linux's source, or tar fails.
    """
    tar = source
    if source.suffix == ".deb":
        run(["dpkg-deb", "-x", source.resolve(), "."], work)
        found = list(work.glob("usr/src/*.tar.xz"))
        if len(found) != 1:
            raise BuildError("holds no archive of a kernel", where=source, fix=f"give the package {PACKAGE}")
        tar = found[0]
    if not tarfile.is_tarfile(tar):
        raise BuildError("is no archive of a kernel's source", where=source, fix=f"give {PACKAGE}.tar.xz")
    tree = work / "linux"
    tree.mkdir()
    without = [f"--exclude={PACKAGE}/{folder}/{kind}" for folder in UNUSED for kind in LEFT_OUT]
    run(
        [
            "tar",
            "--extract",
            "--file",
            tar.resolve(),
            "--strip-components=1",
            "--no-same-owner",
            "--anchored",
            *without,
        ],
        tree,
    )
    if not (tree / "arch" / "powerpc" / "Kconfig").is_file():
        raise BuildError("holds no source of Linux", where=source, fix=f"give {PACKAGE}.tar.xz")
    return tree
