# SPDX-License-Identifier: BSD-3-Clause
"""Checkpoints with numbers that no run has: refused, because sums with them would leave 64 bits."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from simobjects import Simulation
from simobjects.framework.checkpoint import CheckpointError
from tests.helpers.kvm_guests import guest_system
from tests.helpers.small_programs import elf_file, end_with, spend

FARTHEST = 1 << 60


def changed(data: bytes, section: int, field: int, value: int) -> bytes:
    """The checkpoint with another number, and right checksums."""
    length = struct.unpack(">I", data[12:16])[0]
    header: dict[str, Any] = json.loads(data[48 : 48 + length])
    header["sections"][section]["fields"][field][2] = value
    text = json.dumps(header).encode()
    return data[:12] + struct.pack(">I", len(text)) + hashlib.sha256(text).digest() + text + data[48 + length :]


def test_what_would_leave_64_bits_is_refused_by_its_name(tmp_path: Path) -> None:
    elf, file = elf_file(tmp_path / "p.elf", [*spend(300), *end_with(1)]), tmp_path / "c"
    first = Simulation(guest_system(elf, "e4"))
    list(first.run_to(50))
    first.save(file)
    whole = file.read_bytes()
    sections = json.loads(whole[48 : 48 + struct.unpack(">I", whole[12:16])[0]])["sections"]
    for path, name, value in (
        ("system.tlb", "lookups", -1),
        ("system.tlb", "lookups", FARTHEST + 1),
        ("system.core", "run.missed", FARTHEST + 1),
        ("system.core", "dec_zero", -FARTHEST - 1),
    ):
        number = next(at for at, section in enumerate(sections) if section["path"] == path)
        place = next(at for at, field in enumerate(sections[number]["fields"]) if field[0] == name)
        file.write_bytes(changed(whole, number, place, value))
        with pytest.raises(CheckpointError, match=rf"{name.removeprefix('run.')}.* (to|from) .*{FARTHEST}"):
            Simulation(guest_system(elf, "e4")).restore(file)
