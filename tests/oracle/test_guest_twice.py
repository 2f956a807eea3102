# SPDX-License-Identifier: BSD-3-Clause
"""A whole guest, kernel and all, from two empty folders: equal bytes, and it boots. `make guest-twice` runs it.

It takes some minutes of all cores, Debian's sources and its cross compiler, so no other run of the tests does. With
GUEST_SOURCE=FILE the kernel's source is that file.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simobjects import EventKind, LinuxGuest, Simulation
from simobjects.boards import NATIVE, bamboo
from tests.helpers.small_programs import console

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.slow,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(not os.environ.get("GUEST_TWICE"), reason="two kernels take minutes: make guest-twice"),
]
PROGRAM = """
#include <stdio.h>
#include "mark.h"
int main(void)
{
    double sum = 0;
    if (mark_open())
        return 1;
    mark_begin(3);
    for (int i = 1; i < 2000; i++)
        sum += 1.0 / i / i;
    mark_end();
    return printf("sum %.9f\\n", sum) < 0;
}
"""
SCRIPT = """#!/bin/sh
prog
mark 4 -- /bin/awk 'BEGIN { printf "%.6f\\n", atan2(1, 1) * 4 }'
seq 5 | sort -rn | head -n 1
"""
FLOATING = ("lfd", "lfs", "stfd", "stfs", "fadd", "fmul", "fsub", "fmr")


def built(folder: Path, files: Path) -> dict[str, bytes]:
    """What the command makes in an empty folder."""
    command = [sys.executable, "-m", "simobjects", "guest", "build", str(folder), "--busybox"]
    command += ["--add", str(files / "prog.c"), "--add", f"{files / 'script'}:/script"]
    if os.environ.get("GUEST_SOURCE"):
        command += ["--source", os.environ["GUEST_SOURCE"]]
    subprocess.run(command, check=True)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first; the second must have equal files."""
    made = tmp_path_factory.mktemp("twice")
    (made / "prog.c").write_text(PROGRAM)
    (made / "script").write_text(SCRIPT)
    (made / "script").chmod(0o755)
    one, other = built(made / "one", made), built(made / "another" / "place", made)
    assert set(one) >= {"vmlinux", "vmlinux-kvm", "initramfs.cpio", "soft-float.tar", "built.json"}
    assert [name for name in one if one[name] != other.get(name)] == []
    assert [name for name, data in one.items() if str(made).encode() in data] == []
    return made / "one"


@pytest.mark.parametrize("under", [NATIVE, "e0", "e3b", "e4", "e6", "3.14"])
def test_what_was_built_boots(under: str, folder: Path) -> None:
    guest = LinuxGuest(built=str(folder), arguments="run=/script marks=own")
    system = bamboo(guest, under, memory="128MiB")
    simulation = Simulation(system)
    last = list(simulation.run(references=400_000_000))[-1]
    assert (last.kind, last.payload["reason"]) == (EventKind.END_OF_WORKLOAD, "marker")
    lines = console(simulation).replace("\r", "").partition("GUEST-START\n")[2].splitlines()
    assert lines == ["sum 1.644433942 1.644", "3.141593", "5", "COMMAND /script status 0", "GUEST-DONE"]
    assert [v for offset, v in simulation.peers[system.board.marker].log() if offset == 0x20] == [3, 4]


def test_nothing_in_it_needs_floating_point(folder: Path, tmp_path: Path) -> None:
    subprocess.run(["tar", "-xf", folder / "soft-float.tar", "-C", tmp_path, "busybox"], check=True)
    shown = subprocess.run(
        ["powerpc-linux-gnu-objdump", "-d", tmp_path / "busybox"], check=True, capture_output=True, text=True
    ).stdout
    used = {line.split("\t")[2].split()[0] for line in shown.splitlines() if line.count("\t") >= 2}
    assert "lwz" in used
    assert not used & set(FLOATING)
