# SPDX-License-Identifier: BSD-3-Clause
"""A software-managed, fully associative TLB: its entries, and the exact index over them."""

from simobjects.cext.arch.state import Stateful

class TranslationArray(Stateful):
    @property
    def entries(self) -> int: ...
    def __init__(self, entries: int) -> None: ...
