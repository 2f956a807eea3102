# SPDX-License-Identifier: BSD-3-Clause
"""Plays a page: gives its `console` commands in an empty folder and writes what they print, and how long they take.

    python docs/_ext/transcript.py docs/first-hour.md

Only standard output is written down; who wants errors on the page writes `2>&1`. A command must succeed, or end as the
page says (`# exits with 2`). The seconds below a block are those of the computer that played it. A file that a remark
of the page names (`keep sweeps/x/sweep.svg as figures/x.svg`) is copied beside it.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

BLOCK = re.compile(r"^```console\n(.*?)^```\n(?:\*[\d.]+ s\*\n)?", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"\$ (?:[^\n]*\\\n)*[^\n]*\n")
STATUS = re.compile(r"#.*\bexits with (\d+)")
TIME = re.compile(r"^\*[\d.]+ s\*\n", re.MULTILINE)
KEEP = re.compile(r"^<!-- keep (\S+) as (\S+) -->$", re.MULTILINE)
MOST = 120
"""Seconds that a command may take."""

Give = Callable[[str], str]
"""A command to what it prints."""


def played(page: str, give: Give, clock: Callable[[], float] = time.monotonic) -> str:
    """The page with every command given, in order."""

    def block(found: re.Match[str]) -> str:
        begun = clock()
        parts = [command + give(command[2:].strip()) for command in COMMAND.findall(found[1])]
        return f"```console\n{''.join(parts)}```\n*{clock() - begun:.1f} s*\n"

    return BLOCK.sub(block, page)


def shell(folder: Path, program: Sequence[str] = (sys.executable, "-m", "simobjects")) -> Give:
    """Gives commands to bash in a folder; `program` is what `simobjects` stands for."""
    tools = folder.with_name(f"{folder.name}-bin")
    tools.mkdir()
    (tools / "simobjects").write_text(f'#!/bin/sh\nexec {shlex.join(program)} "$@"\n')
    (tools / "simobjects").chmod(0o755)
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "PYTHONPATH": str(root), "COLUMNS": "100"}

    def give(command: str) -> str:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=MOST,
        )
        status = STATUS.search(command)
        if done.returncode != (int(status[1]) if status else 0):
            raise SystemExit(f"{command}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    return give


def main(names: list[str]) -> None:
    """Play pages, each in a folder of its own."""
    for name in names:
        page, folder = Path(name), Path(tempfile.mkdtemp()) / "hour"
        folder.mkdir()
        try:
            page.write_text(played(page.read_text(encoding="utf-8"), shell(folder)), encoding="utf-8")
            for made, name in KEEP.findall(page.read_text(encoding="utf-8")):
                shutil.copyfile(folder / made, page.parent / name)
        finally:
            shutil.rmtree(folder.parent)


if __name__ == "__main__":
    main(sys.argv[1:])
