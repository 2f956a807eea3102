# SPDX-License-Identifier: BSD-3-Clause
"""Some mutants of every input, and all that ever did harm: refused with a sentence, or read."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from .attempt import attempt, tried
from .mutants import mutant
from .readers import READERS, Input

CORPUS = Path(__file__).parent / "corpus"
MUTANTS = {"elf": 60, "code": 60, "recording": 100, "checkpoint": 60}
"""Of those that run a machine; of the others 250."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(tmp_path))
    yield


@pytest.mark.parametrize("name", READERS)
def test_good_inputs_are_read(name: str, tmp_path: Path) -> None:
    for data in READERS[name].seeds():
        READERS[name].read(data, tmp_path)


@pytest.mark.parametrize("name", READERS)
def test_mutants_are_read_or_refused(name: str) -> None:
    seeds = READERS[name].seeds()
    findings = tried(name, (mutant(seeds, number) for number in range(MUTANTS.get(name, 250))))
    assert [(finding.what, finding.data[:200]) for finding in findings] == []


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*/*")), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_once_did_harm_does_none(file: Path) -> None:
    assert tried(file.parent.name, [file.read_bytes()]) == []


def test_what_goes_wrong_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception, a death and a hang, each told of its own input; those before and after go on."""

    def read(data: bytes, folder: Path) -> None:
        if data == b"raise":
            raise KeyError("x")
        if data == b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        if data == b"hang":
            while True:
                pass

    monkeypatch.setitem(READERS, "fake", Input(lambda: [b""], read))
    monkeypatch.setattr("tests.fuzz.attempt.SECONDS", 1)
    findings = tried("fake", [b"good", b"raise", b"good", b"die", b"hang", b"good"])
    assert [(finding.data, finding.what.strip().splitlines()[-1]) for finding in findings] == [
        (b"raise", "KeyError: 'x'"),
        (b"die", "the process ended with -9"),
        (b"hang", "took more than 1 s"),
    ]
    assert attempt("fake", b"good") == ""
