# SPDX-License-Identifier: BSD-3-Clause
"""The root of errors: what, where and fix as text, and the exit code of each class."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects.base.errors import ExitCode, FileError, InputError, SimObjectsError, UsageError, exit_codes
from simobjects.base.names import nearest, unknown
from simobjects.framework import ConfigError, EngineError, StatsError
from simobjects.framework.checkpoint import CheckpointError
from simobjects.kvm.timing_file import TimingFileError
from simobjects.programs.image import ProgramError
from simobjects.study.metric import PlotError
from simobjects.study.store import StoreError
from simobjects.study.table import TableError
from simobjects.traces.errors import TraceError

BAD_INPUT = (InputError, TraceError, TableError, CheckpointError, TimingFileError)
ENDED_BADLY = (StatsError, EngineError)
USAGE = (SimObjectsError, UsageError, ConfigError, ProgramError, PlotError, StoreError)


def test_the_text_says_where_what_and_how_to_mend_it() -> None:
    error = SimObjectsError("is empty", where=Path("a.txt"), fix="fill it")
    assert str(error) == "a.txt: is empty; fill it"
    assert (error.where, error.what, error.fix) == ("a.txt", "is empty", "fill it")
    assert str(SimObjectsError("is empty")) == "is empty"


def test_the_fix_of_a_file_has_a_line_of_its_own() -> None:
    assert str(FileError("is empty", where="a.txt", fix="fill it")) == "a.txt: is empty\n  fix: fill it"
    assert str(TraceError("a.arrow", "ends", fix="copy it", offset=8)) == "a.arrow: byte offset 8: ends\n  fix: copy it"


@pytest.mark.parametrize(
    ("kinds", "code"),
    [(BAD_INPUT, ExitCode.BAD_INPUT), (ENDED_BADLY, ExitCode.ENDED_BADLY), (USAGE, ExitCode.USAGE)],
)
def test_each_class_has_the_exit_code_of_its_kind(kinds: tuple[type[SimObjectsError], ...], code: ExitCode) -> None:
    assert {kind.exit_code for kind in kinds} == {code}


def test_every_exit_code_has_a_meaning() -> None:
    assert [line.split()[0] for line in exit_codes().splitlines()[1:]] == ["0", "1", "2", "3", "130"]


def test_an_unknown_name_is_answered_with_the_nearest_or_with_all() -> None:
    assert str(unknown("port", "exts", ["exits", "vectors"])) == "no port 'exts'; did you mean exits?"
    assert str(unknown("port", "zzz", ["exits"])) == "no port 'zzz'; there is: exits"
    assert str(unknown("port", "zzz", [])) == "no port 'zzz'; there is: nothing"


def test_the_nearest_name_does_not_mind_case() -> None:
    assert nearest("UART", ["uart", "uic"]) == "uart"
    assert nearest("x", ["uart"]) is None
