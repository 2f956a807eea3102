# SPDX-License-Identifier: BSD-3-Clause
"""Whether a checkpoint of one machine fits another: the same objects, and parameters that state does not depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simobjects.base.dumped import objects

from ..node import Part
from ..problems import show
from ..tree import walk

Rule = Literal["any", "larger"]
"""How a parameter may differ from its value in the checkpoint: freely, or by being larger."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that is not as in the checkpoint."""

    path: str
    name: str
    saved: Any
    now: Any


def facts(data: Any) -> Iterator[tuple[str, str, Any]]:
    """(path, name, value) of every fact of a dumped machine; parameters by their own names."""
    for path, found in objects(data):
        if not isinstance(found, Mapping):
            yield path, "", found
            continue
        for name, value in found.items():
            if name == "params" and isinstance(value, Mapping):
                yield from ((path, str(parameter), given) for parameter, given in value.items())
            else:
                yield path, str(name), value


def differences(saved: Any, now: Any) -> list[Difference]:
    """What two dumped machines do not share; None stands for what one of them has not."""
    before = {(path, name): value for path, name, value in facts(saved)}
    after = {(path, name): value for path, name, value in facts(now)}
    return [
        Difference(*key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def refusals(system: Part, found: list[Difference]) -> list[str]:
    """A sentence for each difference with which the state would mean something else."""
    described = {obj.path: obj for obj in walk(system)}
    other = {one.path for one in found if one.name == "type"}
    named = {one.path for one in found if one.name == "short" and one.saved and one.now}
    told = [one for one in found if one.path not in other or one.name == ("short" if one.path in named else "type")]
    return [text for one in told if (text := _refusal(described.get(one.path), one))]


def _refusal(obj: Part | None, one: Difference) -> str | None:
    subject = ".".join(part for part in (one.path, one.name) if part)
    rules = type(obj).restorable if obj is not None else {}
    rule = rules.get(one.name, rules.get("*") if one.name not in ("type", "references", "connections") else None)
    if rule == "any":
        return None
    if rule == "larger":
        if type(one.saved) is int and type(one.now) is int and one.now >= one.saved:
            return None
        return f"{subject} is {show(one.now)}, and {show(one.saved)} in the checkpoint: it may be larger, not smaller"
    if one.name == "short" and one.saved and one.now:
        return f"{one.path} is {show(one.now)}, but {show(one.saved)} in the checkpoint, whose state depends on it"
    if one.name == "type" or obj is None:
        return f"{one.path} is not the same object in the checkpoint and in this machine"
    if one.name == "source":
        return f"the Python source of {one.path} is not that of the checkpoint, whose state depends on it"
    return f"{subject} is {show(one.now)}, but {show(one.saved)} in the checkpoint, whose state depends on it"
