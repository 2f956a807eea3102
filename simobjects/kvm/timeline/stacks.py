# SPDX-License-Identifier: BSD-3-Clause
"""Where the time of exits went, as stacks: the guest's function, the kind of the exit, what was done there.

Two forms that others draw: collapsed stacks, a line each, for flame graphs, and speedscope's JSON.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping

from simobjects.isa.arch import OPERATION_NAMES
from simobjects.kvm.names import CAUSE_NAMES, EXIT_NAMES
from simobjects.ppc440.core import CYCLE_KINDS

from .exits import KVM, SIGNAL, WatchedExit
from .trace_events import PLACES, WITH_OPERATION
from .watch import ExitWatch, Left, function_of

Stack = tuple[str, str, str]
SCHEMA = "https://www.speedscope.app/file-format-schema.json"


class Stacks:
    """Sums the time of exits that a watch tells it of; all of them, and exact."""

    def __init__(self, watch: ExitWatch) -> None:
        self._name = watch.host.path
        self._tasks = [task.path for task in watch.host.tasks]
        self._function = function_of(watch.host)
        self._sums: dict[Stack, int] = defaultdict(int)
        watch.add(self)

    def exit(self, found: WatchedExit) -> bool:
        """One more exit."""
        function = (self._function(found.pc) if self._function else "") or "(elsewhere)"
        signals = found.signals[0] if found.signals else found.end + 1
        for span in found.spans:
            kind = span.whose if span.kind == KVM else SIGNAL if span.start >= signals else found.kind
            self._sums[function, EXIT_NAMES[kind], self._done(found, kind, span.kind, span.whose)] += (
                span.end - span.start
            )
        return True

    def left(self, left: Left) -> None:
        """The exit that has not ended counts up to now."""
        if left.exit is not None:
            left.exit.end = left.now
            self.exit(left.exit)

    def _done(self, found: WatchedExit, kind: int, cycles: int, whose: int) -> str:
        """What was done in a span of an exit."""
        if cycles != KVM:
            runs = {"tasks": self._tasks[whose : whose + 1], "vmm": ["VMM"]}.get(CYCLE_KINDS[cycles])
            return f"{runs[0]} runs" if runs else PLACES[cycles][1]
        if kind == found.kind and found.cause >= 0:
            return f"map: {CAUSE_NAMES[found.cause]}"
        if kind == found.kind and EXIT_NAMES[kind] in WITH_OPERATION and found.operation >= 0:
            return f"emulate: {OPERATION_NAMES[found.operation]}"
        return _KVM_DOES.get(EXIT_NAMES[kind], "handle")

    @property
    def cycles(self) -> Mapping[Stack, float]:
        """Cycles by (function, exit kind, what was done), by name."""
        return {stack: self._sums[stack] / 1000 for stack in sorted(self._sums) if self._sums[stack]}

    def collapsed(self) -> str:
        """A line for each stack, with whole cycles."""
        return "".join(f"{';'.join(stack)} {round(cycles)}\n" for stack, cycles in self.cycles.items())

    def speedscope(self) -> str:
        """A profile for speedscope.app, in cycles."""
        cycles = self.cycles
        names = sorted({name for stack in cycles for name in stack})
        numbers = {name: number for number, name in enumerate(names)}
        profile = {
            "type": "sampled",
            "name": f"{self._name}: cycles of exits",
            "unit": "none",
            "startValue": 0,
            "endValue": sum(cycles.values()),
            "samples": [[numbers[name] for name in stack] for stack in cycles],
            "weights": list(cycles.values()),
        }
        whole = {
            "$schema": SCHEMA,
            "name": self._name,
            "exporter": "simobjects",
            "shared": {"frames": [{"name": name} for name in names]},
            "profiles": [profile],
        }
        return json.dumps(whole, indent=1) + "\n"

    def files(self) -> dict[str, bytes]:
        """Both, by the names that they have in a run directory."""
        return {
            f"{self._name}.profile.folded": self.collapsed().encode(),
            f"{self._name}.profile.speedscope.json": self.speedscope().encode(),
        }


_KVM_DOES = {
    "itlb_r": "deliver to the guest",
    "dtlb_r": "deliver to the guest",
    "isi": "deliver to the guest",
    "dsi": "deliver to the guest",
    "sysc": "deliver to the guest",
    "user_program": "deliver to the guest",
    "fp_unavailable": "deliver to the guest",
    "mmio": "out to the VMM and back",
    "sig": "out to the VMM and back",
}
