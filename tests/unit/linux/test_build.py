# SPDX-License-Identifier: BSD-3-Clause
"""The folder of a guest: what is made again and what is not, what an interruption leaves, what is missing.

The kernel here is a stand-in of three functions; building the real one is `make guest-twice`.
"""

from __future__ import annotations

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simobjects.base.errors import InputError
from simobjects.linux import build as building
from simobjects.linux import soft, source
from simobjects.linux.build import RECORD, Guest, build
from simobjects.linux.errors import BuildError
from simobjects.linux.fit import make_fit
from simobjects.linux.products import INITRAMFS, KERNEL, KVM_KERNEL
from simobjects.linux.programs import Added
from simobjects.linux.tools import run
from tests.helpers.archives import read_archive
from tests.helpers.cross import FLAGS, needed
from tests.unit.linux.test_fit import SOURCE

PROGRAM = '#include "guest.h"\nint main(int n, char **v, char **e) { put("mine"); end_line(); return __LINE__ + n; }\n'
WITH_LIBRARY = "#include <stdio.h>\nint main(void) { return puts(__FILE__) < 0; }\n"
EVERYTHING = [INITRAMFS, "guest.h", "mark.h", KERNEL, KVM_KERNEL]


def quiet(step: str) -> None:
    """No progress."""


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Kernels are assembled from a few lines; the list has an entry for each. No tool for a real one is needed."""
    needed()
    (tmp_path / "source.tar.xz").write_bytes(b"source")
    count: list[str] = []

    def stand_in(archive: Path, config: Path, work: Path, told: Callable[[str], None]) -> bytes:
        count.append(str(work))
        (work / "k.S").write_text(SOURCE)
        run(["powerpc-linux-gnu-gcc", *FLAGS, "-o", "vmlinux", "k.S"], work)
        return (work / "vmlinux").read_bytes()

    monkeypatch.setattr(building, "build_kernel", stand_in)
    monkeypatch.setattr(building, "FOR_KERNEL", {})
    return count


def guest(tmp_path: Path, folder: str = "guest", **values: object) -> Guest:
    return Guest(tmp_path / folder, tmp_path / "source.tar.xz", **values)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != RECORD and path.is_file()}


def test_a_guest_is_built_once(kernels: list[str], tmp_path: Path) -> None:
    assert build(guest(tmp_path), quiet) == EVERYTHING
    first = contents(tmp_path / "guest")
    assert first[KVM_KERNEL] == make_fit(first[KERNEL], KERNEL)[0] != first[KERNEL]
    assert {"init", "bin/mark", "bin/windows", "dev/console", "dev/mem", "tmp"} <= set(read_archive(first[INITRAMFS]))
    assert build(guest(tmp_path), quiet) == []
    assert contents(tmp_path / "guest") == first
    assert len(kernels) == 1
    assert not list((tmp_path / "guest").glob(".work*"))


def test_two_empty_folders_give_the_same_bytes_and_no_path(kernels: list[str], tmp_path: Path) -> None:
    (tmp_path / "mine.c").write_text(PROGRAM)
    elsewhere = tmp_path / "else" / "where"
    elsewhere.mkdir(parents=True)
    (elsewhere / "mine.c").write_text(PROGRAM)
    build(guest(tmp_path, "one", added=(Added.parse(str(tmp_path / "mine.c")),)), quiet)
    build(guest(tmp_path, "another/folder", added=(Added.parse(str(elsewhere / "mine.c")),)), quiet)
    one, other = contents(tmp_path / "one"), contents(tmp_path / "another" / "folder")
    assert one == other
    assert not [name for name, data in one.items() if str(tmp_path).encode() in data or b"/recipe" in data]


def test_a_file_that_is_added_changes_the_file_system_only(kernels: list[str], tmp_path: Path) -> None:
    build(guest(tmp_path), quiet)
    (tmp_path / "data").write_bytes(b"lines")
    (tmp_path / "mine.c").write_text(PROGRAM)
    added = (Added.parse(f"{tmp_path / 'data'}:/etc/data"), Added.parse(str(tmp_path / "mine.c")))
    assert build(guest(tmp_path, added=added), quiet) == [INITRAMFS, "guest.h", "mark.h"]
    found = read_archive((tmp_path / "guest" / INITRAMFS).read_bytes())
    assert (found["etc/data"].mode & 0o777, found["etc/data"].data) == (0o644, b"lines")
    assert found["bin/mine"].data[:6] == b"\x7fELF\x01\x02"
    assert build(guest(tmp_path, added=added), quiet) == []
    (tmp_path / "data").write_bytes(b"others")
    assert build(guest(tmp_path, added=added), quiet) == [INITRAMFS, "guest.h", "mark.h"]
    assert len(kernels) == 1


def test_another_first_program_leaves_the_windows(kernels: list[str], tmp_path: Path) -> None:
    script = tmp_path / "mine"
    script.write_bytes(b"#!/bin/sh\n")
    build(guest(tmp_path, init=Added.parse(str(script))), quiet)
    found = read_archive((tmp_path / "guest" / INITRAMFS).read_bytes())
    assert (found["init"].mode, found["init"].data) == (0o100755, b"#!/bin/sh\n")
    assert found["bin/windows"].data[:4] == b"\x7fELF"


@pytest.mark.parametrize("name", [KERNEL, KVM_KERNEL])
def test_a_product_that_is_damaged_or_gone_is_made_again(name: str, kernels: list[str], tmp_path: Path) -> None:
    build(guest(tmp_path), quiet)
    whole = contents(tmp_path / "guest")
    (tmp_path / "guest" / name).write_bytes(b"short")
    assert build(guest(tmp_path), quiet) == [KERNEL, KVM_KERNEL]
    (tmp_path / "guest" / name).unlink()
    assert build(guest(tmp_path), quiet) == [KERNEL, KVM_KERNEL]
    assert contents(tmp_path / "guest") == whole


def test_a_record_that_says_nothing_counts_as_none(kernels: list[str], tmp_path: Path) -> None:
    build(guest(tmp_path), quiet)
    for record in (b"[]", b'{"kernel": 3, "programs": {"inputs": 1}}', b"\xff"):
        (tmp_path / "guest" / RECORD).write_bytes(record)
        assert build(guest(tmp_path), quiet) == EVERYTHING


def test_an_interrupted_build_leaves_nothing_that_looks_finished(
    kernels: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = vars(building)["build_kernel"]

    def interrupted(*arguments: object) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(building, "build_kernel", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(guest(tmp_path), quiet)
    assert not (tmp_path / "guest" / KERNEL).exists()
    assert not list((tmp_path / "guest").glob(".work*"))
    assert list(json.loads((tmp_path / "guest" / RECORD).read_text())) == ["programs"]
    (tmp_path / "guest" / ".work-killed").mkdir()  # what a build leaves that could not clean up
    monkeypatch.setattr(building, "build_kernel", good)
    assert build(guest(tmp_path), quiet) == [KERNEL, KVM_KERNEL]
    assert not list((tmp_path / "guest").glob(".work*"))


def test_a_second_build_in_the_same_folder_is_refused(kernels: list[str], tmp_path: Path) -> None:
    (tmp_path / "guest").mkdir()
    with (tmp_path / "guest" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BuildError, match="another build is at work here"):
            build(guest(tmp_path), quiet)
    assert kernels == []


def test_missing_tools_are_named_with_the_line_for_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(BuildError, match=r"not installed: gcc-powerpc-linux-gnu\n  fix: apt-get install gcc-powerpc"):
        build(guest(tmp_path), quiet)
    monkeypatch.setattr(source, "INSTALLED", tmp_path / "nowhere")
    with pytest.raises(BuildError, match=r"fix: apt-get install linux-source-6\.1, or give the file with --source"):
        source.find_source(None, tmp_path / "cache", quiet)


def test_a_tool_that_nobody_asked_for_before_is_named_when_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="dpkg-deb: is not installed"):
        source.unpack(tmp_path / "linux-source.deb", tmp_path)


def test_what_a_tool_has_started_ends_with_it(tmp_path: Path) -> None:
    """Whoever listens is interrupted: neither the tool nor a child of it, goes on."""

    def told(line: str) -> None:
        started.append(int(line))
        raise KeyboardInterrupt

    started: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", "sleep 100 & echo $!; wait"], tmp_path, told)
    state = Path(f"/proc/{started[0]}/stat")
    end = time.monotonic() + 10
    while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
        assert time.monotonic() < end, "the child goes on"
        time.sleep(0.01)


def test_what_is_no_source_is_refused(kernels: list[str], tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="is no file"):
        source.find_source(tmp_path / "nowhere", tmp_path, quiet)
    with pytest.raises(BuildError, match="is no archive of a kernel's source"):
        source.unpack(tmp_path / "source.tar.xz", tmp_path)
    subprocess.run(["tar", "-czf", tmp_path / "other.tar.gz", "-C", tmp_path, "source.tar.xz"], check=True)
    (tmp_path / "work").mkdir()
    with pytest.raises(BuildError, match="holds no source of Linux"):
        source.unpack(tmp_path / "other.tar.gz", tmp_path / "work")


def test_a_downloaded_archive_must_be_the_one_that_is_expected(tmp_path: Path) -> None:
    (tmp_path / soft.MUSL.name).write_bytes(b"something else")
    with pytest.raises(BuildError, match="is not the file that was expected: its SHA-256 is"):
        soft.fetch(soft.MUSL, tmp_path, quiet)


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("prog", b"\x7fELF\x02\x01" + bytes(60), "is no program for a 32-bit PowerPC"),
        ("prog.c", WITH_LIBRARY.encode(), "needs a C library\n  fix: build with --busybox"),
        ("prog.c", b'#include "guest.h"\nint main( {', "powerpc-linux-gnu-gcc: ended with status 1"),
    ],
)
def test_a_program_that_the_guest_could_not_execute(
    name: str, data: bytes, said: str, kernels: list[str], tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(BuildError, match=said):
        build(guest(tmp_path, added=(Added.parse(str(tmp_path / name)),)), quiet)
    assert not (tmp_path / "guest" / INITRAMFS).exists()


@pytest.mark.parametrize("text", ["", "nowhere", "nowhere:/bin/x", ":/bin/x"])
def test_a_file_that_is_not_there_cannot_be_added(text: str) -> None:
    with pytest.raises(InputError, match="is no file; write FILE or FILE:/PATH/IN/THE/GUEST"):
        Added.parse(text)


def test_a_folder_as_one_file_is_the_same_bytes_and_comes_back(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "lib").mkdir(parents=True)
        (tmp_path / name / "lib" / "b").write_bytes(b"2")
        (tmp_path / name / "a").write_bytes(b"1")
    assert soft.packed(tmp_path / "one") == soft.packed(tmp_path / "two")
    again = soft.unpacked(soft.packed(tmp_path / "one"), tmp_path)
    assert {str(path.relative_to(again)) for path in again.rglob("*") if path.is_file()} == {"a", "lib/b"}


def test_the_command_on_a_machine_without_anything(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "simobjects", "guest", "build", "guest"],
        cwd=tmp_path, env={"PATH": str(tmp_path / "bin")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "simobjects: not installed: gcc-powerpc-linux-gnu\n  fix: apt-get install gcc-powerpc-linux-gnu\n"
    )
