# SPDX-License-Identifier: BSD-3-Clause
"""The file: a fixed head, a JSON header, then one compressed section for each object. Nothing in it is trusted.

8 bytes   SIMCKPT and a line feed
4         version of this layout, big-endian
4         length of the header
32        SHA-256 of the header
header    UTF-8 JSON: `about`, and `sections` with their fields, lengths and SHA-256
sections  one after the other, each compressed by zstd on its own
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from simobjects.base.errors import InputError, OutputError, fix_of
from simobjects.base.files import open_regular, write_whole

MAGIC = b"SIMCKPT\n"
VERSION = 1
_HEAD = struct.Struct(">8sII32s")
_HEADER_LIMIT = 64 << 20
_SIZE_LIMIT = 4 << 30
"""Bytes that all sections may have when they are decompressed: no file makes us ask for more memory."""

State = Mapping[str, int | bytes]


class CheckpointError(InputError):
    """A checkpoint that cannot be written, read, or restored into this machine."""


class CheckpointOutputError(OutputError, CheckpointError):
    """A checkpoint that the disk or the folder does not take."""


@dataclass(frozen=True, slots=True)
class Section:
    """The state of one object: numbers and byte strings by name. `kind` names what gave it."""

    path: str
    kind: str
    state: State


def write(file: Path, about: Mapping[str, Any], sections: list[Section]) -> None:
    """Write a checkpoint: complete or not at all.

    Args:
        file: where to; what was there before stays until the new one is whole.
        about: what the header says of the machine, as JSON has it.
        sections: the state of each object.

    Raises:
        CheckpointError: the folder or the disk does not take it.
    """
    packed = [_packed(section) for section in sections]
    described = [entry for entry, _ in packed]
    header = json.dumps({"about": dict(about), "sections": described}, sort_keys=True).encode()
    if len(header) > _HEADER_LIMIT:
        what = f"the windows of its statistics take {len(header)} bytes, of {_HEADER_LIMIT} that a checkpoint has"
        raise CheckpointError(what, where=file, fix="keep fewer windows before it")
    head = _HEAD.pack(MAGIC, VERSION, len(header), hashlib.sha256(header).digest())
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, head, header, *(stored for _, stored in packed), durable=True)
    except OSError as error:
        what = f"the checkpoint cannot be written ({error.strerror})"
        raise CheckpointOutputError(what, where=file, fix=fix_of(error)) from error


def _packed(section: Section) -> tuple[dict[str, Any], bytes]:
    """What the header says of a section, and its byte strings, one behind the other and compressed."""
    import pyarrow  # only who has a checkpoint waits for it

    raw = b"".join(value for value in section.state.values() if isinstance(value, bytes))
    stored = pyarrow.compress(raw, codec="zstd", asbytes=True) if raw else b""
    fields = [
        [name, len(value)] if isinstance(value, bytes) else [name, None, value] for name, value in section.state.items()
    ]
    return {
        "path": section.path,
        "kind": section.kind,
        "fields": fields,
        "size": len(raw),
        "stored": len(stored),
        "sha256": hashlib.sha256(stored).hexdigest(),
    }, stored


def read(file: Path) -> tuple[dict[str, Any], list[Section]]:
    """`about` and the sections. CheckpointError for anything that is not a whole, undamaged checkpoint."""
    with reading(file) as stored:
        return stored.about, [stored.section(path) for path in stored.kinds]


@contextmanager
def reading(file: Path) -> Iterator[Stored]:
    """A checkpoint whose header is read and checked; its sections are decompressed when they are asked for.

    CheckpointError for anything that is no checkpoint.
    """
    try:
        with open_regular(file) as source:
            yield Stored(file, source)
    except OSError as error:
        raise CheckpointError(
            f"the checkpoint cannot be read ({error.strerror})", where=file, fix=fix_of(error)
        ) from error


class Stored:
    """An open checkpoint: `about`, the kind of each section by its path, and their size when they are decompressed."""

    def __init__(self, file: Path, source: BinaryIO) -> None:
        self._file, self._source = file, source
        size = os.fstat(source.fileno()).st_size
        header = _header(file, source, size)
        about, described = header.get("about"), header.get("sections")
        if not isinstance(about, dict) or not isinstance(described, list):
            raise _damaged(file, "its header has no sections")
        self.about: dict[str, Any] = about
        self.size = 0
        self._plans: dict[str, tuple[int, _Plan]] = {}
        at = source.tell()
        for entry in described:
            plan = _plan(file, entry, size - at, _SIZE_LIMIT - self.size)
            if plan.path in self._plans:
                raise _damaged(file, f"it has two sections {plan.path}")
            self._plans[plan.path] = at, plan
            at += plan.stored
            self.size += plan.size
        if at != size:
            raise _damaged(file, f"{size - at} bytes follow its last section")

    @property
    def kinds(self) -> dict[str, str]:
        """What gave each section, by the path of its object."""
        return {path: plan.kind for path, (_, plan) in self._plans.items()}

    def section(self, path: str) -> Section:
        """Read and decompress one. CheckpointError when it is damaged."""
        at, plan = self._plans[path]
        self._source.seek(at)
        return _section(self._file, plan, self._source.read(plan.stored))

    def check_room(self, most: int) -> None:
        """CheckpointError when the sections are larger, decompressed, than a machine with its memory can be."""
        if self.size > most:
            what = f"its sections have {self.size} bytes, and this machine can hold {most}"
            raise CheckpointError(f"the checkpoint is of another machine: {what}", where=self._file)


def _header(file: Path, source: BinaryIO, size: int) -> dict[str, Any]:
    head = source.read(_HEAD.size)
    if head[:8] != MAGIC[: len(head[:8])] or not head:
        raise CheckpointError("no checkpoint of this program", where=file, fix="give a file that --checkpoint wrote")
    if len(head) < _HEAD.size:
        raise _damaged(file, "it ends within its first 48 bytes")
    _, version, length, digest = _HEAD.unpack(head)
    if version != VERSION:
        raise CheckpointError(f"a checkpoint of version {version}; this program reads version {VERSION}", where=file)
    if length > min(_HEADER_LIMIT, size):
        raise _damaged(file, "it ends within its header")
    text = source.read(length)
    if hashlib.sha256(text).digest() != digest:
        raise _damaged(file, "the checksum of its header is wrong")
    try:
        made = json.loads(text)
    except (ValueError, RecursionError):
        made = None
    if not isinstance(made, dict):
        raise _damaged(file, "its header is no JSON object")
    return made


@dataclass(frozen=True, slots=True)
class _Plan:
    """A section as the header describes it, checked."""

    path: str
    kind: str
    fields: list[tuple[str, int | None, int]]
    size: int
    stored: int
    sha256: str


def _plan(file: Path, entry: object, left: int, room: int) -> _Plan:
    if not isinstance(entry, dict):
        raise _damaged(file, "a section is not described by an object")
    path, kind, digest = (entry.get(name) for name in ("path", "kind", "sha256"))
    size, stored, listed = (entry.get(name) for name in ("size", "stored", "fields"))
    if not (isinstance(path, str) and isinstance(kind, str) and isinstance(digest, str) and isinstance(listed, list)):
        raise _damaged(file, "a section has no path, kind, checksum or fields")
    if not (isinstance(size, int) and isinstance(stored, int) and 0 <= stored <= left and 0 <= size <= room):
        raise _damaged(file, f"the section {path} has an impossible length")
    fields = [_field(file, path, item) for item in listed]
    if sum(length or 0 for _, length, _ in fields) != size or len({name for name, _, _ in fields}) != len(fields):
        raise _damaged(file, f"the fields of the section {path} do not fill it")
    return _Plan(path, kind, fields, size, stored, digest)


def _field(file: Path, path: str, item: object) -> tuple[str, int | None, int]:
    """[name, length] of a byte string, [name, null, value] of a number."""
    if isinstance(item, list) and item and isinstance(item[0], str):
        if len(item) == 2 and _natural(item[1]):
            return item[0], item[1], 0
        if len(item) == 3 and item[1] is None and type(item[2]) is int:
            return item[0], None, item[2]
    raise _damaged(file, f"a field of the section {path} is described wrongly")


def _section(file: Path, plan: _Plan, stored: bytes) -> Section:
    if len(stored) != plan.stored:
        raise _damaged(file, f"it ends within the section {plan.path}")
    if hashlib.sha256(stored).hexdigest() != plan.sha256:
        raise _damaged(file, f"the checksum of the section {plan.path} is wrong")
    raw = _decompressed(file, plan, stored)
    state: dict[str, int | bytes] = {}
    at = 0
    for name, length, value in plan.fields:
        state[name] = value if length is None else raw[at : at + length]
        at += length or 0
    return Section(plan.path, plan.kind, state)


def _decompressed(file: Path, plan: _Plan, stored: bytes) -> bytes:
    if not plan.size:
        return b""
    import pyarrow

    try:
        raw: bytes = pyarrow.decompress(stored, decompressed_size=plan.size, codec="zstd", asbytes=True)
    except (pyarrow.ArrowException, OSError, MemoryError) as error:
        raise _damaged(file, f"the section {plan.path} cannot be decompressed") from error
    if len(raw) != plan.size:
        raise _damaged(file, f"the section {plan.path} is shorter than its description")
    return raw


def _natural(value: object) -> bool:
    return type(value) is int and value >= 0


def _damaged(file: Path, what: str) -> CheckpointError:
    return CheckpointError(
        f"the checkpoint is damaged: {what}", where=file, fix="take an undamaged copy, or write it again"
    )
