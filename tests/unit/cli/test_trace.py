# SPDX-License-Identifier: BSD-3-Clause
"""`simobjects trace`: information, import, capture, and what a bad file gives."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from simobjects.cli._progress import CaptureLine
from tests.unit.cli.conftest import Command

LACKEY = "==12== banner\nI  00401000,4\n L 1ffe0010,4\nI  00401004,4\n S 1ffe1000,4\n M 1ffe2ffe,4\n"


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Traces are unpacked into the test's own folder."""
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def trace(simobjects: Command) -> Path:
    """A small imported trace."""
    Path("log.txt").write_text(LACKEY)
    assert simobjects("trace", "import", "log.txt", "-o", "small.trace", "--architecture", "ppc32").code == 0
    return Path("small.trace")


def test_import_and_info(simobjects: Command, trace: Path) -> None:
    said = simobjects("trace", "info", "./small.trace")
    assert said.code == 0
    facts = {line[2:18].strip(): line[18:].strip() for line in said.out.splitlines()[1:]}
    assert facts["source"] == "log.txt"
    assert facts["architecture"] == "ppc32"
    assert facts["instructions"] == "2"
    assert (facts["loads"], facts["stores"], facts["page crossings"]) == ("2", "2", "2")
    assert facts["look-ups"].startswith("8 in ")


def test_info_as_json(simobjects: Command, trace: Path) -> None:
    data = json.loads(simobjects("trace", "info", "./small.trace", "--json", "--entries", "2,64").out)
    assert data["header"]["lookups"] == 8
    assert set(data["tlb_misses"]) == {"2", "64"}


def test_info_of_all_shipped_traces_by_name(simobjects: Command) -> None:
    said = simobjects("trace", "info")
    assert said.code == 0
    assert said.out.startswith("sqlite\n")


def test_import_from_standard_input(simobjects: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(LACKEY.encode()))))
    said = simobjects("trace", "import", "-", "-o", "piped.trace", "--references", 3)
    assert said.code == 0
    assert json.loads(simobjects("trace", "info", "./piped.trace", "--json").out)["header"]["lookups"] == 3


BAD_IMPORTS = [
    (["--skip", "5"], 2, "--skip belongs to mtr recordings, this one is lackey; leave it out"),
    (["--format", "mtr", "--references", "5"], 2, "--references belongs to lackey recordings, this one is mtr"),
    (["--format", "mtr"], 3, "not a good PPCMTR01 stream"),
    (["--level", "99"], 2, "argument --level"),
]


@pytest.mark.parametrize(("options", "code", "message"), BAD_IMPORTS)
def test_wrong_imports(simobjects: Command, options: list[str], code: int, message: str) -> None:
    Path("log.txt").write_text(LACKEY)
    said = simobjects("trace", "import", "log.txt", "-o", "x.trace", *options)
    assert (said.code, message in said.err) == (code, True), said.err
    assert not Path("x.trace").exists()


def test_a_bad_trace_is_exit_code_3(simobjects: Command, trace: Path) -> None:
    whole = trace.read_bytes()
    for text in (b"", b"nothing of the kind", whole[: len(whole) // 2], whole[:-1]):
        trace.write_bytes(text)
        said = simobjects("trace", "info", "./small.trace")
        assert said.code == 3
        assert "small.trace" in said.err
        assert "Traceback" not in said.err
    assert simobjects("trace", "info", "./nowhere.trace").code == 3
    said = simobjects("trace", "info", "sqlit")
    assert said.code == 3
    assert "did you mean 'sqlite'?" in said.err
    assert simobjects("trace", "import", "nowhere.txt", "-o", "x.trace").code == 3


def test_a_script_that_opens_a_bad_trace_is_exit_code_3(simobjects: Command) -> None:
    Path("config.py").write_text("from simobjects.traces.tracefile import open_trace\nopen_trace('./no.trace')\n")
    said = simobjects("run", "config.py")
    assert said.code == 3
    assert "config.py:2" in said.err
    assert "no.trace" in said.err


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="Valgrind is not installed")
def test_capture(simobjects: Command) -> None:
    said = simobjects("trace", "capture", "-o", "true.trace", "--references", 20000, "--", "/bin/true")
    assert said.code == 0
    assert said.out == "true.trace\n"
    header = json.loads(simobjects("trace", "info", "./true.trace", "--json").out)["header"]
    assert header["source"] == "/bin/true"
    said = simobjects("trace", "capture", "-o", "false.trace", "--", "/bin/sh", "-c", "exit 7")
    assert said.code == 0
    assert "/bin/sh itself ended with exit code 7" in said.err


def test_capture_of_nothing(simobjects: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    said = simobjects("trace", "capture")
    assert said.code == 2
    assert "write it after --" in said.err
    monkeypatch.setenv("PATH", "/nowhere")
    said = simobjects("trace", "capture", "--", "true")
    assert said.code == 3
    assert "sudo apt-get install valgrind" in said.err


def test_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 0.1, 31.0, 31.1])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    stream = io.StringIO()
    line = CaptureLine(stream)
    for _ in range(3):
        line(31_000_000)
    line.clear()
    assert stream.getvalue() == "31M references recorded, 1M a second\n"
