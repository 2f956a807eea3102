# SPDX-License-Identifier: BSD-3-Clause
"""Leases by a second name: one file for one after the other, and none shows the text of another."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from simobjects.study import leases
from simobjects.study.leases import FOLDER, Beat, Lease, held, take
from simobjects.study.pens import Pens
from simobjects.study.store import prepare
from tests.helpers.studied import wait_for


@pytest.fixture
def pens() -> Pens:
    return Pens()


def taken(out: Path, key: str, pens: Pens) -> Lease:
    lease = take(out, key, f"label of {key}", pens)
    assert lease is not None
    return lease


def hidden(out: Path) -> list[Path]:
    return list((out / FOLDER).glob(".*"))


def test_one_file_is_one_lease_after_the_other(tmp_path: Path, pens: Pens) -> None:
    nodes = set()
    for key in ("a", "a longer one", "b"):
        lease = taken(tmp_path, key, pens)
        assert take(tmp_path, key, "other") is None
        assert [(one.key, one.label, one.token) for one in held(tmp_path)] == [(key, f"label of {key}", lease.token)]
        nodes.add(lease.path.stat().st_ino)
        lease.release()
        assert list(held(tmp_path)) == []
    assert len(nodes) == 1 and len(hidden(tmp_path)) == 1
    first, second = taken(tmp_path, "c", pens), taken(tmp_path, "d", pens)
    assert first.path.stat().st_ino != second.path.stat().st_ino
    assert [one.label for one in held(tmp_path)] == ["label of c", "label of d"]
    pens.drop()
    assert [one.key for one in held(tmp_path)] == ["c", "d"]
    first.release()
    second.release()
    pens.drop()
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_what_the_holder_says_is_no_pen(tmp_path: Path, pens: Pens) -> None:
    lease = taken(tmp_path, "k", pens)
    assert lease.say(Beat(5, 2.5, 2.0))
    other = taken(tmp_path, "other", pens)
    assert [(one.label, one.beat.references) for one in held(tmp_path)] == [("label of k", 5), ("label of other", 0)]
    lease.release()
    other.release()
    assert list(held(tmp_path)) == []


def test_a_pen_that_has_another_name_is_not_written(tmp_path: Path, pens: Pens) -> None:
    """Somebody takes the lease for stale and moves it aside, sees that it is not, and gives it back."""
    lease = taken(tmp_path, "k", pens)
    aside = lease.path.with_name(".aside")
    lease.path.rename(aside)
    lease.release()
    other = taken(tmp_path, "other", pens)
    os.link(aside, lease.path)
    assert [one.label for one in held(tmp_path)] == ["label of k", "label of other"]
    assert lease.path.stat().st_ino != other.path.stat().st_ino


def test_the_text_of_another_point_is_no_lease(tmp_path: Path, pens: Pens) -> None:
    """Who reads on when a lease has been given back may find that."""
    lease, other = taken(tmp_path, "k", pens), taken(tmp_path, "other", pens)
    lease.path.write_bytes(other.path.read_bytes())
    assert [one.key for one in held(tmp_path)] == ["other"]
    assert not lease.say(Beat())


@pytest.mark.parametrize("when", ["held", "free", "with its folder"])
def test_a_pen_that_somebody_has_removed_is_replaced(tmp_path: Path, pens: Pens, when: str) -> None:
    lease = taken(tmp_path, "k", pens)
    if when == "held":
        hidden(tmp_path)[0].unlink()
    lease.release()
    if when == "free":
        hidden(tmp_path)[0].unlink()
    if when == "with its folder":
        shutil.rmtree(tmp_path / FOLDER)
    other = taken(tmp_path, "other", pens)
    assert [one.key for one in held(tmp_path)] == ["other"]
    other.release()
    pens.drop()
    assert list((tmp_path / FOLDER).iterdir()) == []


Link = Callable[[Path, Path], None]


def failing(code: int, after: Link | None = None) -> tuple[Link, list[Path]]:
    """An `os.link` that fails, and the names that it was asked for."""
    asked: list[Path] = []

    def link(source: Path, target: Path) -> None:
        asked.append(target)
        if after is not None:
            after(source, target)
        raise OSError(code, os.strerror(code))

    return link, asked


@pytest.mark.parametrize("code", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK])
def test_where_a_file_has_one_name_leases_are_files_of_their_own(
    tmp_path: Path, pens: Pens, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    link, asked = failing(code)
    monkeypatch.setattr(os, "link", link)
    for key in ("k", "other"):
        lease = taken(tmp_path, key, pens)
        assert take(tmp_path, key, "x", pens) is None
        assert [one.key for one in held(tmp_path)] == [key]
        lease.release()
    assert len(asked) == 1, "it is tried once"
    assert list((tmp_path / FOLDER).iterdir()) == []


def test_a_link_whose_answer_was_lost_is_ours(tmp_path: Path, pens: Pens, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is asked again says that the name is taken: by us."""
    link, _ = failing(errno.EEXIST, os.link)
    with monkeypatch.context() as patched:
        patched.setattr(os, "link", link)
        lease = taken(tmp_path, "k", pens)
    assert [one.token for one in held(tmp_path)] == [lease.token]
    lease.release()
    assert list(held(tmp_path)) == []


def test_what_a_killed_holder_leaves_goes_at_once(tmp_path: Path, pens: Pens) -> None:
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        taken(tmp_path, "k", pens)
        taken(tmp_path, "other", pens).release()
        os.write(writer, b".")
        signal.pause()
    os.read(reader, 1)
    assert len(hidden(tmp_path)) == 2 and take(tmp_path, "k", "x", pens) is None
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    mine = taken(tmp_path, "k", pens)
    prepare(tmp_path)
    mine.release()
    pens.drop()
    assert list((tmp_path / FOLDER).iterdir()) == []


def forked(work: Callable[[], None]) -> int:
    if (pid := os.fork()) == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return pid


def test_readers_see_whole_leases_of_their_points(tmp_path: Path) -> None:
    """While two holders take and give back, and names and labels have other lengths each time."""
    end = tmp_path / "end"

    def hold() -> None:
        pens = Pens()
        for number in range(1500):
            key = f"{os.getpid()}-{'x' * (number % 40)}"
            lease = taken(tmp_path, key, pens)
            if number % 50 == 0:
                assert lease.say(Beat(number))
            lease.release()

    def read() -> None:
        seen = 0
        while not end.exists() or not seen:
            for lease in held(tmp_path):
                assert lease.label == f"label of {lease.key}"
                seen += 1

    (tmp_path / FOLDER).mkdir()
    readers, holders = [forked(read) for _ in range(2)], [forked(hold) for _ in range(2)]
    statuses = [os.waitpid(pid, 0)[1] for pid in holders]
    end.touch()
    assert statuses == [0, 0]
    wait_for(lambda: all(os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) for pid in readers))
    assert [os.waitpid(pid, 0)[1] for pid in readers] == [0, 0]


def test_a_lease_has_one_holder_whoever_is_faster(tmp_path: Path) -> None:
    """Three want the same few."""
    alone = tmp_path / "alone"
    alone.mkdir()

    def work() -> None:
        pens = Pens()
        for number in range(600):
            lease = take(tmp_path, str(number % 3), "x", pens)
            if lease is None:
                continue
            mark = alone / lease.key
            os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
            mark.unlink()
            lease.release()
        pens.drop()

    assert [os.waitpid(pid, 0)[1] for pid in [forked(work) for _ in range(3)]] == [0] * 3
    assert list((tmp_path / leases.FOLDER).iterdir()) == []
