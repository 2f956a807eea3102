# SPDX-License-Identifier: BSD-3-Clause
"""The consoles of a machine that lead out of it, and the wait for whoever may type there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from .roles import Idles, Outlet


def _print(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


class Outlets:
    """All peers that a guest's console ends in.

    `terminal` prints what a guest writes to a console that is the terminal. It may be replaced before the run.
    """

    def __init__(self, peers: Iterable[object]) -> None:
        self._all = [peer for peer in peers if isinstance(peer, Outlet)]
        self.terminal: Callable[[str], object] = _print

    @property
    def listens(self) -> bool:
        """Whether somebody may type at one of them."""
        return any(outlet.listens for outlet in self._all)

    def drain(self) -> None:
        """Hand on what the guest has written since the last time."""
        for outlet in self._all:
            outlet.drain(self.terminal)

    def pause(self, engine: object, cycles: int | None, clock: int) -> None:
        """The guest waits, and so does this process, for whoever may type; then that much simulated time may pass.

        `cycles` until something else happens in the machine, None: nothing will; `clock` in Hz.
        """
        seconds = None if cycles is None else cycles / clock
        slept = [outlet.pause(seconds) for outlet in self._all if outlet.listens]
        assert isinstance(engine, Idles)
        engine.idle(max([1, *(int(passed * clock) for passed in slept if passed is not None)]))
