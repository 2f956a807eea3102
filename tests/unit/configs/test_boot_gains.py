# SPDX-License-Identifier: BSD-3-Clause
"""The study of the published gains: its mixes are the shipped counts, what is played has them, and the page is true."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest

from simobjects import Simulation
from simobjects.guest.eras import ERAS, register_era
from simobjects.guest.steps import Addresses, Event, Kind, instructions, privileged

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "gains.md"
COUNTS = ROOT.parent / "shared" / "oracle" / "linux" / "counts-init.txt"


@pytest.fixture(scope="module")
def study() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "configs" / "studies" / "boot_gains.py"))


def test_the_mixes_are_complete(study: dict[str, Any]) -> None:
    mixes = study["read_mixes"]()
    assert set(mixes) == {"none", "pipe", "cow", "all"}
    for mix in mixes.values():
        assert mix["user_instructions"] < mix["instructions"]
        assert mix["rfi"] >= mix["data_misses"] + mix["inst_misses"] + mix["system_calls"]
        assert mix["tlbwe"] >= 3 * (mix["data_misses"] + mix["inst_misses"])
    assert (mixes["none"]["data_misses"], mixes["none"]["inst_misses"], mixes["none"]["system_calls"]) == (11, 4, 5)


@pytest.mark.oracle
@pytest.mark.skipif(not COUNTS.exists(), reason="the counts (../shared/oracle/linux) are not beside this project")
def test_the_whole_run_is_what_was_counted(study: dict[str, Any]) -> None:
    mix = study["read_mixes"]()["all"]
    lines = [line.split() for line in COUNTS.read_text().splitlines()]
    symbols = {line[2]: int(line[3]) for line in lines if line and line[0] == "sym"}
    opcodes = {line[1]: int(line[2]) for line in lines if line and line[0] == "op"}
    assert mix["data_misses"] == symbols["DataTLBError44x"]
    assert mix["inst_misses"] == symbols["InstructionTLBError44x"]
    assert mix["system_calls"] == symbols["SystemCall"]
    assert mix["tlbwe"] == opcodes["31/978"] and mix["rfi"] == opcodes["19/50"]
    assert mix["wrtee"] == opcodes["31/131"] + opcodes["31/163"]
    moves = {kind: [line for line in lines if line and line[0] == kind] for kind in ("mfspr", "mtspr")}
    for kind, found in moves.items():
        traps = sum(int(line[2]) for line in found if int(line[1]) & 0x10 and (kind, line[1]) != ("mtspr", "48"))
        assert mix[kind] == traps
    assert ["mtspr", "48", str(mix["mtspr_pid"])] in moves["mtspr"]


@pytest.mark.parametrize("name", ["none", "cow"])
def test_what_is_played_has_the_counts_of_the_mix(study: dict[str, Any], name: str) -> None:
    mix = study["read_mixes"]()[name]
    found = study["rates"](mix)
    made = study["era"]("a mix", found, (20, 30))
    register_era(made)
    try:
        system = study["machine"](mix, "a mix", "e4")
        sim = Simulation(system)
        for _ in sim.run():
            pass
    finally:
        del ERAS["a mix"]
    total = sim.stats["system.core.instructions"] + sim.stats["system.core.kernel_instructions"]  # type: ignore[operator]
    assert total == pytest.approx(mix["instructions"], rel=0.02)
    assert sim.stats["system.guest.syscalls"] == pytest.approx(mix["system_calls"], abs=1)
    assert sim.stats["system.guest.page_flushes"] == pytest.approx(mix["dsi"], rel=0.02)
    assert sim.stats.by_label("system.host.emulated")["wrtee"] == pytest.approx(mix["wrtee"], rel=0.02)
    assert sim.stats.by_label("system.host.exits_by_kind")["mmio"] == pytest.approx(mix["mmio"] + mix["dcr"], rel=0.06)
    if mix["data_misses"] > 100:
        refills = sim.stats.by_label("system.guest.refills")
        assert refills["data_user"] == pytest.approx(mix["data_misses"], rel=0.35)


def test_a_calls_work_is_spread_over_the_working_set(study: dict[str, Any]) -> None:
    found = study["rates"](study["read_mixes"]()["cow"])
    work = study["kernel_work"](found, (20, 30))
    assert work == study["kernel_work"](found, (20, 30)), "the same on every machine"
    assert privileged(work) == sum(found.privileged.values())
    assert instructions(work) == pytest.approx(found.plain + privileged(work) + found.devices, rel=0.01)
    codes = {step.b for step in work if step.kind is Kind.CODE}
    assert 10 < len(codes) <= 20
    assert len(ERAS["6.1"].scripts(Addresses(), False)[Event.SYSCALL]) < len(work)


def test_the_page_has_every_mix_and_the_published_figures(study: dict[str, Any]) -> None:
    text = PAGE.read_text()
    table = re.search(r"<!-- gains -->\n(.*?)<!-- /gains -->", text, re.DOTALL)
    assert table is not None
    rows = [line.split("|")[1].strip() for line in table[1].splitlines()]
    assert [row for row in rows if row in ("none", "pipe", "cow", "all")] == sorted(
        (row for row in rows if row in ("none", "pipe", "cow", "all")),
        key=["none", "pipe", "cow", "all"].index,
    )
    assert {"none", "pipe", "cow", "all"} <= set(rows)
    assert "| about 15 % | about 15 % | about 30 % |" in table[1]


def test_a_row_of_the_page_is_what_the_study_gives(study: dict[str, Any]) -> None:
    played = study["measure"](["cow"])
    lines = study["report"](played).splitlines()
    text = PAGE.read_text()
    for line in lines:
        assert line in text
