# SPDX-License-Identifier: BSD-3-Clause
"""Files and folders are whole or not there."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from simobjects.base.files import is_device, publish, read_regular, remove, replacing, write_new, write_whole


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


def test_a_new_file_takes_nobodys_place(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    write_new(place, b"one", b" two")
    assert place.read_bytes() == b"one two"
    with pytest.raises(FileExistsError, match=r"a\.txt"):
        write_new(place, b"three")
    with pytest.raises(FileNotFoundError, match=r"none/a\.txt"):
        write_new(tmp_path / "none" / "a.txt", b"four")
    assert place.read_bytes() == b"one two" and names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").stat().st_mode == written_plainly(tmp_path / "b.txt").stat().st_mode


def written_plainly(path: Path) -> Path:
    path.write_bytes(b"")
    return path


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


# ---- what others leave, do meanwhile, or put in the way ----------------------------------------------------------


def test_what_a_killed_writer_left_is_taken_over(tmp_path: Path) -> None:
    """A process dies in the middle; the next one writes the same file and nothing else remains."""
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom simobjects.base.files import replacing\n"
        "with replacing(Path(sys.argv[1])) as partial:\n"
        "    partial.write_bytes(b'half')\n    os.kill(os.getpid(), 9)\n"
    )
    place = tmp_path / "a.txt"
    killed = subprocess.run([sys.executable, "-c", code, str(place)], check=False, timeout=60)
    assert killed.returncode == -9
    assert names(tmp_path) == [".a.txt.1.partial"]
    write_whole(place, b"whole")
    assert names(tmp_path) == ["a.txt"]


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    with replacing(place) as first, replacing(place) as second:
        assert first != second
        first.write_bytes(b"first")
        second.write_bytes(b"second")
    assert place.read_bytes() == b"first"  # the block that ended last
    assert names(tmp_path) == ["a.txt"]


def test_threads_that_write_one_file_leave_one_of_them_whole(tmp_path: Path) -> None:
    place = tmp_path / "a.txt"
    contents = [bytes([65 + number]) * 50_000 for number in range(4)]

    def write(content: bytes) -> None:
        for _ in range(25):
            write_whole(place, content)
            assert place.read_bytes() in contents

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, contents))
    assert names(tmp_path) == ["a.txt"]


def test_links_are_replaced_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"mine")
    place = tmp_path / "out" / "a.txt"
    place.parent.mkdir()
    place.symlink_to(other)
    place.with_name(".a.txt.1.partial").symlink_to(other)
    os.link(other, place.with_name(".a.txt.2.partial"))
    with replacing(place) as first, replacing(place) as second:
        first.write_bytes(b"new")
        second.write_bytes(b"newer")
    assert not place.is_symlink() and place.read_bytes() == b"new"
    assert other.read_bytes() == b"mine"
    assert names(place.parent) == ["a.txt"]


def test_a_folder_in_the_place_of_the_hidden_name_is_passed_by(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.1.partial").mkdir()
    write_whole(tmp_path / "a.txt", b"whole")
    assert names(tmp_path) == [".a.txt.1.partial", "a.txt"]


@pytest.mark.parametrize("name", ["a" * 255, "ä" * 127])
def test_a_name_may_be_as_long_as_the_system_allows(tmp_path: Path, name: str) -> None:
    write_whole(tmp_path / name, b"whole")
    assert names(tmp_path) == [name]


def test_a_full_device_is_told_by_its_own_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"\[Errno 28\] No space left on device: '/dev/full'"):
        write_whole(Path("/dev/full"), b"x" * 10)
    assert Path("/dev/full").is_char_device()
    write_whole(Path("/dev/null"), b"x")
    assert Path("/dev/null").is_char_device()


def test_standard_output_that_is_a_file_is_written_to_where_it_is(tmp_path: Path) -> None:
    """`/dev/stdout` is a link to it, and would be replaced for everybody."""
    with (tmp_path / "a.txt").open("wb") as file:
        for link in (f"/dev/fd/{file.fileno()}", f"/proc/self/fd/{file.fileno()}"):
            assert is_device(Path(link))
            write_whole(Path(link), link.encode())
            assert (tmp_path / "a.txt").read_text() == link
    assert names(tmp_path) == ["a.txt"]


def test_an_error_names_the_file_that_was_to_be_written(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "no" / "a.txt", b"")
    assert caught.value.filename == str(tmp_path / "no" / "a.txt")


@pytest.mark.parametrize("kind", ["device", "pipe", "folder", "nothing"])
def test_what_might_never_end_is_not_read(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "in"
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "folder":
        place.mkdir()
    what = {"device": "Not a regular file", "pipe": "Not a regular file", "folder": "Is a directory"}
    with pytest.raises(OSError, match=what.get(kind, "No such file")):
        read_regular(Path("/dev/zero") if kind == "device" else place)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(bytes(11))
    with pytest.raises(OSError, match="More than 10 bytes"):
        read_regular(tmp_path / "in", 10)
    assert read_regular(tmp_path / "in", 11) == bytes(11)
