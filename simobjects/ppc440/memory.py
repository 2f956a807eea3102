# SPDX-License-Identifier: BSD-3-Clause
"""RAM."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from simobjects.cext.board.memory import Memory as Peer
from simobjects.framework import MemorySize, Problem, Ref, SimObject, System, param, ref, responder
from simobjects.framework.roles import Saved
from simobjects.ppc440.protocols import MemoryAccess
from simobjects.ppc440.tree_node import TreeNode

Saved.register(Peer)

PAGE = 4096
LARGEST = 1 << 32
"""The core has 36 bits of real address; what the model puts anywhere in memory, guests and their pages, has 32."""
SIZE = "whole pages of 4KiB, at most 4GiB"


def is_size(size: int) -> bool:
    """Whether a memory can have `size` bytes: whole pages of 4 KiB, at most 4 GiB."""
    return 0 < size <= LARGEST and size % PAGE == 0


class Memory(SimObject):
    """RAM from physical address 0, zeroed. Pages that nobody writes cost nothing.

    Its size is a whole number of 4 KiB pages, at most 4 GiB; another one is a problem of the configuration. MemoryError
    when the host does not give that much address space.
    """

    kind: ClassVar[str] = "board"

    size: MemorySize | None = param(None, "bytes; None: the machine's memory (`system.memory`)")

    system: Ref[System] = ref("whose memory it is")

    port = responder(MemoryAccess, "accesses by physical address", many=True)

    @property
    def bytes(self) -> int:
        """Its size. Only in a machine."""
        return int(self.system.memory if self.size is None else self.size)

    def check(self) -> Iterable[Problem]:
        if self.size is not None and not is_size(self.size):
            self.problem("size", self.size, SIZE, "choose a size such as 128MiB")
        return ()

    def make_peer(self) -> Peer:
        return Peer(self.bytes)


def write_memory(root: TreeNode, size: int) -> None:
    """Say in a device tree, made or given, how many bytes of memory there are from address 0 on.

    Args:
        root: of the tree; its `#address-cells` and `#size-cells` are followed.
        size: bytes.
    """
    node = root.named("memory") or root.child("memory")
    node.set("device_type", "memory")
    cells, sizes = root.cell("#address-cells", 2), root.cell("#size-cells", 1)
    node.set("reg", *[0] * min(cells, 4), *[0] * (min(sizes, 4) - 1), size)
