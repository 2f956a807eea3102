# SPDX-License-Identifier: BSD-3-Clause
"""What the tests of the command line share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from simobjects.cli import main

CONFIG = Path(__file__).parents[2] / "helpers" / "fake_config.py"


@dataclass
class Said:
    """What one command gave: its exit code and what it wrote to the two streams."""

    code: int
    out: str
    err: str


Command = Callable[..., Said]


@pytest.fixture
def config() -> str:
    """The path of the fake machine's config script."""
    return str(CONFIG)


@pytest.fixture
def simobjects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line, called in this process with an empty folder as the current one."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Said:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Said(int(code), out, err)

    return call
