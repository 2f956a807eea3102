# SPDX-License-Identifier: BSD-3-Clause
"""The studies of configs/studies/questions, small: they run, and answer with tables and figures; what they rest on."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simobjects import Simulation
from simobjects.base.errors import InputError, UsageError
from simobjects.framework import overriding
from simobjects.study.sensitivity import factors
from simobjects.study.table import Row
from tests.helpers.questions import module, questions
from tests.helpers.small_programs import RESET, elf_file

Chosen = Callable[[Mapping[str, str]], bool]
SQLITE = {"sqlite": {"trace": "sqlite"}}
USUAL = ("250Hz", "each 10th tick", "each 5th tick")
SMALL: dict[str, Chosen] = {
    "claims": lambda at: at["change"] in ("as it is", "HZ 4000Hz", "device every 3000", "iccci_refill 2000"),
    "sizes": lambda at: at["entries"] in ("64", "128") and at["guest_entries"] in ("64", "128"),
    "pressure": lambda at: (
        (at["system.host.hz"], at["task"], at["signal"]) == USUAL
        or (at["system.host.hz"] in ("100Hz", "4000Hz") and at["task"] != USUAL[1] and at["scheme"] != "")
    ),
    "host-pages": lambda at: at["system.host.page_size"] != "16KiB",
    "processes": lambda at: at["processes"] != "2" and at["quantum"] != "1600000",
    "what-ifs": lambda at: True,
}
REFERENCES = 40_000


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """What a study finds on few points and few references; each runs once."""
    made: dict[str, Any] = {}

    def found(name: str) -> Any:
        if name not in made:
            asked = questions()[name]
            few = replace(asked, space=lambda chosen: asked.space(chosen).where(SMALL[name]))
            table = few.run(SQLITE, tmp_path_factory.mktemp(name) / "out", REFERENCES, 2)
            made[name] = module("answers").Found.read(table)
        return made[name]

    return found


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


@pytest.mark.parametrize("name", ["claims", "sizes", "host-pages", "what-ifs"])
def test_a_study_answers_on_few_points(small: Callable[[str], Any], name: str) -> None:
    question, found = questions()[name], small(name)
    parts = question.parts(found)
    assert f"of each at most the first {REFERENCES:,} references" in parts.pop("sizes")
    assert parts.pop("answer").endswith(".")
    for mark, table in parts.items():
        lines = rows(table)
        assert len({len(line) for line in lines}) == 1, mark
        assert len(lines) > 2 or mark == "turns", mark
        assert not any(cell == "nan" for line in lines for cell in line), mark
    for content in question.figures(found).values():
        assert content.startswith(b"<?xml")


def test_the_claims_that_need_no_long_run(small: Callable[[str], Any]) -> None:
    claims, found = module("claims"), small("claims")
    numbers = {row[0]: row[2] for row in rows(claims.numbers(found))}
    assert numbers["less than half the memory"] == "1,344 to 512"
    held = {row[0]: row[1] for row in rows(claims.held(found))}
    assert held["less than half the memory"] == "yes"
    assert held["(faster on the whole)"] == "yes"


def test_along_a_cost_statistics_go_straight(small: Callable[[str], Any]) -> None:
    """What the far end of a range says of other costs is what a run with them has, but for a tick."""
    claims, found = module("claims"), small("claims")
    cost = next(one for one in claims.costs() if one.name == "iccci_refill")
    assert (cost.value, cost.low, cost.high, cost.setting) == (200, 0, 2000, "iccci_refill 2000")
    usual, far = (claims.pairs(found, "sqlite", change) for change in ("as it is", cost.setting))
    for place, scheme in enumerate(claims.SCHEMES):
        said = usual["64"][place].moved(far["64"][place], (0 - 200) / (2000 - 200))
        with overriding({"system.costs.iccci_refill": "0"}):
            simulation = Simulation(module("guests").machine(scheme=scheme))
        simulation.run_all(references=REFERENCES)
        assert said.time == pytest.approx(simulation.stats.count("system.core.vcpu_time"), rel=5e-3)


def test_the_costs_that_are_left_out_change_nothing() -> None:
    machine, claims = module("guests").machine, module("claims")

    def counted(scheme: str, **costs: str) -> dict[str, Any]:
        with overriding({f"system.costs.{name}": value for name, value in costs.items()}):
            simulation = Simulation(machine(scheme=scheme))
        simulation.run_all(references=60_000)
        return {
            name: simulation.stats.by_label(f"system.{name}")
            for name in ("core.cycles", "host.exit_instructions", "host.host_misses")
        }

    ends = {
        factor.path.rpartition(".")[2]: factor.text(factor.high)
        for factor in factors(machine(), {})
        if factor.path.rpartition(".")[2] in claims.IDLE
    }
    assert set(ends) == set(claims.IDLE)
    for scheme in claims.SCHEMES:
        assert counted(scheme, **ends) == counted(scheme)


def claimed(margin: Mapping[str, float], usual: float = 1.0) -> Any:
    """A claim whose margin is what its change says."""
    claim = module("claim_list").Claim
    return claim("it", "unit", lambda pairs: (0, 0), lambda pairs: margin.get(pairs["64"], usual))


def test_a_turn_is_found_on_both_sides_of_the_usual_value(monkeypatch: pytest.MonkeyPatch) -> None:
    claims = module("claims")
    monkeypatch.setattr(claims, "pairs", lambda found, workload, change="as it is": {"64": change})
    turning = claimed({"HZ 100Hz": -1, "HZ 4000Hz": -1, "HZ 16000Hz": -1, "signal every 1": float("nan")})
    assert list(claims.turns_by_knob(None, turning, "sqlite")) == ["HZ 250Hz to 100Hz", "HZ 1000Hz to 4000Hz"]
    assert list(claims.turns_by_knob(None, claimed({}, float("nan")), "sqlite")) == []


def test_pressure_makes_the_host_busier(small: Callable[[str], Any]) -> None:
    pressure, found = module("pressure"), small("pressure")
    assert len(pressure.hosts(found)) == 5
    quiet, busy = ("100Hz", "no task", USUAL[2]), ("4000Hz", "each tick", USUAL[2])
    for scheme in pressure.SCHEMES:
        of = [pressure.at(found, "sqlite", scheme, host) for host in (quiet, busy)]
        assert of[0]["host.puts"] < of[1]["host.puts"]
    with pytest.raises(KeyError):
        pressure.at(found, "sqlite", "e4", ("1Hz", *USUAL[1:]))


def test_processes_cost_more_when_they_are_switched_more(small: Callable[[str], Any]) -> None:
    processes, found = module("processes"), small("processes")
    alone = processes.at(found, "sqlite", "e4", *processes.ONE)
    assert alone["guest.switches"] == 0
    several = processes.at(found, "sqlite", "e4", "4", "50000")
    assert processes.cost(found, "sqlite", "e4", *processes.ONE) == 1
    assert several["core.instructions"] > 0


def test_workloads_are_traces_and_windows_of_linux(tmp_path: Path) -> None:
    guests = module("guests")
    chosen = guests.workloads(["traces"], tmp_path)
    assert list(chosen) == ["sqlite", *(f"linux {name}" for name in guests.LINUX)]
    assert chosen["linux pipe"] == {
        "guest": "linux", "system.core.workload.built": str(tmp_path), "system.core.workload.arguments": "windows=8"
    }  # fmt: skip
    assert list(guests.streams(chosen)) == ["sqlite"]
    with pytest.raises(UsageError, match="did you mean pipe"):
        guests.workloads(["traces"], tmp_path, ["boot", "pip"])
    with pytest.raises(InputError, match="name a suite of traces"):
        guests.workloads(["bare-metal"], None)


def test_a_linux_stands_on_the_same_busy_host(tmp_path: Path) -> None:
    for name in ("vmlinux", "vmlinux-kvm"):
        elf_file(tmp_path / name, RESET)
    (tmp_path / "initramfs.cpio").write_bytes(b"files")
    guests = module("guests")
    (chosen,) = guests.workloads([], tmp_path, ("pipe",)).values()
    assert chosen.pop("guest") == "linux"
    with overriding({**chosen, "system.host.tasks[0].every": "3"}):
        system = guests.machine(scheme="e3b", guest="linux", entries=256, flush="once")
        Simulation(system)
    assert system.core.workload.arguments == "windows=8"
    assert (system.tlb.entries, system.guest_tlb.entries, system.costs.flush) == (256, 64, "once")
    assert (system.host.tasks[0].every, system.host.vmm.signal_every) == (3, 5)


def test_of_a_linux_its_window_is_taken_and_of_others_the_whole() -> None:
    counted = module("answers").counts_of
    whole = [
        Row("total", "system.host", "puts", "", "put", "7"),
        Row("total", "system.host", "exits", "dec", "exit", ""),
    ]
    assert counted(whole) == {"host.puts": 7}
    window = Row("marker", "system.host", "exits_by_kind", "dec", "exit", "3")
    assert counted([*whole, window]) == {"host.exits_by_kind[dec]": 3}


def test_the_command_line_writes_figures_and_refuses_what_is_no_table(
    small: Callable[[str], Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question, main = questions()["sizes"], module("question").main
    assert main(question, ["--from", str(small("sizes").file), "--figures", str(tmp_path / "f")]) == 0
    assert "Under the commit" in capsys.readouterr().out
    assert sorted(file.name for file in (tmp_path / "f").iterdir()) == ["study-sizes-gain.svg", "study-sizes-guest.svg"]
    assert main(question, ["--from", str(tmp_path / "none")]) == 3
    assert "cannot be read" in capsys.readouterr().err
    assert main(question, ["--suite", "trace"]) == 3
    assert "did you mean traces" in capsys.readouterr().err


def test_the_shipped_table_writes_page_figures_and_table_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, of = questions()["host-pages"], module("question")
    shown = asked.page.read_text(encoding="utf-8")
    table = asked.data
    monkeypatch.setattr(of, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(of, "DATA", tmp_path / "data")
    asked.page.parent.mkdir()
    asked.page.write_text(re.sub(r"(<!-- (\w+) -->\n).*?(\n<!-- /\2 -->)", r"\1\3", shown, flags=re.DOTALL))
    assert of.main(asked, ["--from", str(table), "--publish"]) == 0
    assert asked.page.read_text(encoding="utf-8") == shown
    assert asked.data.read_bytes() == table.read_bytes()
    assert [file.name for file in (tmp_path / "docs" / "figures").iterdir()] == ["study-host-pages.svg"]
    assert of.main(asked, ["--from", str(asked.data), "--publish"]) == 0, "of its own table too"
