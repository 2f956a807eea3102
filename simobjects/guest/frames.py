# SPDX-License-Identifier: BSD-3-Clause
"""Whether a guest's memory holds its page tables and the pages that its workload touches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

KERNEL_BASE = 0xC000_0000
LINEAR_END = 0xD000_0000
"""Kernel addresses below are the linear map of memory; above, the page tables give them frames."""


class UserPageError(ValueError):
    """A stream touches a kernel address; `stream` numbers it, `ea` is the address."""

    def __init__(self, stream: int, ea: int) -> None:
        super().__init__(f"stream {stream} touches {ea:#010x}")
        self.stream, self.ea = stream, ea


def needed(touched: Sequence[bytes], page_shift: int, user: Iterable[int], kernel: Iterable[int], device: int) -> int:
    """Frames that a run takes at most: one for each page that is touched, and those that hold page table entries.

    Args:
        touched: for each process the numbers of its 4 KiB pages, ascending, as uint32 of this computer.
        page_shift: log2 of the guest's page size in bytes: 12, 14 or 16.
        user: addresses that the kernel touches in every process.
        kernel: addresses of kernel code and data, of which those above the linear map need frames.
        device: ioremapped, it needs a page table only.

    Raises:
        UserPageError: a process touches a kernel address.
    """
    frames = 0
    extra = {ea >> page_shift for ea in user}
    for number, held in enumerate(touched):
        numbers = memoryview(held).cast("I")
        if numbers[-1] >= KERNEL_BASE >> 12:
            raise UserPageError(number, next(page for page in numbers if page >= KERNEL_BASE >> 12) << 12)
        pages = {page >> (page_shift - 12) for page in numbers} | extra
        frames += len(pages) + _tables(pages, page_shift)
    modules = {ea >> page_shift for ea in kernel if ea >= LINEAR_END}
    return frames + len(modules) + _tables(modules | {device >> page_shift}, page_shift)


def _tables(pages: Iterable[int], page_shift: int) -> int:
    """Pages of page table entries that pages need: each holds page size / 8 of them."""
    return len({page >> (page_shift - 3) for page in pages})
