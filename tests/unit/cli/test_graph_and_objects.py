# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects graph` and `simobjects objects`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simobjects.cli._objects_page import COMMAND
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


def test_the_page_of_the_objects_is_what_the_classes_say(simobjects: Command) -> None:
    page = Path(__file__).parents[3] / "docs" / "objects.md"
    assert simobjects("objects", "--markdown").out == page.read_text(encoding="utf-8"), (
        f"docs/objects.md is stale; make it again: {COMMAND} > docs/objects.md"
    )


def test_an_annotated_type_is_named(simobjects: Command) -> None:
    """What a parameter takes, not how it is checked."""
    rows = [line.split(" | ") for line in simobjects("objects", "--markdown").out.splitlines() if " | " in line]
    assert ["list[Step]"] == [row[1] for row in rows if row[0] == "| `script`"]
    assert not [row for row in rows if "Annotated" in row[1] or "Validator" in row[1]]


def test_the_parameters_of_a_machine(simobjects: Command, config: str) -> None:
    said = simobjects("run", config, "--help-params", "--set", "system.core.tlb.entries=32")
    assert said.code == 0
    lines = {line.split()[0]: line for line in said.out.splitlines()}
    assert list(lines)[:3] == ["parameter", "system.clock", "system.memory"]
    assert "400MHz" in lines["system.clock"]
    assert lines["system.core.tlb.entries"].split()[1:] == "32 int from 1 to 4096 entries in the array".split()
    assert lines["system.core.pages"].split()[1] == "96"
    assert not Path("runs").exists()
    said = simobjects("run", config, "--help-params", "*.tlb.*")
    assert len(said.out.splitlines()) == 2
    assert simobjects("run", config, "--help-params", "nothing*").code == 2
