# SPDX-License-Identifier: BSD-3-Clause
"""Sensitivity: ranges beside the estimates, exact effects, where a conclusion turns, and the command's report."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from simobjects import CostModel
from simobjects.cli import main
from simobjects.framework.fields import plausible
from simobjects.study.execute import Limits
from simobjects.study.metric import Metric
from simobjects.study.sensitivity import Bench, Factor, SensitivityError, Side, influence, side_factors, study

SCRIPT = """
from simobjects import *

system = System(clock="400MHz", memory="256MiB")
system.costs = CostModel({costs})
system.core = Core440(workload=SyntheticWorkload(code_pages=4, data_pages=90, records=300, instructions=9, accesses=3))
system.tlb = HardwareTLB()
system.guest = GuestKernel(io_every=0)
system.core.translation = system.tlb.core_side
"""
NATIVE = SCRIPT + "system.core.exceptions = system.guest.vectors\n"
VIRTUAL = SCRIPT + (
    "system.guest_tlb = GuestTLB()\nsystem.host = HostKernel(hz='1Hz')\nsystem.core.exceptions = system.host.exits\n"
)
TIME = Metric("system.core.vcpu_time")


def script(folder: Path, text: str, name: str = "machine", costs: str = "") -> Path:
    path = folder / f"{name}.py"
    path.write_text(text.format(costs=costs))
    return path


def side(config: Path, **fixed: str) -> Side:
    return Side(config.stem, config, {f"system.{path}": value for path, value in fixed.items()})


def test_every_estimate_of_the_cost_model_has_a_range_around_it() -> None:
    model = CostModel()
    ranged = {name: plausible(info) for name, info in CostModel.model_fields.items()}
    for name, bounds in ranged.items():
        description = CostModel.model_fields[name].description or ""
        assert ("estimate" in description) == (bounds is not None), name
        if bounds is not None:
            value = getattr(model, name)
            value = Fraction(value.milli, 1000) if hasattr(value, "milli") else value
            assert Fraction(str(bounds.low)) < value < Fraction(str(bounds.high)), name
    assert sum(bounds is not None for bounds in ranged.values()) >= 25


def test_effects_are_exact(tmp_path: Path) -> None:
    found = study([side(script(tmp_path, NATIVE))], TIME, Limits())
    effects = {each.factor.path.rpartition(".")[2]: each for each in found.influences}
    # 4 code pages once, then every one of 300 data pages and the code pages again as they are displaced
    refills = (effects["interrupt_latency"].high - effects["interrupt_latency"].low) / (20 - 6)
    assert refills == int(refills) > 300
    assert effects["tlbwe_latency"].high - effects["tlbwe_latency"].low == 6 * 3 * refills
    assert effects["rfi_latency"].high - effects["rfi_latency"].low == 17 * refills
    assert effects["guest_cpi"].elasticity == pytest.approx(
        1 - (10 * refills + 5 * refills + 9 * refills + effects["spr_latency"].base - effects["spr_latency"].low)
        / found.base
    )  # fmt: skip
    assert effects["host_cpi"].swing == effects["c_map"].swing == 0
    assert [each.swing for each in found.influences] == sorted((each.swing for each in found.influences), reverse=True)
    assert found.corner is None and found.holds and found.holds_together


def test_a_value_out_of_its_range_widens_it_and_a_set_one_is_known(tmp_path: Path) -> None:
    config = script(tmp_path, VIRTUAL, costs="c_map=5000, host_cpi='0.5'")
    known = {factor.path: factor for factor in side_factors(side(config, **{"costs.c_tick": "100"}))}
    c_map = known["system.costs.c_map"]
    assert (c_map.low, c_map.high) == (Fraction(400), Fraction(5000))
    assert known["system.costs.host_cpi"].low == Fraction(1, 2)
    assert "system.costs.c_tick" not in known
    assert known["system.costs.host_cpi"].text(Fraction(4, 5)) == "0.800"


class Line(Bench):
    """A bench without machines: the figure is a line in one number."""

    def __init__(self, slope: Fraction, at: Fraction) -> None:
        super().__init__([Side("a", Path("a"), {}), Side("b", Path("b"), {})], TIME, Limits())
        self._slope, self._at = slope, at

    def figure(self, setting: Mapping[str, str]) -> float:
        self.runs += 1
        (text,) = setting.values()
        return float(1 + self._slope * (Fraction(text) - self._at))


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("slope", [Fraction(1, 10), Fraction(-1, 10)])
@pytest.mark.parametrize("value", [500, 12])
def test_the_turn_is_bisected_to_one_step(whole: bool, slope: Fraction, value: int) -> None:
    turn = Fraction(136) if whole else Fraction(136427, 1000)
    factor = Factor("system.costs.x", Fraction(value), Fraction(0), Fraction(1000), whole)
    bench = Line(slope, turn)
    base = bench.figure({factor.path: str(value)})
    found = influence(bench, factor, base)
    assert found.flip is not None
    step = 1 if whole else Fraction(1, 1000)
    assert abs(found.flip - turn) <= step
    assert (bench.figure({factor.path: factor.text(found.flip)}) > 1) != (base > 1)
    back = found.flip + (step if value > turn else -step)
    assert (bench.figure({factor.path: factor.text(back)}) > 1) == (base > 1)
    assert bench.runs < 40


def test_a_conclusion_that_turns(tmp_path: Path) -> None:
    """Without iccci the guest is faster, whatever else costs, as long as a refill costs anything."""
    config = script(tmp_path, VIRTUAL)
    sides = [Side(value, config, {"system.costs.iccci": value}) for value in ("true", "false")]
    found = study(sides, TIME, Limits())
    assert found.base > 1
    (turning,) = (each for each in found.influences if each.flip is not None)
    assert (turning.factor.path, turning.flip) == ("system.costs.iccci_refill", Fraction(0))
    assert not found.holds and not found.holds_together


def command(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = script(tmp_path, VIRTUAL)
    out = tmp_path / "out"
    assert command("sensitivity", config, "--compare", "system.host.scheme=e3b,e4", "--out", out) == 0
    text = capsys.readouterr().out
    assert "e4 has the lower system.core.vcpu_time: e3b has " in text
    assert "this holds over the whole range of every number alone" in text
    assert "with all numbers at their worst ends together it still holds" in text
    assert text.startswith((out / "report.txt").read_text())
    rows = list(csv.DictReader((out / "sensitivity.csv").open()))
    assert {row["turns_at"] for row in rows} == {""}
    assert float(rows[0]["swing"]) >= float(rows[-1]["swing"])
    picture = (out / "tornado.svg").read_bytes()
    assert picture.startswith(b"<?xml") and b"</svg>" in picture
    assert command("sensitivity", config, "--compare", "system.host.scheme=e3b,e4", "--out", tmp_path / "again") == 0
    assert (tmp_path / "again" / "tornado.svg").read_bytes() == picture


def test_slowdown_against_the_bare_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    virtual, native = script(tmp_path, VIRTUAL, "guest"), script(tmp_path, NATIVE, "bare")
    assert command("sensitivity", virtual, "--against", native, "--out", tmp_path / "out") == 0
    said = capsys.readouterr().out
    assert "bare has the lower system.core.vcpu_time: guest has" in said
    # What only one of the two machines has is varied in it alone; what both have, in both.
    assert "without influence:" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--compare", "system.host.scheme=e4"], "give two different values"),
        (["--compare", "system.host.scheme=e4,e4"], "give two different values"),
        (["--metric", "misses"], "names no statistic"),
        (["--metric", "system.tlb.nothing"], "no statistic system.tlb.nothing"),
        (["--metric", "system.core.vcpu_time/system.guest.ios"], "nothing to divide by"),
        (["--compare", "system.guest.idle_cycles=1,2"], "there is no conclusion to test"),
    ],
)
def test_what_cannot_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[Any], said: str
) -> None:
    config = script(tmp_path, VIRTUAL)
    assert command("sensitivity", config, *arguments, "--out", tmp_path / "out") == 2
    assert said in capsys.readouterr().err


def test_a_run_that_ends_badly_is_said(tmp_path: Path) -> None:
    config = script(tmp_path, VIRTUAL + "system.core.watchdog = 1\nsystem.guest.page_size = '64KiB'\n")
    with pytest.raises(SensitivityError, match="ended badly"):
        study([side(config, **{"core.workload.data_base": "0x30005000"})], TIME, Limits())
