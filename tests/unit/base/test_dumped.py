# SPDX-License-Identifier: BSD-3-Clause
"""A dumped machine, flat."""

from __future__ import annotations

from simobjects.base.dumped import kind_of, objects

CORE = {"type": "here:Core", "params": {"size": 4}}
MACHINE = {
    "type": "here:System",
    "children": {
        "core": {**CORE, "children": {"table": None}},
        "tasks": [CORE, CORE],
        "named": {"one": CORE},
    },
}


def test_every_object_has_its_path() -> None:
    assert [path for path, _ in objects(MACHINE)] == [
        "system",
        "system.core",
        "system.core.table",
        "system.tasks[0]",
        "system.tasks[1]",
        "system.named.one",
    ]


def test_an_object_is_without_what_is_below_it() -> None:
    found = dict(objects(MACHINE))
    assert found["system"] == {"type": "here:System"}
    assert found["system.core"] == CORE
    assert found["system.core.table"] is None


def test_damaged_data_is_given_as_it_is() -> None:
    assert list(objects(3)) == [("system", 3)]
    assert list(objects({"type": "x", "children": 3})) == [("system", {"type": "x", "children": 3})]


def test_the_kind_is_the_short_name_or_the_class() -> None:
    assert kind_of({"type": "here:Core"}) == "Core"
    assert kind_of({"type": "here:Core", "short": "e4"}) == "e4"
