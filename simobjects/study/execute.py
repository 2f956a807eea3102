# SPDX-License-Identifier: BSD-3-Clause
"""One run of a built machine: to its end or to a limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

from simobjects.framework import Event, Progress, Simulation

HASH_DIGITS = 12


@dataclass(frozen=True)
class Limits:
    """Where a run begins, and where it ends at the latest.

    Attributes:
        references: from the beginning of this run; None: no limit.
        cycles: the same in cycles of the core.
        start: the SHA-256 of the checkpoint that the run goes on from, or empty.
    """

    references: int | None = None
    cycles: int | None = None
    start: str = ""

    def as_json(self) -> dict[str, int | str | None]:
        """The limits under their names, and the start when there is one."""
        return {name: value for name, value in asdict(self).items() if value != ""}

    @property
    def label(self) -> str:
        """What follows the hash in the name of a run; runs of one machine to different ends lie side by side."""
        parts = [f"{number}{unit}" for number, unit in ((self.references, "refs"), (self.cycles, "cycles")) if number]
        if self.start:
            parts.append(f"from-{self.start[:HASH_DIGITS]}")
        return "-".join(parts)

    def run_name(self, config_hash: str) -> str:
        """The name of the folder of a run of this machine to this end."""
        return "-".join(part for part in (config_hash[:HASH_DIGITS], self.label) if part)


def run_to_end(
    simulation: Simulation,
    limits: Limits,
    progress: Callable[[Progress], None] | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> Event:
    """Run until an event ends the run, and return that event.

    Args:
        simulation: as it stands.
        limits: counted from now.
        progress: called now and then with how far it is.
        on_event: called with every event, the last one too.
    """
    last: Event | None = None
    for event in simulation.run(references=limits.references, cycles=limits.cycles, progress=progress):
        last = event
        if on_event is not None:
            on_event(event)
    if last is None:
        raise RuntimeError("the run ended without an event")
    return last
