# SPDX-License-Identifier: BSD-3-Clause
"""Files and folders are whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects.base.files import publish, remove, replacing, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    write_whole(place, b"one")
    write_whole(place, b"two", b" parts", durable=True)
    assert place.read_bytes() == b"two parts"
    assert names(tmp_path) == ["a.txt"]


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    write_whole(place, b"old")
    with pytest.raises(RuntimeError), replacing(place) as partial:
        partial.write_bytes(b"ne")
        raise RuntimeError
    assert place.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_has_the_rights_that_the_user_gives_to_files(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_whole(tmp_path / "whole", b"")
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "no" / "a.txt", b"")


@pytest.mark.parametrize("there", ["nothing", "file", "folder", "link"])
def test_a_folder_is_published_whatever_lies_there(tmp_path: Path, there: str) -> None:
    place, work = tmp_path / "place", tmp_path / "work"
    if there == "file":
        place.write_bytes(b"")
    elif there == "folder":
        (place / "deep").mkdir(parents=True)
    elif there == "link":
        place.symlink_to(tmp_path / "nowhere")
    work.mkdir()
    (work / "made").write_bytes(b"")
    publish(work, place)
    assert names(tmp_path) == ["place"]
    assert names(place) == ["made"]


def test_a_place_that_cannot_be_taken_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    with pytest.raises(OSError, match="No such file"):
        publish(tmp_path / "work", tmp_path / "no" / "place")


def test_removing_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove(tmp_path / "nothing")
