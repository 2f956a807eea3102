# SPDX-License-Identifier: BSD-3-Clause
"""A user's program in the Linux guest becomes a window: by mark.h, by `mark`, by /init, and from a shell."""

from __future__ import annotations

import lzma
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from simobjects import EventKind, LinuxGuest, Simulation
from simobjects.boards import NATIVE, bamboo
from simobjects.linux.fit import make_fit
from simobjects.linux.programs import Added, initramfs
from tests.helpers.archives import read_archive
from tests.helpers.cross import needed
from tests.helpers.small_programs import console

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
EXAMPLE = Path(__file__).resolve().parents[2] / "configs" / "examples" / "linux.py"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not ORACLE.is_dir(), reason="no Linux kernels beside the project (../shared/oracle)"),
]
PROGRAM = """
#include "guest.h"
#include "mark.h"

int main(int argc, char **argv, char **environment)
{
    volatile u32 *pages = memory(100 * PAGE, PRIVATE);
    (void)environment;
    for (u32 i = 0; i < 100; i++)
        pages[i * 1024] = i;
    if (argc > 1 && mark_open() == 0) {
        for (u32 window = 41; window < 43; window++) {
            mark_begin(window);
            for (u32 i = 0; i < 1000 * (window - 40); i++)
                pages[i % 100 * 1024] += i;
            mark_end();
        }
    }
    put("prog ");
    put(argc > 1 ? argv[1] : "alone");
    end_line();
    return argc;
}
"""
SCRIPT = """#!/bin/sh
mark begin 5
echo $((6 * 7)) | wc -c
mark end
mark 6 -- /bin/prog
echo "status $?"
mark begin
mark stop 3
"""


@dataclass(frozen=True)
class Ran:
    """What the guest printed behind its first line, the numbers and the windows that were marked, how it ended."""

    lines: list[str]
    numbers: list[int]
    misses: list[int]
    status: int
    refused: int


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed()
    made = tmp_path_factory.mktemp("programs")
    kernel = lzma.decompress((ORACLE / "kvm-linux" / "vmlinux61.xz").read_bytes())
    (made / "vmlinux").write_bytes(kernel)
    (made / "vmlinux-kvm").write_bytes(make_fit(kernel, "vmlinux")[0])
    busybox = read_archive((ORACLE / "linux" / "initramfs-bbsf.cpio").read_bytes())["bin/busybox"]
    (made / "busybox").write_bytes(busybox.data)
    (made / "prog.c").write_text(PROGRAM)
    (made / "script").write_text(SCRIPT)
    (made / "script").chmod(0o755)
    added = [Added.parse(f"{made}/{name}") for name in ("prog.c", "script", "busybox:/bin/sh", "busybox:/bin/wc")]
    (made / "initramfs.cpio").write_bytes(initramfs(None, added, made))
    return made


def ran(folder: Path, under: str, arguments: str) -> Ran:
    system = bamboo(LinuxGuest(built=str(folder), arguments=arguments), under, memory="128MiB")
    simulation = Simulation(system)
    last = list(simulation.run(references=200_000_000))[-1]
    assert (last.kind, last.payload["reason"]) == (EventKind.END_OF_WORKLOAD, "marker")
    marker = simulation.peers[system.board.marker]
    numbers = [value for offset, value in marker.log() if offset == 0x20]
    windows = [window for window in simulation.stats.windows() if window.label.startswith("marker")]
    misses = [window.counts("system.core.interrupts")["data TLB miss"] for window in windows if under == NATIVE]
    lines = console(simulation).replace("\r", "").partition("GUEST-START\n")[2].splitlines()
    return Ran(lines, numbers, misses, last.payload["value"], simulation.stats.count("system.board.marker.refused"))


@pytest.mark.parametrize("under", [NATIVE, "e0", "e4"])
def test_a_program_with_mark_h_has_its_own_windows(under: str, folder: Path) -> None:
    found = ran(folder, under, 'run="/bin/prog mine" marks=own')
    assert found.lines == ["prog mine", "COMMAND /bin/prog status 2", "GUEST-DONE"]
    assert (found.numbers, found.status, found.refused) == ([41, 42], 2, 0)
    if under == NATIVE:  # 64 entries, 100 pages: each access misses, and the pages' tables now and then
        assert 1000 <= found.misses[0] < 1200
        assert 2000 <= found.misses[1] < 2400


def test_a_program_that_marks_nothing_is_window_100(folder: Path) -> None:
    found = ran(folder, NATIVE, "run=/bin/prog")
    assert found.lines == ["prog alone", "COMMAND /bin/prog status 1", "GUEST-DONE"]
    assert (found.numbers, found.refused) == ([100], 0)


@pytest.mark.parametrize("under", [NATIVE, "e4"])
def test_a_script_marks_its_parts(under: str, folder: Path) -> None:
    found = ran(folder, under, 'run="/bin/script" marks=own')
    usage = "usage: mark begin N | mark end | mark stop [STATUS] | mark N -- COMMAND ARGUMENT..."
    assert found.lines == ["3", "prog alone", "status 1", usage]
    assert (found.numbers, found.status, found.refused) == ([5, 6], 3, 0)


def test_a_command_that_is_not_there(folder: Path) -> None:
    found = ran(folder, NATIVE, 'run="/bin/mark 9 -- /bin/nothing" marks=own')
    assert found.lines[0] == "mark: /bin/nothing cannot be executed (give its whole path)"
    assert found.lines[1] == "COMMAND /bin/mark could not be executed, status 127"
    assert (found.numbers, found.status) == ([9], 127)


def test_the_example_prints_its_windows_by_itself(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "guest").symlink_to(folder)
    done = subprocess.run([sys.executable, EXAMPLE], cwd=tmp_path, capture_output=True, text=True, check=True)
    found = re.findall(r"^window (\d+): (\d+) instructions, (.*)$", done.stdout, re.MULTILINE)
    assert [int(number) for number, _, _ in found] == list(range(1, 19))
    assert re.search(r"\b\d{4} data TLB miss", found[4][2]), "128 pages, 20 times, in 64 entries"
    assert "system call" in found[6][2]


def test_the_command_line_under_kvm_leaves_the_numbers(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "guest").symlink_to(folder)
    command = [sys.executable, "-m", "simobjects", "run", str(EXAMPLE), "--set", "system.under=e4"]
    command += ["--set", "system.core.workload.arguments=windows=3,11 scale=10"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    values = tmp_path / done.stdout.splitlines()[-1] / "system.board.marker.values.csv"
    assert values.read_text() == "offset,value\n0x20,3\n0x20,11\n"
    assert "WINDOW 11 pingpong" in done.stdout


def test_chosen_windows_alone(folder: Path) -> None:
    found = ran(folder, NATIVE, "windows=7,18,3 scale=20")
    assert [line.split()[:3] for line in found.lines[:-1]] == [
        ["WINDOW", "3", "touch32"],
        ["WINDOW", "7", "getpid"],
        ["WINDOW", "18", "sleep"],
    ]
    assert found.numbers == [3, 7, 18]
    assert ran(folder, NATIVE, "windows=none").numbers == []
