# SPDX-License-Identifier: BSD-3-Clause
"""docs/history.md: tables and figures are its study's, of the shipped counts; its sentences hold in these."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib
import pytest

from simobjects.study.neighbours import neighbours_importable
from tests.helpers.drawn import DRAWN_BY

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "history.md"
README = ROOT / "README.md"
STUDIES = ROOT / "configs" / "studies"


@pytest.fixture(scope="module")
def study() -> Iterator[dict[str, Any]]:
    script = STUDIES / "history.py"
    with neighbours_importable(script):
        yield runpy.run_path(str(script))


@pytest.fixture(scope="module")
def found(study: dict[str, Any]) -> Any:
    return study["Measured"].of(study["read"](STUDIES / "history.csv"))


@pytest.fixture(scope="module")
def tables(study: dict[str, Any], found: Any) -> dict[str, str]:
    real = study["Real"].read(STUDIES / "history_windows.csv", STUDIES / "history_hosts.csv")
    made: dict[str, str] = study["tables"](found, real, study["measured"]())
    return made


def test_the_tables_are_the_studys(tables: dict[str, str]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^<!-- (\w+) -->$", page, re.MULTILINE)) == set(tables)
    for mark, table in tables.items():
        shown = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- /{mark} -->", page, re.DOTALL)
        assert shown is not None
        assert shown[1] == table, mark


def test_the_figures_are_the_studys_and_on_the_page(study: dict[str, Any], found: Any) -> None:
    made = study["figures"](found)
    page = PAGE.read_text(encoding="utf-8")
    assert len(made) == 3
    for name, content in made.items():
        assert f"](figures/{name})" in page
        if matplotlib.__version__ == DRAWN_BY:
            assert (PAGE.parent / "figures" / name).read_bytes() == content


def test_what_the_page_says_of_each_claim(tables: dict[str, str]) -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in tables["claims"].splitlines()[2:]]
    holds: dict[str, list[str]] = {}
    for row in rows:
        holds.setdefault(row[0], []).append(row[-1])
    assert holds["less than half the memory"] == ["yes"]
    assert holds["shorter exits"] == ["yes", "yes"]
    assert holds["... and the misses that its sweep makes"] == ["no"]
    assert holds["more TLB misses"] == ["yes", "no"], "the boot, the windows"
    assert set(holds["... because the host overwrites guest entries"]) == {"no"}
    assert holds["(because an exit to the VMM sweeps)"] == ["yes"]
    assert set(holds["more host mappings stay alive"]) == {"yes"}
    assert holds["... so the host misses less"] == ["no"]
    assert set(holds["more gain with a larger TLB"]) == {"yes"}
    assert holds["(faster on the whole)"] == ["no", "yes"], "the boot, the windows"


def test_the_readme_has_what_each_step_saved(tables: dict[str, str]) -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in tables["steps"].splitlines()]
    said = re.search(r"guest saved (.*?) % on real hosts; the model says (.*?) %", README.read_text(), re.DOTALL)
    assert said is not None
    for heading, text in zip(("real whole run", "whole run"), said.groups(), strict=True):
        column = rows[0].index(heading)
        saved = [float(row[column].rstrip(" %")) for row in rows[2:]]
        assert [int(number) for number in re.findall(r"-?\d+", text)] == pytest.approx(saved, abs=0.6), heading


def test_the_boot_is_longer_under_the_commit_and_e6_repairs_it(found: Any) -> None:
    boots = {rung: found(rung, "boot") for rung in ("e3b", "e4", "e5", "e6")}
    assert boots["e4"]["instructions"] > 1.05 * boots["e3b"]["instructions"]
    assert boots["e4"]["cycles"] > 1.05 * boots["e3b"]["cycles"]
    assert boots["e6"]["instructions"] < boots["e3b"]["instructions"] < boots["e5"]["instructions"]
    assert boots["e4"].under("cause")["put_sweep"] > 40_000
    assert "put_sweep" not in boots["e6"].under("cause")


def test_large_pages_leave_one_miss_for_each_sweep(found: Any) -> None:
    boot = found("large_pages", "boot")
    assert boot.virt < 0.1 * found("e4", "boot").virt
    assert boot["cause.put_sweep"] == pytest.approx(boot["exits.mmio"], rel=0.05)


def test_only_under_e3_does_the_guest_hang_and_in_window_11(found: Any) -> None:
    ended = {setting.rung for setting, parts in found.parts.items() if "between" in parts}
    assert {setting.rung for setting in found.parts} - ended == {"e3"}
    (stood,) = [parts for setting, parts in found.parts.items() if setting.rung == "e3"]
    assert list(stood)[-1] == "10"


def test_windows_with_exits_are_as_much_shorter_as_the_page_says(found: Any) -> None:
    busy = (*range(3, 16), 17)
    ratios = [found("e3b", str(n))["instructions"] / found("e4", str(n))["instructions"] for n in busy]
    assert (round(min(ratios), 1), round(max(ratios), 1)) == (1.3, 2.1)


def test_a_guest_with_few_windows_has_tables_too(study: dict[str, Any], found: Any) -> None:
    few = [part for parts in found.parts.values() for part in parts.values() if part.name in ("boot", "5", "between")]
    real = study["Real"].read(STUDIES / "history_windows.csv", STUDIES / "history_hosts.csv")
    made = study["tables"](study["Measured"].of(few), real, [])
    assert "| commit | E4 | 1 of 1 |" in made["beside"]
    assert "| boot |" in made["faster"]
    assert "| 7 getpid |" not in made["faster"]


def test_parts_add_up(found: Any) -> None:
    """Every instruction went to something, every virt miss has a cause, in every part of every machine."""
    for parts in found.parts.values():
        for part in parts.values():
            assert sum(part.under("time").values()) == part["instructions"]
            assert sum(part.under("spent").values()) == part["time.exits"]
            assert sum(part.under("cause").values()) == part.virt


def test_the_script_writes_page_and_figures(study: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / "history.md"
    shown = PAGE.read_text(encoding="utf-8")
    copy.write_text(re.sub(r"(<!-- rungs -->\n).*?(\n<!-- /rungs -->)", r"\1\2", shown, flags=re.DOTALL))
    assert study["main"](["--from", str(STUDIES / "history.csv"), "--page", str(copy)]) == 0
    assert copy.read_text(encoding="utf-8") == shown
    assert len(list((tmp_path / "figures").iterdir())) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a guest (--elf --dtb --initrd, or --built DIR), or --from FILE, or --small: one of them"),
        (("--small", "--built", "."), "one of them"),
        (("--elf", "setup.py"), "needs all three"),
        (("--from", "none.csv"), "none.csv: no such file"),
        (("--built", "none"), "run: simobjects guest build none"),
    ],
)
def test_a_wrong_command_line_is_refused(
    study: dict[str, Any], capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        study["main"](list(arguments))
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n", "no column rung, entries"),
        (
            "rung,entries,flush,host,part,instructions,puts,alive\ne9,64,walk,quiet,boot,1,1,1\n",
            "row 2: 'e9' is none of",
        ),
        (
            "rung,entries,flush,host,part,instructions,puts,alive\ne4,64,walk,quiet,boot,x,1,1\n",
            "row 2: a count that is",
        ),
        (
            "rung,entries,flush,host,part,instructions,puts,alive\ne4,64,walk,quiet,boot,1,1,1\n",
            "the tables need a boot and some of the windows 2",
        ),
    ],
)
def test_a_file_that_is_no_table_of_counts_is_refused(
    study: dict[str, Any], tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "counts.csv").write_text(text)
    with pytest.raises(SystemExit, match=re.escape(message)):
        study["main"](["--from", str(tmp_path / "counts.csv")])
