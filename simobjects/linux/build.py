# SPDX-License-Identifier: BSD-3-Clause
"""A folder with a guest: kernel, kernel for KVM, initial file system, and what they were made from.

Products appear whole or not at all, and `built.json`, which says that they belong together, comes last. What has the
same inputs as before is not made again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simobjects.base.files import remove, write_whole
from simobjects.linux.errors import BuildError
from simobjects.linux.fit import EDITS, make_fit
from simobjects.linux.kernel import CONFIG, RECIPE, VARIABLES, build_kernel
from simobjects.linux.programs import FLAGS, Added, initramfs
from simobjects.linux.source import LEFT_OUT, UNUSED, find_source
from simobjects.linux.tools import FOR_KERNEL, FOR_PROGRAMS, need, version

KERNEL, KVM_KERNEL, INITRAMFS, HEADERS, RECORD = (
    "vmlinux", "vmlinux-kvm", "initramfs.cpio", ("guest.h", "mark.h"), "built.json"
)  # fmt: skip
CACHE, WORK, LOCK = ".sources", ".work-", ".lock"
FORMAT = 1
"""Of what is made from the same inputs: raised when this module makes other bytes of them."""


@dataclass(frozen=True)
class Guest:
    """What was asked for: `source` None looks for one."""

    folder: Path
    source: Path | None = None
    config: Path | None = None
    init: Added | None = None
    added: tuple[Added, ...] = ()


def build(guest: Guest, told: Callable[[str], None]) -> list[str]:
    """Make what is not there or has other inputs now; the names of what was made. BuildError: why it cannot be.

    `told` gets a line for each step.
    """
    need(FOR_PROGRAMS)
    with _alone(guest.folder):
        record = _read(guest.folder / RECORD)
        inputs: dict[str, str] = {}
        made = _build_programs(guest, record, inputs, told) | _build_kernels(guest, record, inputs, told)
        if made:
            _publish(guest.folder, record, inputs, made)
        return list(made)


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


def _build_programs(
    guest: Guest, record: Mapping[str, Any], inputs: dict[str, str], told: Callable[[str], None]
) -> dict[str, bytes]:
    inputs["programs"] = _programs_digest(guest)
    if _is_current(guest.folder, record, "programs", inputs["programs"], (INITRAMFS, *HEADERS)):
        return {}
    told("compiling the guest's programs")
    with tempfile.TemporaryDirectory(prefix="simobjects-") as work:
        archive = initramfs(guest.init, guest.added, Path(work))
    return {INITRAMFS: archive, **{name: (RECIPE / name).read_bytes() for name in HEADERS}}


def _build_kernels(
    guest: Guest, record: Mapping[str, Any], inputs: dict[str, str], told: Callable[[str], None]
) -> dict[str, bytes]:
    config = guest.config or CONFIG
    source = find_source(guest.source, guest.folder / CACHE, told)
    inputs["kernel"] = _kernel_digest(source, config)
    if _is_current(guest.folder, record, "kernel", inputs["kernel"], (KERNEL, KVM_KERNEL)):
        return {}
    need(FOR_KERNEL)
    work = Path(tempfile.mkdtemp(prefix=WORK, dir=guest.folder))
    try:
        kernel = build_kernel(source, config, work, told)
    finally:
        remove(work)
    return {KERNEL: kernel, KVM_KERNEL: make_fit(kernel, KERNEL)[0]}


def _publish(folder: Path, record: Mapping[str, Any], inputs: Mapping[str, str], made: Mapping[str, bytes]) -> None:
    remove(folder / RECORD)  # what is being replaced is nobody's guest
    for name, data in made.items():
        write_whole(folder / name, data)
    products = {**record.get("products", {}), **{name: _digest(data) for name, data in made.items()}}
    text = json.dumps({"inputs": inputs, "products": dict(sorted(products.items()))}, indent=1)
    write_whole(folder / RECORD, text.encode() + b"\n")


def _read(path: Path) -> dict[str, Any]:
    """What was recorded; nothing when it cannot be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_current(folder: Path, record: Mapping[str, Any], part: str, digest: str, names: Iterable[str]) -> bool:
    """Whether a part was made from these inputs, and its files are as they were made."""
    if not isinstance(record.get("inputs"), dict) or record["inputs"].get(part) != digest:
        return False
    products = record.get("products")
    return isinstance(products, dict) and all(
        (folder / name).is_file() and products.get(name) == _digest((folder / name).read_bytes()) for name in names
    )


def _kernel_digest(source: Path, config: Path) -> str:
    with source.open("rb") as file:
        archive = hashlib.file_digest(file, "sha256").hexdigest()
    edits = [(edit.name, edit.place) for edit in EDITS]
    return _of(archive, config.read_bytes().hex(), VARIABLES, UNUSED, LEFT_OUT, edits, version())


def _programs_digest(guest: Guest) -> str:
    own = {path.name: _digest(path.read_bytes()) for path in sorted(RECIPE.glob("*.[ch]"))}
    files = [*guest.added, *([guest.init] if guest.init else [])]
    theirs = [
        (each.path, each.file.suffix, bool(each.file.stat().st_mode & 0o111), _digest(each.file.read_bytes()))
        for each in files
    ]
    return _of(own, theirs, guest.init is not None, FLAGS, version())


def _of(*parts: object) -> str:
    return _digest(json.dumps([FORMAT, *parts], sort_keys=True).encode())


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
