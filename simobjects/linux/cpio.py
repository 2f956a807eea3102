# SPDX-License-Identifier: BSD-3-Clause
"""Initial file systems: cpio archives as the kernel unpacks them, the same bytes for the same contents."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from simobjects.base.errors import InputError

MAGIC = "070701"
BLOCK = 512
"""The archive is padded to whole blocks."""
TRAILER = "TRAILER!!!"


@dataclass(frozen=True)
class Node:
    """A file, folder, link or device.

    Attributes:
        path: absolute, without `..`; ValueError otherwise.
        mode: its kind and permissions, as stat has them.
        data: the bytes of a file; of a link where it points.
        device: major and minor number.
    """

    path: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        if not path.is_absolute() or ".." in path.parts or self.path != str(path) or "\0" in self.path:
            what = "is no path of a file in the guest"
            raise InputError(what, where=self.path, fix="write an absolute one without '..', such as /bin/prog")


def folder(path: str) -> Node:
    """A folder."""
    return Node(path, stat.S_IFDIR | 0o755)


def program(path: str, data: bytes) -> Node:
    """A file that can be executed."""
    return Node(path, stat.S_IFREG | 0o755, data)


def plain(path: str, data: bytes) -> Node:
    """A file that cannot."""
    return Node(path, stat.S_IFREG | 0o644, data)


def link(path: str, target: str) -> Node:
    """A symbolic link."""
    return Node(path, stat.S_IFLNK | 0o777, target.encode())


def character_device(path: str, major: int, minor: int) -> Node:
    """A device that is read byte by byte."""
    return Node(path, stat.S_IFCHR | 0o600, device=(major, minor))


def archive(nodes: Iterable[Node]) -> bytes:
    """The archive of these, and of the folders that they lie in; a later one of the same path replaces an earlier.

    Files are in the order of their paths. They belong to root and are from the beginning of 1970.
    """
    chosen = {node.path: node for node in nodes}
    for path in list(chosen):
        for above in PurePosixPath(path).parents:
            if str(above) != "/":
                chosen.setdefault(str(above), folder(str(above)))
    entries = [_entry(number, chosen[path]) for number, path in enumerate(sorted(chosen), 1)]
    whole = b"".join([*entries, _packed(TRAILER, 0, 0, 1, b"", (0, 0))])
    return whole + bytes(-len(whole) % BLOCK)


def _entry(number: int, node: Node) -> bytes:
    links = 2 if stat.S_ISDIR(node.mode) else 1
    return _packed(node.path[1:], number, node.mode, links, node.data, node.device)


def _packed(name: str, number: int, mode: int, links: int, data: bytes, device: tuple[int, int]) -> bytes:
    raw = name.encode() + b"\0"
    # inode, mode, owner, group, links, time, size, device of the archive (2), device (2), length of name, checksum
    fields = (number, mode, 0, 0, links, 0, len(data), 0, 0, *device, len(raw), 0)
    head = (MAGIC + "".join(f"{field:08x}" for field in fields)).encode() + raw
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)
