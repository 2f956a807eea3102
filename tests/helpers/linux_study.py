# SPDX-License-Identifier: BSD-3-Clause
"""configs/studies/linux_windows.py as a module, and the guest that real kernels ran, for the tests that compare."""

from __future__ import annotations

import csv
import importlib.util
import lzma
import subprocess
import sys
from argparse import Namespace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

STUDIES = Path(__file__).parents[2] / "configs" / "studies"
GUEST = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "kvm-linux"


@cache
def load_study() -> ModuleType:
    """The module beside the study's script."""
    spec = importlib.util.spec_from_file_location("linux_windows", STUDIES / "linux_windows.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules["linux_windows"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules["linux_windows"])
    return sys.modules["linux_windows"]


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


@cache
def played(folder: Path, kernel: str) -> tuple[Any, tuple[Any, ...]]:
    """A guest under a kernel to its end: the study's run, and its rows in order."""
    study = load_study()
    given = options(folder / ("new" if kernel == "3.14" else "old"), kernel)
    run = study.LinuxRun(study.machine(given, kernel), given.patience)
    return run, tuple(run.rows())


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
