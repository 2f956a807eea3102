# SPDX-License-Identifier: BSD-3-Clause
"""The pages of the studies: answers, tables and figures are what the shipped tables give."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import pyarrow.parquet as parquet
import pytest

from simobjects.cli.arguments import parser
from simobjects.study.table import metadata
from tests.helpers.drawn import DRAWN_BY
from tests.helpers.questions import FOLDER, module, questions
from tests.helpers.replay import steps

ROOT = Path(__file__).resolve().parents[2]
NAMES = list(questions())


def marked(page: str) -> dict[str, str]:
    """What stands between the marks of a page."""
    return dict(re.findall(r"^<!-- (\w+) -->\n(.*?)\n<!-- /\1 -->$", page, re.MULTILINE | re.DOTALL))


@pytest.fixture(params=NAMES)
def question(request: pytest.FixtureRequest) -> Any:
    return questions()[request.param]


def test_the_page_is_what_its_table_gives(question: Any) -> None:
    found = module("answers").Found.read(question.data)
    page = question.page.read_text(encoding="utf-8")
    assert marked(page) == question.parts(found)
    made = question.figures(found)
    assert set(re.findall(r"\]\(figures/([^)]+)\)", page)) == set(made)
    for name, content in made.items():
        if matplotlib.__version__ == DRAWN_BY:
            assert (ROOT / "docs" / "figures" / name).read_bytes() == content, name


@pytest.mark.parametrize("page", ["studies.md", *(each.page.name for each in questions().values())])
def test_the_commands_of_the_pages_are_commands(page: str) -> None:
    """Each study begins from suites that the commands before it make; those of the index may read a table instead."""
    asked = []
    for step in steps(f"docs/{page}", "sh"):
        program, *words = shlex.split(step.text)
        if program == "simobjects":
            parser().parse_args(words)
        else:
            assert program == "python"
            assert (ROOT / words[0]).is_file()
            script = module(Path(words[0]).stem)
            if words[1:]:
                given = module("question").parsed(script.QUESTION, words[1:])
                assert given.suite or (ROOT / given.table).is_file()
                asked.append(script.QUESTION.page.name)
    assert page == "studies.md" or asked == [page], "how to do it again"


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    """What each study has found."""
    return {name: module("answers").Found.read(each.data) for name, each in questions().items()}


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_what_the_page_says_of_the_claims(data: dict[str, Any]) -> None:
    claims, found = module("claims"), data["claims"]
    held = {row[0]: row[1:] for row in cells(claims.held(found))}
    names = list(found.axis("workload"))
    everywhere = ["less than half the memory", "every exit shorter", "larger TLB: more saved at an exit"]
    for says in (*everywhere, "larger TLB: more gain"):
        assert set(held[says]) == {"yes"}, says
    assert "yes" not in held["tlbivax: more gain"] + held["... and interrupts miss less"]
    assert [name for name, word in zip(names, held["(faster on the whole)"], strict=True) if word != "yes"] == [
        "linux boot"
    ]
    assert held["more TLB misses"].count("yes") == len(names) / 3
    turned = {(row[0], row[1]): row[4] for row in cells(claims.turns(found))}
    assert not {says for says, _ in turned} & {everywhere[0], everywhere[2]}
    assert ("(faster on the whole)", "linux boot") not in turned
    by_cost = {says for (says, _), cost in turned.items() if cost != "-"}
    assert by_cost
    timed = [claim.says for claim in module("claim_list").CLAIMS if not claim.slack] + ["tlbivax: more gain"]
    assert not by_cost & set(timed), "no cost turns a claim about times"


def test_no_kind_of_exit_is_longer_under_the_commit(data: dict[str, Any]) -> None:
    found, by_kind = data["claims"], module("claim_list").by_kind
    for old in found.points:
        if old.values["scheme"] == "e3b":
            new = found.at(**{**old.values, "scheme": "e4"})
            before, after = by_kind(old), by_kind(new)
            assert all(after[kind] <= before[kind] for kind in after if kind in before), old.values


def test_what_the_page_says_of_sizes(data: dict[str, Any]) -> None:
    sizes, found = module("sizes"), data["sizes"]
    for name in found.axis("workload"):
        times = sizes.times(found, name, "e4", "64")
        assert sizes.best(times) in ("128", "256")
        assert times["1024"] > times[sizes.best(times)]
        virt = [found.at(workload=name, scheme="e4", entries="64", guest_entries=size).virt for size in ("64", "1024")]
        assert virt[1] < virt[0]
        gains = [sizes.ratio(found, name, size, "64") for size in found.axis("entries")]
        assert gains == sorted(gains), "the commit's lead grows with the hardware's TLB"
        assert sizes.ratio(found, name, "64", "1024") < sizes.ratio(found, name, "64", "64")
        usual = found.at(workload=name, scheme="e4", entries="64", guest_entries="64")
        assert usual.vector("host.exits_by_kind")["inst_emu"] / usual.real == pytest.approx(17.5, abs=0.5)
    behind = {
        (name, size, guest)
        for name in found.axis("workload")
        for size in found.axis("entries")
        for guest in found.axis("guest_entries")
        if sizes.ratio(found, name, size, guest) < 1
    }
    assert behind == {("sqlite", "64", guest) for guest in ("256", "512", "1024")}
    for name, size, guest in behind:
        old, new = (found.at(workload=name, scheme=s, entries=size, guest_entries=guest) for s in ("e3b", "e4"))
        assert old.virt < new.virt


def test_what_the_pages_say_of_pressure_pages_processes_and_designs(data: dict[str, Any]) -> None:
    pressure, found = module("pressure"), data["pressure"]
    for name in found.axis("workload"):
        usual, fast = (pressure.gain(found, name, (rate, "no task", "each 5th tick")) for rate in ("100Hz", "1000Hz"))
        assert fast == pytest.approx(usual, rel=0.06), "the rate of the ticks alone does little"
        assert pressure.gain(found, name, ("4000Hz", "each tick", "each 5th tick"), "e4", "e6") > 1.1
    pages, found = module("host_pages"), data["host-pages"]
    for name, guest in pages.rows_of(found):
        times = pages.times(found, name, guest, "e4")
        if guest == "4KiB" and not name.startswith("linux"):
            assert times["64KiB"] == pytest.approx(times["4KiB"], rel=0.01)
        else:
            assert times["64KiB"] < 0.97 * times["4KiB"]
    processes, found = module("processes"), data["processes"]
    for name in found.axis("workload"):
        for case in processes.cases(found):
            new, tagged = (processes.at(found, name, scheme, *case).time for scheme in ("e4", "tagged"))
            assert tagged == pytest.approx(new, rel=0.015)
    designs, found = module("what_ifs"), data["what-ifs"]
    for name in found.axis("workload"):
        assert designs.gain(found, name, "tagged") == pytest.approx(1, abs=0.005)
        assert designs.gain(found, name, "flush_once") < 1.1
        assert designs.gain(found, name, "spare_host") < 1
        assert designs.gain(found, name, "e6") > 0.99


AGAIN: dict[str, dict[str, str]] = {
    "claims": {"scheme": "e3b", "condition": "256", "change": "HZ 4000Hz"},
    "sizes": {"scheme": "e4", "entries": "128", "guest_entries": "256"},
    "pressure": {"scheme": "e6", "system.host.hz": "4000Hz", "task": "each tick", "signal": "each 5th tick"},
    "host-pages": {"scheme": "e4", "system.host.page_size": "64KiB", "guest_page": "64KiB"},
    "processes": {"scheme": "tagged", "processes": "4", "quantum": "50000"},
    "what-ifs": {"design": "large_pages"},
}


def test_a_point_of_the_table_is_what_runs_today(question: Any, data: dict[str, Any], tmp_path: Path) -> None:
    """To the last count, for the shipped trace, on which everybody can run it."""
    wanted = {"workload": "sqlite", **AGAIN[question.name]}
    shipped = data[question.name]
    limits = metadata(parquet.read_table(question.data, columns=[]))["limits"]
    one = replace(question, space=lambda chosen: question.space(chosen).where(lambda at: dict(at) == wanted))
    table = one.run({"sqlite": {"trace": "sqlite"}}, tmp_path / "out", limits["references"], 1)
    (again,) = module("answers").Found.read(table).points
    assert again.counts == shipped.at(**wanted).counts


def test_the_index_has_every_answer() -> None:
    page = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    assert marked(page)["studies"] == module("index").table()
    for each in questions().values():
        assert f"({each.page.name})" in page


def test_every_table_belongs_to_a_study() -> None:
    assert {file.stem for file in (FOLDER / "data").glob("*")} == set(NAMES)
