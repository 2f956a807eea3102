# SPDX-License-Identifier: BSD-3-Clause
"""The set of programs from Debian packages that `simobjects trace suite` records."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from simobjects.base.errors import InputError, UsageError
from simobjects.cli import main
from simobjects.study import Suite
from simobjects.traces import debian
from simobjects.traces.debian import PROGRAMS, chosen, record, words
from simobjects.traces.tracefile import TraceError, read_header

needs_valgrind = pytest.mark.skipif(shutil.which("valgrind") is None, reason="Valgrind is not installed")


def test_the_text_is_the_same_each_time_and_made_of_words() -> None:
    text = words(300)
    assert text == words(300)
    lines = text.splitlines()
    assert len(lines) == 300 and all(len(line.split()) == 6 for line in lines)
    assert 100 < len(set(text.split())) < 1800, "words come again, as they do in texts"


def test_programs_are_chosen_by_name() -> None:
    assert chosen([]) == list(PROGRAMS)
    assert chosen(["sort"]) == ["sort"]
    with pytest.raises(UsageError, match="did you mean mawk"):
        chosen(["maw"])


def test_a_program_that_is_not_there_is_named_with_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(debian, "PROGRAMS", {"none": debian.Program("a-package", ("/usr/bin/none-such",))})
    with pytest.raises(TraceError, match="apt-get install a-package"):
        record("none", tmp_path / "none.arrow")


@needs_valgrind
def test_a_suite_is_recorded_and_loads(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    there = [name for name in ("sort", "gzip") if os.access(PROGRAMS[name].command[0], os.X_OK)]
    if not there:
        pytest.skip("none of the programs is at Debian's place")
    assert main(["trace", "suite", *there, "-o", str(tmp_path), "--references", "150k"]) == 0
    assert capfd.readouterr().out.splitlines()[-1] == str(tmp_path / "suite.json")
    suite = Suite.load(tmp_path / "suite.json")
    assert (suite.name, [one.name for one in suite.workloads]) == ("debian", there)
    for name, settings in suite.settings().items():
        assert settings == {"system.core.workload.trace": str(tmp_path / f"{name}.arrow")}
        header = read_header(tmp_path / f"{name}.arrow")
        assert header.instructions + header.accesses in (150_000, 150_001)
    (tmp_path / f"{there[0]}.arrow").write_bytes(b"")
    with pytest.raises(InputError, match="the suite says"):
        Suite.load(tmp_path / "suite.json")


def test_the_set_is_listed(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "suite", "--list"]) == 0
    assert [line.split()[0] for line in capfd.readouterr().out.splitlines()] == list(PROGRAMS)
