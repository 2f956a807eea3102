# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects graph` and `simobjects objects`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command

STARTS = {"svg": "<svg", "dot": "digraph", "mermaid": "flowchart"}


@pytest.mark.parametrize("form", sorted(STARTS))
def test_formats_and_the_same_bytes(simobjects: Command, config: str, form: str) -> None:
    said = simobjects("graph", config, "--format", form)
    assert said.code == 0
    assert STARTS[form] in said.out
    assert "FakeTLB" in said.out
    assert simobjects("graph", config, "--format", form).out == said.out


def test_the_name_of_the_file_decides_the_format(simobjects: Command, config: str) -> None:
    for name, start in (("g.svg", "<svg"), ("g.dot", "digraph"), ("g.mmd", "flowchart"), ("g", "<svg")):
        said = simobjects("graph", config, "-o", name)
        assert (said.code, said.out) == (0, "")
        assert start in Path(name).read_text()


def test_a_machine_that_cannot_run_yet_can_be_drawn(simobjects: Command) -> None:
    Path("half.py").write_text("from simobjects.framework import System\nsystem = System()\n")
    assert simobjects("graph", "half.py").code == 0


def test_graph_of_a_wrong_machine(simobjects: Command, config: str) -> None:
    assert simobjects("graph", config, "--set", "system.core.x=1").code == 2
    said = simobjects("graph", config, "-o", "no/such/folder.svg")
    assert said.code == 2
    assert "no/such/folder.svg" in said.err


def test_one_object(simobjects: Command, config: str) -> None:
    said = simobjects("objects", "FakeTLB", "--config", config)
    assert said.code == 0
    for text in ("A fully associative buffer", "entries", "= 16", "from 1 to 4096", "hit_rate", "ratio", "even, odd"):
        assert text in said.out


def test_objects_as_json(simobjects: Command, config: str) -> None:
    data = json.loads(simobjects("objects", "FakeCore", "--config", config, "--json").out)
    assert [parameter["name"] for parameter in data["params"]] == ["length", "pages", "mode", "pause_us"]
    assert data["debug_kinds"] == ["misses", "hits"]
    assert isinstance(json.loads(simobjects("objects", "--json").out), list)


def test_an_unknown_object(simobjects: Command, config: str) -> None:
    said = simobjects("objects", "FakeTBL", "--config", config)
    assert said.code == 2
    assert "did you mean FakeTLB?" in said.err
