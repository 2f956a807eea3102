# SPDX-License-Identifier: BSD-3-Clause
"""The studies of Linux guests as modules, and the guest that real kernels ran, for the tests that compare."""

from __future__ import annotations

import csv
import importlib.util
import lzma
import subprocess
import sys
from argparse import Namespace
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.helpers.small_programs import console

STUDIES = Path(__file__).parents[2] / "configs" / "studies"
GUEST = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "kvm-linux"


@cache
def load_study(name: str = "linux_windows") -> ModuleType:
    """A file of the studies as the module of that name, under which others beside it import it."""
    spec = importlib.util.spec_from_file_location(name, STUDIES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def prepare(folder: Path) -> Path:
    """Put the guest's kernel into a folder: `plain`, and as the hosts from 3.14 on (`new`) or before (`old`) run it."""
    (folder / "plain").write_bytes(lzma.decompress((GUEST / "vmlinux61.xz").read_bytes()))
    for name, more in (("new", []), ("old", ["old"])):
        subprocess.run([sys.executable, GUEST / "patch.py", folder / "plain", folder / name, *more], check=True)
    return folder


def options(elf: Path, kernel: str, *, guest_help: bool = False) -> Namespace:
    """The command line of the study; the VMM of 3.14 held the guest's ticks."""
    return Namespace(
        kernel=kernel,
        elf=elf,
        dtb=GUEST / "guest.dtb",
        initrd=GUEST / "guest.cpio",
        mask_ticks=kernel == "3.14",
        guest_help=guest_help,
        patience=10,
    )


@dataclass(frozen=True)
class Played:
    """What a guest has left, without its machine: the study's rows in order, what went wrong, what it printed."""

    rows: tuple[Any, ...]
    problem: str
    console: str


def play(given: Namespace, fifo_start: int | None = None) -> Played:
    """A guest as the command line has it, to its end."""
    study = load_study()
    run = study.LinuxRun(study.machine(given, given.kernel), given.patience, fifo_start)
    rows = tuple(run.rows())
    return Played(rows, run.problem, console(run.simulation))


@cache
def played(folder: Path, kernel: str) -> Played:
    """The guest under a kernel: once for all tests that ask."""
    return play(options(folder / ("new" if kernel == "3.14" else "old"), kernel))


def real_rows(kernel: str) -> list[dict[str, str]]:
    """What a real kernel counted in the windows that are published, in their order."""
    with (GUEST / "windows.csv").open() as file:
        return [row for row in csv.DictReader(file) if row["kernel"] == kernel]


def paired(kernel: str, rows: tuple[Any, ...]) -> list[tuple[dict[str, str], Any]]:
    """Each published window with the model's of the same number, the first of it with the first."""
    left = list(rows)
    found = []
    for real in real_rows(kernel):
        mine = next(row for row in left if row.number == int(real["window"]))
        left.remove(mine)
        found.append((real, mine))
    return found
