# SPDX-License-Identifier: BSD-3-Clause
"""The commands of a page of the documentation, in order, and a shell in which they are given."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.helpers.commands import ROOT, environment, python

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_STATUS = re.compile(r"#.*\bexits with (\d+)")


@dataclass(frozen=True)
class Step:
    """A command of a page: its text, the output that the page shows below it, and the exit code that it names."""

    text: str
    shown: str = ""
    status: int = 0


def steps(page: str, *languages: str) -> list[Step]:
    """What the blocks in these languages (`console`, `sh`, `python`) tell the reader to do."""
    found: list[Step] = []
    for language, text in _BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        if language not in languages:
            continue
        if language == "python":
            found.append(Step(f"python - <<'END'\n{text}END"))
        elif language == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command = re.match(r"(?:[^\n]*\\\n)*[^\n]*", part)[0]  # type: ignore[index]
                found.append(_step(command, part[len(command) + 1 :]))
        else:
            lines = text.replace("\\\n", " ").splitlines()
            found += [_step(line) for line in lines if line.strip() and not line.startswith("#")]
    return found


def _step(command: str, shown: str = "") -> Step:
    status = _STATUS.search(command)
    return Step(command.strip(), shown, int(status[1]) if status else 0)


@dataclass
class Shell:
    """A shell in `folder`, with a copy of the scripts that the pages name, and this project's `simobjects`."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tools = self.folder / "bin"
        tools.mkdir()
        for name, arguments in (("simobjects", ["-m", "simobjects"]), ("python", [])):
            (tools / name).write_text(f'#!/bin/sh\nexec {shlex.join([*python(), *arguments])} "$@"\n')
            (tools / name).chmod(0o755)
        path = f"{tools}:{os.environ['PATH']}"
        self.environment = {**environment(), "PATH": path, **self.environment}

    def give(self, step: Step, instead: str = "") -> str:
        """Give the command, or what stands in for it; its output. It fails unless status and output are the page's."""
        done = subprocess.run(
            ["bash", "-c", instead or step.text],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        assert done.returncode == step.status, f"{step.text}\n{done.stdout}"
        assert step.shown in done.stdout, f"{step.text}\nshows\n{step.shown}\nand gives\n{done.stdout}"
        return done.stdout
