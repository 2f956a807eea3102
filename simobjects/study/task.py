# SPDX-License-Identifier: BSD-3-Clause
"""A point of a sweep as text: all that a worker anywhere needs to run it, and what becomes of it.

Both travel as JSON and in no other form, so that nothing but plain data goes from process to process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from .execute import Limits

LOGS = "logs"
BLANK = ".blank-"
"""How the name of an empty log begins that waits for its next point."""
Status = Literal["done", "watchdog", "failed", "pending", "busy"]
"""`busy` is for the one who hands out points: another worker has this one at the moment."""


@dataclass(frozen=True)
class Task:
    """One point: which machine, what is set in it, where its run ends, and where things go.

    Attributes:
        key: names the point in the folder of the sweep.
        label: its values as a command line has them.
        script: the file that binds the machine to `system`, or has a function `machine` that returns it.
        out: the folder of the sweep.
        folder: the current one while the script is executed.
        overrides: values by path, as text.
        machine: that function; empty: the script binds the machine.
        arguments: of the function, as text.
        limits: where the run begins and ends.
        checkpoint: the file that the run goes on from; empty: it begins at the beginning.
        keep: the statistics that are kept, as a row; all of the run directory without any.
    """

    key: str
    label: str
    script: str
    out: str
    folder: str
    overrides: Mapping[str, str] = field(default_factory=dict)
    machine: str = ""
    arguments: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    checkpoint: str = ""
    keep: tuple[str, ...] = ()

    @property
    def log(self) -> Path:
        """The file with what the point prints."""
        return Path(self.out, LOGS, f"{self.key}.txt")

    def text(self) -> str:
        """As one line of JSON."""
        return json.dumps({**vars(self), "limits": vars(self.limits)})

    @classmethod
    def read(cls, text: str) -> Task:
        """What `text` gave."""
        facts = json.loads(text)
        return cls(**{**facts, "limits": Limits(**facts["limits"]), "keep": tuple(facts["keep"])})


@dataclass(frozen=True)
class Result:
    """What became of a point.

    Attributes:
        key: of its task.
        status: `done`, `failed`, `watchdog` or `pending`.
        run: the name of its run; empty without one.
        error: the first line of what went wrong.
        skipped: it was there already.
        note: what of that was not as a run had written it, so that the point was run again.
        log: the file with what the point printed, if it printed something.
        host: where it ran.
        seconds: how long it took.
        cpu: seconds of CPU time that its process took.
    """

    key: str
    status: Status
    run: str = ""
    error: str = ""
    skipped: bool = False
    seconds: float = 0.0
    log: str = ""
    note: str = ""
    host: str = ""
    cpu: float = 0.0

    def text(self) -> str:
        """As one line of JSON."""
        return json.dumps(vars(self), sort_keys=True)

    @classmethod
    def read(cls, text: str | bytes) -> Result:
        """What `text` gave. Raises ValueError for anything else."""
        try:
            result = cls(**json.loads(text))
        except (TypeError, RecursionError) as error:
            raise ValueError(f"no result of a point: {error}") from None
        kinds: dict[str, type | tuple[type, ...]] = {"skipped": bool, "seconds": (int, float), "cpu": (int, float)}
        for name, value in vars(result).items():
            if not isinstance(value, kinds.get(name, str)):
                raise ValueError(f"no result of a point: {name} is {value!r}")
        if result.status not in get_args(Status):
            raise ValueError(f"no result of a point: the status {result.status!r}")
        return result


def key_of(script: str, machine: str, settings: Any, limits: Limits, keep: tuple[str, ...]) -> str:
    """The name of a point in its folder: a hash of what is asked for, 16 characters.

    It says where to look for the result, not what the result is: that is the name of the run.

    Args:
        script: SHA-256 of the script's text.
        machine: the function of the script.
        settings: what the point and the sweep set.
        limits: where the run ends.
        keep: the statistics that are kept.
    """
    facts = [script, machine, settings, limits.as_json(), keep]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
