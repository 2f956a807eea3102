# SPDX-License-Identifier: BSD-3-Clause
"""Scripts of a session as they are written: in Python, on the command line, in a file; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simobjects import ConfigError, Simulation
from simobjects.console.script import PATIENCE, SessionError, Step, last_lines, read_script
from simobjects.study.config_script import load
from simobjects.study.space import parse_assignments
from tests.helpers.small_programs import RESET, elf_file, machine

EXAMPLE = Path(__file__).parents[3] / "configs" / "examples" / "bare_metal.py"
GOOD = """
timeout = "2s"
[[step]]
expect = "login: "
send = "root\\n"
name = "login"
[[step]]
expect = "# "
timeout = "1ms"
"""


def written(folder: Path, text: str) -> Path:
    """A file with a script."""
    file = folder / "talk.toml"
    file.write_text(text)
    return file


def steps(tmp_path: Path, script: Any) -> list[Step]:
    """What a machine makes of it."""
    found: list[Step] = machine(elf_file(tmp_path / "p.elf", RESET), uart={"script": script}).board.uart0.script
    return found


def test_it_is_a_list_of_pairs_of_texts_or_of_steps(tmp_path: Path) -> None:
    found = steps(tmp_path, [("> ", "go\n"), "done", Step("x", timeout=7), {"expect": "y", "timeout": "3us"}])
    assert found == [Step("> ", "go\n"), Step("done"), Step("x", timeout=7), Step("y", timeout=3_000_000)]
    assert found[0].timeout == PATIENCE


def test_a_file_gives_its_steps_and_the_machine_knows_what_is_in_it(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD)
    wanted = [Step("login: ", "root\n", "login", 2 * 10**12), Step("# ", timeout=10**9)]
    assert steps(tmp_path, str(file)) == wanted
    system = load(EXAMPLE, parse_assignments([f"system.board.uart0.script={file}"]))
    assert system.board.uart0.script == wanted
    before = Simulation(system).config_hash
    written(tmp_path, GOOD.replace("root", "user"))
    assert Simulation(load(EXAMPLE, parse_assignments([f"system.board.uart0.script={file}"]))).config_hash != before


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[step]", "not in TOML: .*at line 1"),
        ("[[step]]\nexpect = 'a'\nsent = 'b'", "step 1 has 'sent'; a step has expect, send, name, timeout"),
        ("steps = []", "a script has no 'steps'; it has timeout and"),
        ("timeout = '1s'", "it has no steps; write at least"),
        ("step = [1]", "step 1 is no step; write a text"),
        ("#" * (1 << 20) + "#", "more than 1048576 bytes"),
        ("a = " + "[" * 100_000, "not in TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_name(tmp_path: Path, text: str, told: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(SessionError, match=told) as refusal:
        read_script(file)
    assert str(refusal.value).startswith(str(file))


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("none.toml", "none.toml: the script cannot be read .*correct the path"),
        ([("a", "b", "c")], "step 1 is no step"),
        ([{"expect": "a", "wait": "1s"}], "step 1 has 'wait'"),
        ([{"expect": "a", "timeout": "1 parsec"}], "parsec"),
    ],
)
def test_what_is_no_script_is_reported(tmp_path: Path, script: Any, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Simulation(machine(elf_file(tmp_path / "p.elf", RESET), uart={"script": script}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "talk.toml: the script cannot be read"),
        ("[[step]", "talk.toml: not in TOML"),
        ("[[step]]\nexpect = 5", "talk.toml: step 1 has expect = 5; expect is a text"),
        ("[[step]]\nexpect = '> '\ntimeout = '-1s'", "talk.toml: step 1 has timeout = '-1s'; timeout is a time"),
    ],
)
def test_a_file_that_is_none_is_told_on_the_command_line_too(tmp_path: Path, text: str | None, told: str) -> None:
    """It is not taken for a text to wait for."""
    file = tmp_path / "talk.toml" if text is None else written(tmp_path, text)
    with pytest.raises(ConfigError, match=told):
        Simulation(load(EXAMPLE, parse_assignments([f"system.board.uart0.script={file}"])))


def test_steps_can_be_written_on_the_command_line() -> None:
    system = load(EXAMPLE, parse_assignments(['system.board.uart0.script=[["> ", "go\\n"], "done"]']))
    assert system.board.uart0.script == [Step("> ", "go\n"), Step("done")]


def test_two_steps_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = [{"expect": "a", "name": "there"}, "b", {"expect": "c", "name": "there"}]
    with pytest.raises(ConfigError, match="steps 1 and 3 are both called 'there'"):
        Simulation(machine(elf_file(tmp_path / "p.elf", RESET), uart={"script": twice}))


def test_a_script_and_input_are_two_hands_at_one_keyboard(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="either a script or input"):
        Simulation(machine(elf_file(tmp_path / "p.elf", RESET), uart={"script": ["> "], "input": "x"}))


def test_the_last_lines_are_text_that_a_terminal_can_show() -> None:
    assert last_lines(b"one\r\ntwo \x1b[2J\r\n\xff\n\n") == "  | one\n  | two ?[2J\n  | \ufffd"
    assert last_lines(b"\n".join(b"%d" % number for number in range(30))).split() == [
        part for number in range(20, 30) for part in ("|", str(number))
    ]
    assert last_lines(b"") == ""
