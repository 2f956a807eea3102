# SPDX-License-Identifier: BSD-3-Clause
"""A session at a console, written down: wait for a text, type one, and so on.

timeout = "20s"                # simulated time, of every step that has none of its own

[[step]]
expect = "~ # "                # text that the guest prints, after what the step before waited for
send = "uname -a\\n"            # typed when it has come
name = "prompt"                # by which the step is named in reports, and as the place of a checkpoint
timeout = "60s"
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, TypeAdapter, ValidationError

from simobjects.base.errors import SimObjectsError
from simobjects.base.files import open_regular
from simobjects.framework import Latency

PATIENCE = 60 * 10**12
"""Picoseconds of simulated time that a step waits unless it says otherwise."""
LARGEST = 1 << 20
"""Bytes of a file with a script: more is no session."""
LINES = 10
"""So many of the last lines are shown of a console that a script waits for in vain."""
WIDTH = 200


class SessionError(SimObjectsError, ValueError):
    """A script that cannot be played."""


@dataclass(frozen=True)
class Step:
    """Wait until `expect` is printed (empty: do not wait), then type `send` (empty: nothing).

    A step that waits longer than `timeout` of simulated time ends the run badly. `name`: how reports and
    `--at-step` call it; without one it has its number, from 1.
    """

    expect: str = ""
    send: str = ""
    name: str = ""
    timeout: Latency = PATIENCE

    def title(self, number: int) -> str:
        """How a report calls the step with this number."""
        return f"step {number} ({self.name})" if self.name else f"step {number}"


_NAMES = tuple(field.name for field in fields(Step))
_STEP = TypeAdapter(Step)


def steps_of(value: object) -> object:
    """The steps that a value stands for: the path of a script, or a list of steps, pairs and mappings.

    A pair is (expect, send); a text alone is what is expected. SessionError says what is wrong.
    """
    if isinstance(value, str):
        return read_script(Path(value)) if value.strip() else []
    if isinstance(value, Iterable) and not isinstance(value, (Mapping, bytes)):
        return [_step(number, item, {}) for number, item in enumerate(value, 1)]
    return value


def read_script(file: Path) -> list[Step]:
    """The steps of a file. SessionError with the place when it is none."""
    try:
        with open_regular(file) as source:
            text = source.read(LARGEST + 1)
    except OSError as error:
        raise SessionError(
            f"the script cannot be read ({error.strerror})", where=file, fix="correct the path"
        ) from None
    if len(text) > LARGEST:
        raise SessionError(f"more than {LARGEST} bytes are no script of a console", where=file)
    try:
        found = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SessionError(
            f"not in TOML: {error}", where=file, fix='write steps as [[step]] expect = "login: "'
        ) from None
    steps = found.pop("step", None)
    common = {"timeout": found.pop("timeout")} if "timeout" in found else {}
    if found:
        raise SessionError(f"a script has no {sorted(found)[0]!r}", where=file, fix="it has timeout and [[step]]")
    if not isinstance(steps, list) or not steps:
        raise SessionError("it has no steps", where=file, fix='write at least [[step]] and expect = "text"')
    try:
        return [_step(number, item, common) for number, item in enumerate(steps, 1)]
    except SessionError as error:
        raise SessionError(error.what, where=file, fix=error.fix) from None


def _step(number: int, item: object, common: Mapping[str, Any]) -> Step:
    """The step that an item of a list or of a file is; SessionError with its number."""
    if isinstance(item, Step):
        return item
    if isinstance(item, str):
        item = {"expect": item}
    elif isinstance(item, (tuple, list)) and len(item) == 2:
        item = {"expect": item[0], "send": item[1]}
    if not isinstance(item, Mapping):
        raise SessionError(f"step {number} is no step", fix="write a text to wait for, (expect, send), or Step(...)")
    odd = sorted(str(name) for name in item if name not in _NAMES)
    if odd:
        raise SessionError(f"step {number} has {odd[0]!r}", fix=f"a step has {', '.join(_NAMES)}")
    given = {**common, **item}
    try:
        return _STEP.validate_python(given)
    except ValidationError as error:
        wrong = error.errors()[0]
        name, why = str(wrong["loc"][0]), wrong.get("ctx", {}).get("error", wrong["msg"])
        what, kind = f"step {number} has {name} = {given[name]!r}", "a time" if name == "timeout" else "a text"
        raise SessionError(what, fix=f"{name} is {kind} ({why})") from None


def _told_apart(steps: list[Step]) -> list[Step]:
    """A name says one step: that at which a checkpoint is taken."""
    seen: dict[str, int] = {}
    for number, step in enumerate(steps, 1):
        if step.name and seen.setdefault(step.name, number) != number:
            raise SessionError(
                f"steps {seen[step.name]} and {number} are both called {step.name!r}", fix="give each a name of its own"
            )
    return steps


Script = Annotated[list[Step], BeforeValidator(steps_of), AfterValidator(_told_apart)]
"""The type of a parameter that is a script."""


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
