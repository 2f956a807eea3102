# SPDX-License-Identifier: BSD-3-Clause
"""The commands in the pages about the command line do what the pages say: they run, in order, and succeed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from simobjects.cli._exit import EXIT_CODES

ROOT = Path(__file__).parents[3]
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(page: str) -> list[str]:
    """The commands of a page as shell text; those after its Python blocks come after them here too."""
    made = []
    for language, text in BLOCK.findall((ROOT / "docs" / page).read_text(encoding="utf-8")):
        if language == "python":
            made.append(f"python - <<'END'\n{text}END")
        else:
            made += [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return made


@pytest.mark.parametrize("page", ["command-line.md", "sweeps.md", "sensitivity.md", "gains.md", "programs.md"])
def test_commands_of_the_page(page: str, tmp_path: Path) -> None:
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, arguments in (("simobjects", "-m simobjects"), ("python", "")):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
        (tools / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    found = commands(page)
    assert found
    for line in found:
        if "# needs valgrind" in line and shutil.which("valgrind") is None:
            continue
        done = subprocess.run(
            ["bash", "-c", line],
            cwd=tmp_path,
            env=environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"


def test_the_exit_codes_of_the_page_are_those_of_the_program() -> None:
    page = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", page, re.MULTILINE)
    assert rows == re.findall(r"^ +(\d+) +(.*)$", EXIT_CODES, re.MULTILINE)
