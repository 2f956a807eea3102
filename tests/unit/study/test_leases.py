# SPDX-License-Identifier: BSD-3-Clause
"""Leases: one holder at a time, taken over from who is gone or silent, never from who lives."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from simobjects.study import leases, whereabouts
from simobjects.study.leases import Beat, held, take


def test_a_lease_has_one_holder_until_it_is_given_back(tmp_path: Path) -> None:
    lease = take(tmp_path, "k", "a=1")
    assert lease is not None
    assert take(tmp_path, "k", "a=1") is None
    assert take(tmp_path, "other", "a=2") is not None
    lease.release()
    assert take(tmp_path, "k", "a=1") is not None


def test_what_the_holder_says_can_be_read(tmp_path: Path) -> None:
    lease = take(tmp_path, "k", "a=1")
    assert lease is not None and lease.say(Beat(5, 2.5, 2.0))
    (found,) = held(tmp_path)
    assert (found.label, found.beat, found.holder) == ("a=1", Beat(5, 2.5, 2.0), whereabouts.here())


def _as_of(path: Path, **changes: object) -> None:
    facts = json.loads(path.read_text())
    facts["holder"].update(changes)
    path.write_text(json.dumps(facts))


def test_a_holder_that_is_gone_from_this_host_loses_it_at_once(tmp_path: Path) -> None:
    """Also when another process has its number by now."""
    lease = take(tmp_path, "k", "a=1")
    assert lease is not None
    _as_of(lease.path, born=whereabouts.here().born - 1)
    assert list(held(tmp_path)) == []
    assert take(tmp_path, "k", "a=1") is not None


@pytest.mark.parametrize("text", [None, b"", b"{", b'{"holder": 5}', b"[" * 9_000])
def test_a_silent_holder_elsewhere_loses_it_after_a_minute(tmp_path: Path, text: bytes | None) -> None:
    """A node that has vanished; so does who has left half a lease behind."""
    lease = take(tmp_path, "k", "a=1")
    assert lease is not None
    _as_of(lease.path, realm="elsewhere", host="far")
    if text is not None:
        lease.path.write_bytes(text)
    assert take(tmp_path, "k", "a=1") is None
    old = lease.path.stat().st_mtime - leases.STALE_SECONDS - 1
    os.utime(lease.path, (old, old))
    mine = take(tmp_path, "k", "a=1")
    assert mine is not None
    assert not lease.say(Beat()), "who was taken for gone notices it"
    lease.release()
    assert [one.token for one in held(tmp_path)] == [mine.token]


def test_leases_of_a_folder_that_cannot_be_written_are_read(tmp_path: Path) -> None:
    """As `simobjects status` does on a login node that has the folder for reading only."""
    assert take(tmp_path, "k", "a=1") is not None
    bound = subprocess.run(["mount", "--bind", "-o", "ro", str(tmp_path), str(tmp_path)], capture_output=True)
    if bound.returncode:
        pytest.skip("mounting needs root")
    try:
        assert [lease.label for lease in held(tmp_path)] == ["a=1"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_process_is_known_by_more_than_its_number() -> None:
    me = whereabouts.here()
    assert not me.gone
    assert replace(me, born=me.born + 1).gone
    assert not replace(me, realm="x", born=me.born + 1).gone, "of another host nothing is known"
    assert whereabouts.named(me.name) is not None
    assert whereabouts.named(me.name.replace("-", "")) is None
