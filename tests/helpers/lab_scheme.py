# SPDX-License-Identifier: BSD-3-Clause
"""A solution of lab 2: a slot that the guest has just given up is taken before a live shadow has to go.

When the guest writes over an entry of its TLB, the entry's shadows are dropped and their slots are empty; the commit's
round robin passes them by and evicts something that is still in use.
"""

from __future__ import annotations

from simobjects import PythonScheme, RunningScheme


class Reuse(PythonScheme):
    """Direct insertion into given-up slots first."""

    class running(RunningScheme):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)  # type: ignore[arg-type]
            self.slots: dict[int, list[int]] = {}  # of each guest entry, one word a slot in memory
            self.given_up: list[int] = []

        def on_invalidate(self, index: int) -> None:
            for slot in self.slots.pop(index, []):
                self.charge(6)
                if self.guest_entry(slot) == index:
                    self.given_up.append(slot)
            self.release_entry(index)

        def choose(self, index: int, ea: int) -> int:
            slot = self._free()
            self.charge(8)
            self.slots.setdefault(index, []).append(slot)
            return slot

        def _free(self) -> int:
            while self.given_up:
                slot = self.given_up.pop()
                self.charge(4)
                if self.guest_entry(slot) < 0:
                    return slot
            return self.next_slot()
