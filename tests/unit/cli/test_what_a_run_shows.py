# SPDX-License-Identifier: BSD-3-Clause
"""What `run` says at its end: tables without zeros, how many samples a profile has, the rate of a restored run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simobjects.cli._run import _summary
from simobjects.framework import Event, EventKind
from simobjects.programs.profile import FEW
from tests.helpers.commands import environment
from tests.unit.cli.conftest import Command

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "configs" / "examples"
GUEST = ("run", str(EXAMPLES / "kvm_guest.py"))
BARE = ("run", str(EXAMPLES / "bare_metal.py"))


def test_a_table_leaves_zeros_out_unless_asked(simobjects: Command) -> None:
    shown = simobjects(*GUEST, "--references", "2k", "--table", "system.tlb").out.splitlines()[:-1]
    whole = simobjects(*GUEST, "--references", "2k", "--table", "system.tlb", "--zeros").out.splitlines()[:-1]
    assert {line.split()[0] for line in shown} <= {line.split()[0] for line in whole}
    assert not [line for line in shown if line.split()[1] == "0"]
    assert [line for line in whole if line.split()[1] == "0"]


@pytest.mark.parametrize(("references", "few"), [("100k", True), ("3M", False)])
def test_a_profile_says_how_many_samples_it_has(simobjects: Command, references: str, few: bool) -> None:
    elf = ROOT / "tests" / "data" / "baremetal" / "s1_compute.elf"
    said = simobjects(*BARE, "--set", f"system.core.workload.elf={elf}", "--references", references, "--profile", "5")
    (line,) = [line for line in said.out.splitlines() if " samples" in line]
    assert (f"fewer than {FEW} say little" in line) == few
    assert (int(line.split()[0]) < FEW) == few


def test_references_count_from_the_checkpoint_on(simobjects: Command) -> None:
    assert simobjects(*GUEST, "--references", "3k", "--checkpoint", "g.ckpt", "--at", "2k").code == 0
    said = simobjects(*GUEST, "--references", "500", "--restore", "g.ckpt")
    assert said.code == 0
    assert said.err.splitlines()[-1].startswith("2500 references (2000 of them in the checkpoint), ")
    assert "-500refs-from-" in said.out


def test_the_rate_leaves_out_what_was_restored() -> None:
    last = Event(EventKind.REFERENCE_LIMIT, 9_000, 5_000, {}, "")
    assert _summary(last, 2.0, 0) == "5000 references, 9000 cycles in 2.00 s, 2.5k look-ups/s"
    assert _summary(last, 2.0, 4_000) == (
        "5000 references (4000 of them in the checkpoint), 9000 cycles in 2.00 s, 500 look-ups/s"
    )


def test_a_folder_for_scratch_whose_path_is_long(tmp_path: Path) -> None:
    """No socket has to fit below it: its path takes at most 108 bytes."""
    folder = tmp_path.joinpath(*["long" * 20] * 3)
    folder.mkdir(parents=True)
    assert len(os.fsencode(folder)) > 240
    sweep = ["sweep", str(EXAMPLES / "kvm_guest.py"), "--over", "system.tlb.entries=32,64", "--references", "1k"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "simobjects", *sweep, "--out", "swept"],
        cwd=tmp_path,
        env={**environment(), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert len(list((tmp_path / "swept" / "points").iterdir())) == 2
    assert list(folder.iterdir()) == []
