# SPDX-License-Identifier: BSD-3-Clause
"""A shadow scheme written in plain Python, as part of a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from cext.python_scheme import RunningScheme as RunningScheme
from simobjects.framework import Problem, SimObject, param
from simobjects.kvm.tables import CACHE_LINE
from simobjects.stats import formula, level


class PythonScheme(SimObject):
    """A scheme of one's own: subclass it, and give its hooks in `running`, a subclass of RunningScheme.

    Parameters that the subclass declares can be swept like any other; the running half has them as `self.config`.
    """

    running: ClassVar[type[RunningScheme]] = RunningScheme
    """Its running half: made for each simulation, so whatever state the hooks need belongs there."""

    own_bytes: int = param(0, "bytes of what it keeps for one vcpu, beside the shadow references", ge=0, le=2**32)

    bytes = level("size for one vcpu, beside the shadow references", unit="byte")
    cache_lines = formula("the same in cache lines of 32 bytes", lambda s: -(-s.bytes // CACHE_LINE), unit="line")

    def check(self) -> Iterable[Problem]:
        running: object = self.running
        if not (isinstance(running, type) and issubclass(running, RunningScheme)):
            self.problem(
                "",
                self.running,
                f"{type(self).__name__}.running to be a subclass of RunningScheme",
                "write `class running(RunningScheme):` in it, with the hooks",
            )
        return ()

    def read_stats(self) -> Mapping[str, object]:
        return {"bytes": self.own_bytes}
