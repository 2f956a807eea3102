# SPDX-License-Identifier: BSD-3-Clause
"""Initial file systems, read as the kernel does: fields of eight hexadecimal digits, then the name, then the bytes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """A file of the archive."""

    mode: int
    owner: tuple[int, int]
    time: int
    device: tuple[int, int]
    data: bytes


def read_archive(data: bytes) -> dict[str, Entry]:
    """The files by name."""
    found: dict[str, Entry] = {}
    at = 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        name = data[at + 110 : at + 110 + fields[11]]
        assert name[-1] == 0
        at += (110 + fields[11] + 3) // 4 * 4
        if name == b"TRAILER!!!\0":
            return found
        owner, device = (fields[2], fields[3]), (fields[9], fields[10])
        found[name[:-1].decode()] = Entry(fields[1], owner, fields[5], device, data[at : at + fields[6]])
        at += (fields[6] + 3) // 4 * 4
