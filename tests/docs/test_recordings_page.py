# SPDX-License-Identifier: BSD-3-Clause
"""docs/recordings.md: its commands are given in one folder, its code runs, its table has every kind of record."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from simobjects.isa.numbers import rows
from tests.helpers.replay import Shell, steps

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "recordings.md").read_text(encoding="utf-8")
LINE = re.compile(r"^system\.host\.exits_by_kind\[(\w+)\] +(\d+)", re.MULTILINE)


def test_the_commands_of_the_page(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    shell = Shell(tmp_path, {"SIMOBJECTS_CACHE": str(tmp_path / "cache")})
    recorded, replayed, *others = steps("docs/recordings.md", "console", "python")
    executed = shell.give(recorded, f"{recorded.text} --table system.host.exits_by_kind")
    again = shell.give(replayed)
    assert dict(LINE.findall(executed)) == dict(LINE.findall(again))
    assert dict(LINE.findall(again))["dtlb_r"] == "3948"
    sweep, script = others
    assert "[9/9]" in shell.give(sweep)
    printed = shell.give(script).splitlines()[-4:]
    assert int(printed[0]) == 124643
    assert [line.split()[0] for line in printed[1:]] == ["e0", "e3b", "e4"]


def test_the_table_has_every_kind_with_its_number() -> None:
    named: dict[int, str] = {}
    for numbers, names in re.findall(r"^\| ([\d, ]+) ([a-z_, ]+?)(?::[^|]*)? \|", PAGE, re.MULTILINE):
        named.update(zip(map(int, numbers.split(", ")), names.split(", "), strict=True))
    assert named == {int(row[1]): row[2] for row in rows("traces/recording.def", "RECORD_KIND")}
