# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest as an object: which kernel it takes, what it tells it, and what it says when there is none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from simobjects import ConfigError, LinuxGuest, Simulation
from simobjects.boards import NATIVE, bamboo
from simobjects.framework import overriding
from simobjects.programs.flat_tree import read_tree
from tests.helpers.small_programs import RESET, elf_file

EXAMPLE = Path(__file__).parents[3] / "configs" / "examples" / "linux.py"


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for name in ("vmlinux", "vmlinux-kvm"):
        elf_file(tmp_path / name, RESET)
    (tmp_path / "initramfs.cpio").write_bytes(b"files")
    return tmp_path


@pytest.mark.parametrize(("under", "name"), [(NATIVE, "vmlinux"), ("e4", "vmlinux-kvm"), ("3.14", "vmlinux-kvm")])
def test_it_takes_the_kernel_for_what_it_runs_on(under: str, name: str, built: Path) -> None:
    system = bamboo(LinuxGuest(built=str(built)), under)
    Simulation(system)
    assert (system.core.workload.elf, system.core.workload.initrd) == (
        str(built / name), str(built / "initramfs.cpio")
    )  # fmt: skip


def test_a_kernel_that_is_named_is_taken(built: Path) -> None:
    mine = elf_file(built / "mine", RESET)
    system = bamboo(LinuxGuest(str(mine), built=str(built)), "e4")
    Simulation(system)
    assert system.core.workload.elf == str(mine)


def test_the_arguments_come_behind_those_of_the_kernel(built: Path) -> None:
    with overriding({"system.core.workload.arguments": "windows=3 scale=2"}):
        system = bamboo(LinuxGuest(built=str(built)))
        Simulation(system)
    placed = dict(system.core.workload.placed())
    chosen = read_tree(placed["device_tree"].data, "made").children["chosen"]
    assert chosen.properties["bootargs"] == b"console=ttyS0,115200 norandmaps panic=-1 windows=3 scale=2\0"


def test_a_kernel_that_is_named_and_missing_is_an_error_of_its_own(built: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        Simulation(bamboo(LinuxGuest("nowhere", built=str(built))))
    (problem,) = caught.value.problems
    assert (problem.subject, problem.fix) == ("system.core.workload.elf", "correct the path")


def test_without_a_kernel_the_example_says_how_to_get_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simobjects", "run", str(EXAMPLE), "--set", "system.under=e4"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for name, product in (("elf", "vmlinux-kvm"), ("initrd", "initramfs.cpio")):
        assert f"system.core.workload.{name} = 'guest/{product}'" in done.stderr
    assert done.stderr.count("fix: run: simobjects guest build guest") == 2
