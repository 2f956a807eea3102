# SPDX-License-Identifier: BSD-3-Clause
"""What the pages for newcomers name is there: commands, files, names of the program, figures of other pages."""

from __future__ import annotations

import argparse
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

import simobjects
from simobjects import framework, stats
from simobjects.cli.arguments import parser
from simobjects.framework import config
from simobjects.framework.checkpoint import container
from simobjects.study import plan, provenance, record
from simobjects.traces import header
from tests.helpers.commands import python

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


def page(name: str) -> str:
    """The text of a page."""
    return (DOCS / f"{name}.md").read_text(encoding="utf-8")


def between(name: str, mark: str) -> str:
    """What stands between two marks of a page."""
    return page(name).partition(f"<!-- {mark} -->")[2].partition(f"<!-- /{mark} -->")[0]


def parsers(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every parser of the command line."""
    yield of
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from parsers(inner)


OPTIONS = {option for each in parsers(parser()) for action in each._actions for option in action.option_strings}
NAMES = {*dir(simobjects), *dir(framework), *dir(stats), *dir(framework.SimObject), *dir(framework.Simulation)} | set(
    framework.Event.__dataclass_fields__
)


def test_the_words_for_users_of_gem5_are_ours() -> None:
    column = [row.split(" | ")[1] for row in between("gem5", "words").splitlines() if row.startswith("| ")]
    code = re.findall(r"`([^`]+)`", " ".join(column[1:]))
    for word in code:
        if word.startswith("--"):
            assert word.split()[0].partition("=")[0] in OPTIONS, word
        elif re.fullmatch(r"\w+", word):
            assert word in NAMES, word
    assert len([word for word in code if re.fullmatch(r"\w+", word)]) > 12
    assert {"--checkpoint", "--help-params", "--gdb"} <= set(code)


def test_the_commands_of_the_ladder_name_what_there_is() -> None:
    commands = re.findall(r"`((?:pytest|python|make) [^`]+)` \|$", between("validation", "rungs"), re.MULTILINE)
    assert len(commands) == 12
    for command in commands:
        tool, target = command.split()
        if tool == "make":
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), command
        else:
            assert (ROOT / target).exists(), command


def test_the_windows_of_the_ladder_are_those_of_their_page() -> None:
    table = between("kvm-truth-linux", "windows").splitlines()
    rows = [[cell.strip() for cell in row.split("|")] for row in table if row.startswith("| ")][1:]
    equal = [row for row in rows if row[3] == "yes"]
    near = [row for row in rows if abs(float(row[10].split()[0])) <= 2]
    assert len(equal) == len(rows)
    assert f"{len(rows)} windows of a Linux guest" in page("validation")
    assert f"equal in all; instructions within 2 % in {len(near)} " in page("validation")


SOURCES = [*(ROOT / "simobjects").rglob("*.py"), ROOT / "Makefile", ROOT / ".ci" / "check-tools"]


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_what_the_pages_at_the_top_link_to_is_there(name: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_no_change_is_told_twice() -> None:
    """A merge takes the same bullet from both sides where another one came between."""
    bullets = re.split(r"^- ", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(bullets) > 100
    assert sorted({each for each in bullets if bullets.count(each) > 1}) == []


def test_the_tools_before_a_commit_are_those_of_the_project() -> None:
    """pre-commit judges with what is in .venv, and names nothing that is not there."""
    text = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    entries = re.findall(r"entry: \.venv/bin/(\w+)(.*)", text)
    assert {tool for tool, _ in entries} == {"ruff", "mypy", "python"}
    for _, rest in entries:
        for path in re.findall(r"tests/\S+", rest):
            assert (ROOT / path).exists()
    assert "repo: local" in text and "http" not in text


def test_what_troubleshooting_quotes_is_what_is_said() -> None:
    """The words that a user would look for stand in the program."""
    quoted = {
        words
        for part in re.findall(r"^\*\*(.+?)\*\*", page("troubleshooting"), re.MULTILINE)
        for words in re.findall(r"`([^`]+ [^`]+)`", part)
    }
    texts = [re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8")) for path in SOURCES]
    for words in quoted:
        assert any(words.rstrip(";") in text for text in texts), words
    assert len(quoted) > 6


def test_the_versions_of_the_formats_are_those_of_the_program() -> None:
    table = [row.strip("| ").split(" | ") for row in between("formats", "written").splitlines() if row.startswith("| ")]
    rows = {row[0]: row[2] for row in table if len(row) > 2}
    assert rows["trace, `.trace` or `.arrow`"] == header.FORMAT_VERSION
    assert rows["checkpoint, `.ckpt`"] == str(container.VERSION)
    assert f"`{container.MAGIC.decode()!r}`".replace("'", "") in between("formats", "written")
    assert rows["`config.json`"] == str(config.FORMAT)
    assert rows["`run.json`"] == rows["row, `*-kept-*.csv`"] == str(record.FORMAT)
    assert rows["`study.json`"] == str(plan.FORMAT)
    assert rows["`provenance.json`"] == str(provenance.FORMAT)


@pytest.mark.timeout(1200)  # seventeen commands, eleven seconds of work; each has a limit of its own (MOST)
def test_the_first_hour_prints_what_its_page_shows(tmp_path: Path) -> None:
    """The page is played again, in an empty folder; only the seconds may differ."""
    transcript = runpy.run_path(str(DOCS / "_ext" / "transcript.py"))
    (tmp_path / "hour").mkdir()
    before = page("first-hour")
    after = transcript["played"](before, transcript["shell"](tmp_path / "hour", [*python(), "-m", "simobjects"]))
    seconds = transcript["TIME"]
    assert seconds.sub("", after) == seconds.sub("", before), "python docs/_ext/transcript.py docs/first-hour.md"
