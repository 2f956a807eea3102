# SPDX-License-Identifier: BSD-3-Clause
"""Which words a core executes whose code is changed (docs/model.md 6.1.1): the instruction cache, page by page."""

from __future__ import annotations

from collections.abc import Callable

PAGE = 4096


class CodePages:
    """A page is read as a whole when it is first executed, and stays as it was then until it is dropped."""

    def __init__(self, read: Callable[[int, int], bytes]) -> None:
        self.read = read
        self.held: dict[int, bytes] = {}

    def fetch(self, address: int) -> int:
        """The word that is executed at a physical address."""
        page = address // PAGE
        if page not in self.held:
            self.held[page] = self.read(page * PAGE, PAGE)
        offset = address % PAGE
        return int.from_bytes(self.held[page][offset : offset + 4], "big")

    def icbi(self, address: int) -> None:
        self.held.pop(address // PAGE, None)

    def outside(self, address: int) -> None:
        """A loader or a debugger wrote there."""
        self.held.pop(address // PAGE, None)

    def entered(self) -> None:
        """The host executed iccci and entered the guest; natively: the program executed iccci."""
        self.held.clear()
