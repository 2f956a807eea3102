# SPDX-License-Identifier: BSD-3-Clause
"""A folder with a guest: kernel, kernel for KVM, initial file system, and what they were made from.

Each part (the C library with busybox, the initial file system, the kernels) appears whole or not at all, and
`built.json`, which says what it was made from, comes after it. What has the same inputs as before is not made again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects.base.files import remove, write_whole
from simobjects.linux import soft
from simobjects.linux.errors import BuildError
from simobjects.linux.fit import EDITS, make_fit
from simobjects.linux.kernel import CONFIG, RECIPE, VARIABLES, build_kernel
from simobjects.linux.products import INITRAMFS, KERNEL, KVM_KERNEL
from simobjects.linux.programs import FLAGS, Added, initramfs
from simobjects.linux.source import LEFT_OUT, UNUSED, find_source
from simobjects.linux.tools import FOR_KERNEL, FOR_PROGRAMS, KERNEL_HEADERS, need, version

RECORD, SOFT = "built.json", "soft-float.tar"
HEADERS = ("guest.h", "mark.h")
CACHE, WORK, LOCK = ".sources", ".work-", ".lock"
FORMAT = 1
"""Of what is made from the same inputs: raised when this module makes other bytes of them."""

Told = Callable[[str], None]


@dataclass(frozen=True)
class Guest:
    """What was asked for.

    Attributes:
        folder: where the guest is, or will be.
        source: archive of the kernel; None looks for one.
        config: of the kernel; None: the recipe's.
        init: what takes the place of our init.
        added: further files of the initial file system.
        busybox: whether a C library and a busybox are built too.
    """

    folder: Path
    source: Path | None = None
    config: Path | None = None
    init: Added | None = None
    added: tuple[Added, ...] = ()
    busybox: bool = False


def build(guest: Guest, told: Told) -> list[str]:
    """Make what is not there or has other inputs now.

    Args:
        guest: what was asked for.
        told: gets a line for each step.

    Returns:
        The names of the files that were made; none when everything was there.

    Raises:
        BuildError: a tool or a source is missing, one of them failed, or another build is at work in the folder.
    """
    need(FOR_PROGRAMS)
    with _alone(guest.folder):
        built = _Built(guest.folder)
        inputs = ""
        if guest.busybox:
            need(soft.FOR_SOFT, () if (KERNEL_HEADERS / "linux").is_dir() else (soft.HEADERS_PACKAGE,))
            inputs = _soft_inputs()
            built.part("soft", inputs, (SOFT,), lambda: {SOFT: _soft(guest, told)})
        archive = built.read(SOFT) if guest.busybox else None
        built.part(
            "programs", _program_inputs(guest, inputs), (INITRAMFS, *HEADERS), lambda: _programs(guest, archive, told)
        )
        source = find_source(guest.source, guest.folder / CACHE, told)
        config = guest.config or CONFIG
        built.part(
            "kernel", _kernel_inputs(source, config), (KERNEL, KVM_KERNEL), lambda: _kernels(guest, source, told)
        )
        return built.made


class _Built:
    """The folder as it is, part by part."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made: list[str] = []
        self._record = _recorded(folder / RECORD)

    def part(self, name: str, inputs: str, products: tuple[str, ...], make: Callable[[], dict[str, bytes]]) -> None:
        """Make the part, unless it was made from these inputs and its files are as they were made."""
        files = {each: self._digest_of(each) for each in products}
        if self._record.get(name) == {"inputs": inputs, "products": files}:
            return
        made = make()
        for each in products:  # nothing that does not belong together is there, whenever this ends
            remove(self.folder / each)
        for each, data in made.items():
            write_whole(self.folder / each, data)
        self._record[name] = {"inputs": inputs, "products": {each: _digest(data) for each, data in made.items()}}
        write_whole(self.folder / RECORD, json.dumps(self._record, indent=1).encode() + b"\n")
        self.made += products

    def read(self, product: str) -> bytes:
        """A product of a part that is there."""
        return (self.folder / product).read_bytes()

    def _digest_of(self, product: str) -> str:
        file = self.folder / product
        return _digest(file.read_bytes()) if file.is_file() else ""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folder, made if need be, for this build only and without what interrupted ones have left."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError as error:
        raise BuildError(error.strerror or "cannot be made", where=folder, fix="choose another folder") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BuildError("another build is at work here", where=folder, fix="wait for it") from None
        for left in folder.glob(f"{WORK}*"):
            remove(left)
        yield


@contextmanager
def _work(folder: Path) -> Iterator[Path]:
    """A folder for what is compiled: beside the products, because it may be large."""
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=folder)).resolve()
    try:
        yield work
    finally:
        remove(work)


def _soft(guest: Guest, told: Told) -> bytes:
    with _work(guest.folder) as work:
        return soft.packed(soft.build_soft(guest.folder / CACHE, work, told))


def _programs(guest: Guest, archive: bytes | None, told: Told) -> dict[str, bytes]:
    told("compiling the guest's programs")
    with _work(guest.folder) as work:
        library = None if archive is None else soft.unpacked(archive, work)
        files = initramfs(guest.init, guest.added, work, library)
    return {INITRAMFS: files, **{name: (RECIPE / name).read_bytes() for name in HEADERS}}


def _kernels(guest: Guest, source: Path, told: Told) -> dict[str, bytes]:
    need(FOR_KERNEL)
    with _work(guest.folder) as work:
        kernel = build_kernel(source, guest.config or CONFIG, work, told)
    return {KERNEL: kernel, KVM_KERNEL: make_fit(kernel, KERNEL)[0]}


def _recorded(path: Path) -> dict[str, Any]:
    """What was recorded; nothing when it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _kernel_inputs(source: Path, config: Path) -> str:
    try:
        options = config.read_bytes()
    except OSError as error:
        raise BuildError(error.strerror or "cannot be read", where=config, fix="correct the path") from None
    with source.open("rb") as file:
        archive = hashlib.file_digest(file, "sha256").hexdigest()
    return _of(archive, _digest(options), VARIABLES, UNUSED, LEFT_OUT, [edit.name for edit in EDITS], version())


def _program_inputs(guest: Guest, library: str) -> str:
    own = {path.name: _digest(path.read_bytes()) for path in sorted(RECIPE.glob("*.[ch]"))}
    theirs = [each.inputs() for each in (*guest.added, *([guest.init] if guest.init else []))]
    return _of(own, theirs, guest.init is not None, FLAGS, library, version())


def _soft_inputs() -> str:
    archives = [archive.sha256 for archive in soft.ARCHIVES]
    recipe = [_digest(path.read_bytes()) for path in (soft.CONFIG, soft.MACHINE)]
    return _of(archives, recipe, soft.CPU, soft.ROUTINES, version())


def _of(*parts: object) -> str:
    return _digest(json.dumps([FORMAT, *parts], sort_keys=True).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
