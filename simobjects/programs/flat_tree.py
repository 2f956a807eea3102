# SPDX-License-Identifier: BSD-3-Clause
"""Flattened device trees (Devicetree Specification 0.4, chapter 5): read, changed, written."""

from __future__ import annotations

import struct
from pathlib import Path

from simobjects.ppc440.tree_node import TreeNode, word
from simobjects.programs.image import ProgramError

MAGIC = 0xD00DFEED
_BEGIN, _END, _PROPERTY, _NOTHING, _FINISH = 1, 2, 3, 4, 9
_HEADER = struct.Struct(">10I")
DEEPEST = 64
LONGEST_NAME = 255
"""Characters of a name, of which the specification allows 31: names of properties may share their bytes."""


def read_tree(data: bytes, where: str | Path) -> TreeNode:
    """The root of a device tree blob, whose bytes may be anybody's.

    Args:
        data: the blob.
        where: what it is called in messages.

    Raises:
        ProgramError: it is no blob, or damaged; nodes are at most 64 deep, names at most 255 long.
    """
    if len(data) < 40 or _HEADER.unpack_from(data)[0] != MAGIC:
        raise ProgramError(where, "is no device tree blob", fix="compile the source with: dtc -O dtb")
    total, structure, strings = struct.unpack_from(">3I", data, 4)
    if total > len(data) or structure >= total or strings > total:
        raise _damaged(where, f"its header names {total} bytes, the file has {len(data)}")
    try:
        return _Reader(data[:total], structure, strings).root()
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise _damaged(where, str(error)) from error


def _damaged(where: str | Path, reason: str) -> ProgramError:
    return ProgramError(where, f"is a damaged device tree ({reason})", fix="compile it again with: dtc -O dtb")


class _Reader:
    def __init__(self, data: bytes, structure: int, strings: int) -> None:
        self.data, self.at, self.strings = data, structure, strings

    def root(self) -> TreeNode:
        self.skip_to(_BEGIN)
        self.text()
        return self.node(0)

    def token(self) -> int:
        (found,) = struct.unpack_from(">I", self.data, self.at)
        self.at += 4
        return int(found)

    def skip_to(self, wanted: int) -> None:
        while (token := self.token()) != wanted:
            if token != _NOTHING:
                raise ValueError(f"token {token} at byte {self.at - 4}")

    def text(self) -> str:
        """A name in the structure block, padded to a word."""
        found = self.string(self.at)
        self.at = (self.at + len(found.encode()) + 4) & ~3
        return found

    def string(self, at: int) -> str:
        end = self.data.find(b"\0", at, at + LONGEST_NAME + 1)
        if at > len(self.data) or end < 0:
            raise ValueError(f"a name that does not end within {LONGEST_NAME} characters at byte {at}")
        return self.data[at:end].decode("ascii")

    def node(self, depth: int) -> TreeNode:
        if depth > DEEPEST:
            raise ValueError(f"nodes more than {DEEPEST} deep")
        made = TreeNode()
        while (token := self.token()) != _END:
            if token == _PROPERTY:
                length, name = struct.unpack_from(">2I", self.data, self.at)
                begin = self.at + 8
                if begin + length > len(self.data):
                    raise ValueError(f"a property beyond the end at byte {self.at}")
                made.properties[self.string(self.strings + name)] = self.data[begin : begin + length]
                self.at = (begin + length + 3) & ~3
            elif token == _BEGIN:
                child = self.text()
                made.children[child] = self.node(depth + 1)
            elif token != _NOTHING:
                raise ValueError(f"token {token} at byte {self.at - 4}")
        return made


def write_tree(root: TreeNode, size: int = 0) -> bytes:
    """The blob of a tree (version 17).

    Args:
        root: of the tree.
        size: bytes, filled up with zeros; 0: what it needs.
    """
    structure, strings, offsets = bytearray(), bytearray(), {}

    def padded(data: bytes) -> bytes:
        return data + bytes(-len(data) % 4)

    def offset(name: str) -> int:
        if name not in offsets:
            offsets[name] = len(strings)
            strings.extend(name.encode() + b"\0")
        return offsets[name]

    def emit(name: str, node: TreeNode) -> None:
        structure.extend(word(_BEGIN) + padded(name.encode() + b"\0"))
        for key, value in node.properties.items():
            structure.extend(word(_PROPERTY) + word(len(value)) + word(offset(key)) + padded(value))
        for key, child in node.children.items():
            emit(key, child)
        structure.extend(word(_END))

    emit("", root)
    structure.extend(word(_FINISH))
    reserved = bytes(16)
    begin = 40 + len(reserved)
    total = max(begin + len(structure) + len(strings), size)
    header = _HEADER.pack(MAGIC, total, begin, begin + len(structure), 40, 17, 16, 0, len(strings), len(structure))
    return (header + reserved + bytes(structure) + bytes(strings)).ljust(total, b"\0")
