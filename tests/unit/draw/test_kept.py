# SPDX-License-Identifier: BSD-3-Clause
"""The picture of a run: the bytes of `to_svg`, whatever the cache holds, and found once for a shape."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from simobjects import HostKernel, Simulation, SyntheticWorkload, System
from simobjects.boards import stream_machine
from simobjects.draw import route
from simobjects.draw.kept import kept_svg
from simobjects.draw.svg import to_svg


def machine(pages: int = 8, scheme: str = "e4") -> System:
    stream = SyntheticWorkload(code_pages=1, data_pages=pages, records=10, instructions=1, accesses=1, pattern="loop")
    made = stream_machine(stream, HostKernel(scheme=scheme))
    Simulation(made)  # completes it
    return made


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(tmp_path))
    return tmp_path / "ways"


def test_machines_of_one_shape_share_their_ways(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = machine(8), machine(9)
    drawn = to_svg(second)
    assert drawn != to_svg(first), "their parameters differ"
    assert kept_svg(first) == to_svg(first)
    monkeypatch.setattr(route, "find_ways", lambda *_: pytest.fail("found again"))
    assert kept_svg(second) == drawn
    assert len(list(kept.iterdir())) == 1


def test_another_shape_has_others(kept: Path) -> None:
    for scheme in ("e4", "e3b", "e0"):
        each = machine(scheme=scheme)
        assert kept_svg(each) == to_svg(each)
    assert len(list(kept.iterdir())) > 1


def test_what_is_damaged_or_forged_is_found_again(kept: Path) -> None:
    system = machine()
    drawn = kept_svg(system)
    (place,) = kept.iterdir()
    good = place.read_bytes()

    def forged(text: bytes) -> bytes:
        return hashlib.sha256(text).hexdigest().encode() + b"\n" + text

    for bad in (
        b"", good[:-1], good.replace(b"1", b"2", 1), forged(b"1,2 3"), forged(b"10,20 30,40"), forged(b"x"),
        forged(b"9" * 5000 + b",1"), bytes(2 << 20),
    ):  # fmt: skip
        place.write_bytes(bad)
        assert kept_svg(system) == drawn
        assert place.read_bytes() == good


def test_without_a_place_to_keep_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setenv("SIMOBJECTS_CACHE", str(file))
    system = machine()
    assert kept_svg(system) == to_svg(system)
