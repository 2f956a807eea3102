# SPDX-License-Identifier: BSD-3-Clause
"""What is said to be wholly ours is what a walk finds nothing of the user's in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simobjects import Core440, HardwareTLB
from simobjects.framework.config import _callables
from simobjects.framework.source import Untouched, source_digest
from simobjects.framework.tree import walk
from simobjects.guest.eras import ERAS
from simobjects.study.config_script import load_system

EXAMPLES = Path(__file__).parents[3] / "configs" / "examples"


def mine() -> int:
    return 1


class Mine(Core440):
    pass


@dataclass
class Held:
    function: Any


def roots(name: str) -> Iterator[tuple[object, ...]]:
    for obj in walk(load_system(EXAMPLES / f"{name}.py")):
        yield type(obj), *obj.further_code(), *_callables(obj)


@pytest.mark.parametrize("name", ["kvm_guest", "native", "python_scheme", "two_processes"])
def test_it_is_right_whenever_it_is_sure(name: str) -> None:
    ours, sure = Untouched(), 0
    for each in roots(name):
        if ours.all(each):
            assert source_digest(each) == ""
            sure += 1
    assert sure > 5


@pytest.mark.parametrize("thing", [mine, Mine, Held(1), Held(mine), [mine], {"a": mine}, (1, mine), object()])
def test_what_a_user_wrote_needs_a_walk(thing: object) -> None:
    assert not Untouched().all([thing])


def test_plain_values_and_our_own_need_none() -> None:
    assert Untouched().all([Core440, HardwareTLB, *ERAS.values(), 1, "text", (1, 2), [3], {"a": None}, Path("x")])


@pytest.mark.parametrize("kind", [lambda function: function, staticmethod, classmethod])
def test_a_function_that_a_user_has_put_into_our_class_is_seen(monkeypatch: pytest.MonkeyPatch, kind: Any) -> None:
    assert Untouched().all([HardwareTLB])
    monkeypatch.setattr(HardwareTLB, "mine", kind(mine), raising=False)
    assert not Untouched().all([HardwareTLB])
    assert source_digest([HardwareTLB]) != ""
