# SPDX-License-Identifier: BSD-3-Clause
"""The page on Linux guests: its commands are commands, its program compiles, its tables are what the guest has.

A kernel takes minutes to build, so the commands themselves are given by `make guest-twice` and by hand.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from simobjects.cli.arguments import parser
from simobjects.linux.fit import EDITS, edits_for
from simobjects.linux.kernel import CONFIG, RECIPE
from simobjects.linux.programs import compiled
from simobjects.study import Suite
from tests.helpers.cross import needed
from tests.helpers.replay import steps

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "linux-guests.md").read_text(encoding="utf-8")
COMMANDS = [step.text for step in steps("docs/linux-guests.md", "sh") if step.text.startswith("simobjects")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_page_is_one(command: str) -> None:
    arguments = parser().parse_args(shlex.split(command)[1:])
    assert arguments.work.startswith(("_guest.", "_run.", "_sweep."))
    for path in re.findall(r"configs/\S+\.py", command):
        assert (ROOT / path).is_file()


def test_the_page_shows_building_booting_and_sweeping() -> None:
    assert len(COMMANDS) >= 10
    for begin in ("guest build --busybox", "guest build --add", "guest fit", "run", "sweep"):
        assert any(command.startswith(f"simobjects {begin}") for command in COMMANDS), begin


def test_the_windows_of_the_page_are_those_of_init() -> None:
    source = (RECIPE / "init.c").read_text(encoding="utf-8")
    table = source[source.index("} windows[] = {") :].partition("};")[0]
    names = re.findall(r'\{"(\w+)",', table)
    rows = re.search(r"\| window \| work \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    assert rows is not None
    shown = [item for row in rows[1].splitlines() for item in re.findall(r"(\d+) (\w+)", row.split("|")[1])]
    assert shown == [(str(number), name) for number, name in enumerate(names, 1)]
    assert len(names) == 18


def test_the_suite_of_linux_windows_has_windows_of_init() -> None:
    """All but the empty one, and the one that sleeps; and a boot without any."""
    source = (RECIPE / "init.c").read_text(encoding="utf-8")
    table = source[source.index("} windows[] = {") :].partition("};")[0]
    names = re.findall(r'\{"(\w+)",', table)
    found = {
        name: settings["system.core.workload.arguments"] for name, settings in Suite.load("linux").settings().items()
    }
    assert found.pop("boot") == "windows=none"
    assert found == {
        name: f"windows={number}" for number, name in enumerate(names, 1) if name not in ("nothing", "sleep")
    }


def test_the_arguments_of_the_page_are_read_by_init() -> None:
    source = (RECIPE / "init.c").read_text(encoding="utf-8")
    assert set(re.findall(r'given\((?:given_)?environment, "(\w+)"\)', source)) == {"windows", "scale", "run", "marks"}
    for name in ("windows", "scale", "run", "marks"):
        assert f"| `{name}=" in PAGE


def test_the_program_of_the_page_compiles(tmp_path: Path) -> None:
    needed()
    shown = re.search(r"```c\n(.*?)```", PAGE, re.DOTALL)
    assert shown is not None
    (tmp_path / "my.c").write_text(shown[1])
    assert compiled(tmp_path / "my.c", tmp_path)[:4] == b"\x7fELF"


def test_what_is_replaced_is_on_the_page_with_the_releases_that_need_it() -> None:
    shown = re.search(r"\| what \| why \| needed under \|\n\|---\|---\|---\|\n((?:\|.*\n)+)", PAGE)
    assert shown is not None
    assert len(shown[1].splitlines()) == len(EDITS) == 3
    needing = {
        release: [edit in edits_for(release) for edit in EDITS] for release in ("2.6.26", "3.5", "3.6", "3.7", "3.16")
    }
    assert needing == {
        "2.6.26": [True, True, True],
        "3.5": [True, True, True],
        "3.6": [True, True, False],
        "3.7": [True, False, False],
        "3.16": [True, False, False],
    }


def test_the_kernel_ticks_as_the_page_and_its_options_say() -> None:
    options = CONFIG.read_text(encoding="utf-8")
    for option in ("CONFIG_HZ_100=y", "CONFIG_DEVMEM=y", "CONFIG_44x=y"):
        assert option in options
    assert "MATH_EMULATION" not in options, "the page says that nothing imitates floating point"
