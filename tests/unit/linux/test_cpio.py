# SPDX-License-Identifier: BSD-3-Clause
"""The initial file system as bytes: read back field by field, and the same whatever the order."""

from __future__ import annotations

import random
import stat

import pytest

from simobjects.base.errors import InputError
from simobjects.linux.cpio import Node, archive, character_device, folder, link, plain, program
from tests.helpers.archives import read_archive

NODES = [
    program("/init", b"\x7fELF first"),
    plain("/etc/motd", b"hello"),
    link("/bin/sh", "busybox"),
    character_device("/dev/console", 5, 1),
    program("/a/b/c", b""),
]


def test_what_is_put_in_is_read_back_with_the_folders_above_it() -> None:
    found = read_archive(archive(NODES))
    assert list(found) == sorted(found)
    assert set(found) == {"a", "a/b", "a/b/c", "bin", "bin/sh", "dev", "dev/console", "etc", "etc/motd", "init"}
    assert (found["init"].mode, found["init"].data) == (stat.S_IFREG | 0o755, b"\x7fELF first")
    assert found["etc/motd"].mode == stat.S_IFREG | 0o644
    assert (found["bin/sh"].mode, found["bin/sh"].data) == (stat.S_IFLNK | 0o777, b"busybox")
    assert (found["dev/console"].mode, found["dev/console"].device) == (stat.S_IFCHR | 0o600, (5, 1))
    assert found["a/b"].mode == folder("/a/b").mode == stat.S_IFDIR | 0o755
    assert {(each.owner, each.time) for each in found.values()} == {((0, 0), 0)}


def test_the_same_contents_are_the_same_bytes() -> None:
    whole = archive(NODES)
    assert len(whole) % 512 == 0
    for seed in range(5):
        assert archive(random.Random(seed).sample(NODES, len(NODES))) == whole


def test_a_later_file_replaces_an_earlier_one() -> None:
    assert read_archive(archive([*NODES, program("/init", b"mine")]))["init"].data == b"mine"


@pytest.mark.parametrize("path", ["init", "/a/../b", "/a//b", "/a/", "", "/a\0b", "/./a"])
def test_what_is_no_path_in_the_guest_is_refused(path: str) -> None:
    with pytest.raises(InputError, match="is no path of a file in the guest"):
        Node(path, 0o644)
