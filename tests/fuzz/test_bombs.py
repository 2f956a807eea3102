# SPDX-License-Identifier: BSD-3-Clause
"""A few bytes that want gigabytes: refused before they get them.

Those of ELF files, device trees, traces and streams of definitions are in the tests of these rooms.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow
import pytest

from simobjects.framework import Simulation
from simobjects.framework.checkpoint import CheckpointError
from tests.helpers.small_programs import elf_file, end_with, machine, spend

from . import attempt
from .attempt import tried
from .readers import READERS, Input

ROOM = 100 << 20
"""Bytes that a refusal may take."""
HUGE = 3 << 30


@pytest.fixture
def wants(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], list[Any]]:
    """What is found when something is read in a process of its own: nothing unless it dies, or takes more than ROOM."""

    def read(action: Callable[[], object]) -> list[Any]:
        monkeypatch.setitem(READERS, "bomb", Input(lambda: [b""], lambda data, folder: action()))
        monkeypatch.setattr(attempt, "MEMORY", ROOM)
        return tried("bomb", [b""])

    return read


def refused(reading: Callable[[], object], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        reading()


def test_a_checkpoint_that_decompresses_to_gigabytes(
    tmp_path: Path, wants: Callable[[Callable[[], object]], list[Any]]
) -> None:
    """Zeros by the gigabyte, a thousandth of that compressed, with right checksums; nothing of it is decompressed."""
    system, file = machine(elf_file(tmp_path / "p.elf", [*spend(200), *end_with(0)])), tmp_path / "c"
    begun = Simulation(system)
    list(begun.run_to(50))
    begun.save(file)
    data = file.read_bytes()
    length = struct.unpack(">I", data[12:16])[0]
    header = json.loads(data[48 : 48 + length])
    stored, at = [], 48 + length
    for section in header["sections"]:
        stored.append(data[at : at + section["stored"]])
        at += section["stored"]
    stored[0] = b"".join([pyarrow.compress(bytes(64 << 20), codec="zstd", asbytes=True)] * 48)
    first = header["sections"][0]
    other = sum(field[1] for field in first["fields"] if len(field) == 2 and field[0] != "data")
    fields = [["data", HUGE - other] if field[0] == "data" else field for field in first["fields"]]
    first.update(size=HUGE, fields=fields, stored=len(stored[0]), sha256=hashlib.sha256(stored[0]).hexdigest())
    text = json.dumps(header).encode()
    head = data[:12] + struct.pack(">I", len(text)) + hashlib.sha256(text).digest()
    file.write_bytes(head + text + b"".join(stored))
    assert file.stat().st_size < 2 << 20

    def restore() -> None:
        refused(lambda: Simulation(system).restore(file), CheckpointError, "and this machine can hold")

    assert wants(restore) == []
