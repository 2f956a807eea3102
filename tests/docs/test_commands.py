# SPDX-License-Identifier: BSD-3-Clause
"""The commands in the pages about the command line do what the pages say: they run, in order, and succeed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from simobjects.base.errors import exit_codes
from tests.helpers.replay import Shell, steps

ROOT = Path(__file__).parents[2]
REAL_TIMING = "/sys/kernel/debug/kvm/vm2314_vcpu0_timing"
"""A file of a real host, which a test has not; the run's own takes its place."""


PAGES = ["command-line.md", "sweeps.md", "sensitivity.md", "gains.md", "programs.md", "gem5.md", "reports.md"]


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_the_page(page: str, tmp_path: Path) -> None:
    """Those after its Python blocks come after them here too; what the page shows below a command is in its output."""
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    shell = Shell(tmp_path)
    found = steps(f"docs/{page}", "console", "python")
    assert found
    for step in found:
        if "# needs valgrind" in step.text and shutil.which("valgrind") is None:
            continue
        shell.give(step, re.sub(rf"(\S+) {REAL_TIMING}", r"\1 \1", step.text))


def test_every_name_of_a_run_on_a_page_is_what_a_command_prints() -> None:
    """A hash that is shown and that no command gives would be stale at the next change."""
    for page in (ROOT / "docs").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        shown = "".join(step.shown for step in steps(f"docs/{page.name}", "console"))
        for name in re.findall(r"\b(?:runs|sweeps/\w+)/([0-9a-f]{12})\b", text):
            assert name in shown, f"docs/{page.name}: {name} is printed by no command of the page"


def test_the_exit_codes_of_the_page_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)
    assert rows == re.findall(r"^ +(\d+) +(.*)$", exit_codes(), re.MULTILINE)
