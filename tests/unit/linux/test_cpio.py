# SPDX-License-Identifier: BSD-3-Clause
"""The initial file system as bytes: read back field by field, and the same whatever the order."""

from __future__ import annotations

import random
import stat

import pytest

from simobjects.base.errors import InputError
from simobjects.linux.cpio import Node, archive, character_device, folder, link, plain, program

NODES = [
    program("/init", b"\x7fELF first"),
    plain("/etc/motd", b"hello"),
    link("/bin/sh", "busybox"),
    character_device("/dev/console", 5, 1),
    program("/a/b/c", b""),
]


def read(data: bytes) -> dict[str, tuple[int, bytes, tuple[int, int]]]:
    """Mode, bytes and device by name, read as the kernel does: fixed fields of eight hexadecimal digits."""
    found: dict[str, tuple[int, bytes, tuple[int, int]]] = {}
    at = 0
    while True:
        assert data[at : at + 6] == b"070701"
        fields = [int(data[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        name = data[at + 110 : at + 110 + fields[11]]
        assert name[-1] == 0
        at += (110 + fields[11] + 3) // 4 * 4
        if name == b"TRAILER!!!\0":
            return found
        assert fields[2:4] == [0, 0], "root's"
        assert fields[5] == 0, "no time"
        found[name[:-1].decode()] = (fields[1], data[at : at + fields[6]], (fields[9], fields[10]))
        at += (fields[6] + 3) // 4 * 4


def test_what_is_put_in_is_read_back_with_the_folders_above_it() -> None:
    found = read(archive(NODES))
    assert list(found) == sorted(found)
    assert set(found) == {"a", "a/b", "a/b/c", "bin", "bin/sh", "dev", "dev/console", "etc", "etc/motd", "init"}
    assert found["init"] == (stat.S_IFREG | 0o755, b"\x7fELF first", (0, 0))
    assert found["etc/motd"][0] == stat.S_IFREG | 0o644
    assert found["bin/sh"] == (stat.S_IFLNK | 0o777, b"busybox", (0, 0))
    assert found["dev/console"] == (stat.S_IFCHR | 0o600, b"", (5, 1))
    assert found["a/b"][0] == folder("/a/b").mode == stat.S_IFDIR | 0o755


def test_the_same_contents_are_the_same_bytes() -> None:
    whole = archive(NODES)
    assert len(whole) % 512 == 0
    for seed in range(5):
        assert archive(random.Random(seed).sample(NODES, len(NODES))) == whole


def test_a_later_file_replaces_an_earlier_one() -> None:
    assert read(archive([*NODES, program("/init", b"mine")]))["init"][1] == b"mine"


@pytest.mark.parametrize("path", ["init", "/a/../b", "/a//b", "/a/", "", "/a\0b", "/./a"])
def test_what_is_no_path_in_the_guest_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="is no path of a file in the guest"):
        Node(path, 0o644)
