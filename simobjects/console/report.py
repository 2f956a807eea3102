# SPDX-License-Identifier: BSD-3-Clause
"""What a person is told of a script that waits in vain."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .script import Step

LINES = 10
"""So many of the last lines are shown."""
WIDTH = 200


def reporter(port: str, steps: Sequence[Step], clock: int) -> Callable[[int, int, bytes, bool], str]:
    """Words for a step of the script at the object `port`; `clock`: Hz, to say times in seconds."""

    def report(at: int, waited: int, tail: bytes, ended: bool) -> str:
        """`at`: the step from 0; `waited`: 1/1000 cycle; `tail`: the last output; `ended`: the run did, by itself."""
        step = steps[at]
        seconds = f"{waited / 1000 / clock:.6g} s of simulated time"
        why = f"the run ended after {seconds}" if ended else f"it did not come within {seconds}"
        told = f"{port}: {step.title(at + 1)} waits for {step.expect!r}: {why}"
        shown = last_lines(tail)
        return f"{told}; the last lines were\n{shown}" if shown else f"{told}; nothing was printed"

    return report


def last_lines(tail: bytes) -> str:
    """The end of a console's output as text that a terminal can show, indented."""
    text = tail.decode("utf-8", "replace").replace("\r", "")
    lines = ["".join(c if c.isprintable() or c == "\t" else "?" for c in line)[:WIDTH] for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    return "\n".join(f"  | {line}" for line in lines[-LINES:])
