# SPDX-License-Identifier: BSD-3-Clause
"""Checkpoints from the command line: written at an instruction, restored, refused, a sweep that starts from one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Command

EXAMPLES = Path(__file__).parents[3] / "configs" / "examples"
REFILL = ("run", str(EXAMPLES / "bare_metal.py"), "--set", "system.core.workload.elf=refill")
GUEST = ("run", str(EXAMPLES / "kvm_guest.py"))


def stats(directory: str) -> dict[tuple[str, str, str], str]:
    with Path(directory.strip().splitlines()[-1], "stats.csv").open(newline="") as file:
        return {(row["path"], row["stat"], row["index"]): row["value"] for row in csv.DictReader(file)}


def test_a_program_that_goes_on_from_a_checkpoint_counts_as_one_that_ran_through(simobjects: Command) -> None:
    whole = simobjects(*REFILL, "--out", "whole")
    assert simobjects(*REFILL, "--out", "saved", "--checkpoint", "a.ckpt", "--at", "12345").code == 0
    again = simobjects(*REFILL, "--out", "again", "--restore", "a.ckpt")
    assert whole.code == again.code == 0
    assert stats(again.out) == stats(whole.out)


def test_another_scheme_is_refused_with_a_sentence(simobjects: Command) -> None:
    short = ("--references", "300k")
    assert simobjects(*GUEST, *short, "--checkpoint", "g.ckpt", "--at", "200k").code == 0
    said = simobjects(*GUEST, *short, "--restore", "g.ckpt", "--set", "system.host.scheme=e3b")
    assert said.code != 0
    assert "system.host.scheme" in said.err and "e3b" in said.err and "e4" in said.err
    Path("g.ckpt").write_bytes(Path("g.ckpt").read_bytes()[:-100])
    assert simobjects(*GUEST, *short, "--restore", "g.ckpt").code == 3


def test_another_scheme_names_a_missing_object_once(simobjects: Command) -> None:
    assert simobjects(*GUEST, "--references", "1k", "--checkpoint", "g.ckpt", "--at", "500").code == 0
    said = simobjects(*GUEST, "--references", "1k", "--restore", "g.ckpt", "--set", "system.host.scheme=e3b")
    about = [line.split()[0] for line in said.err.splitlines() if line.startswith("  ")]
    assert about == ["system.host.scheme", "system.shadow_refs", "system.shadow_tlb"]


@pytest.mark.parametrize("limit", [("--references", "1k"), ("--cycles", "100k")])
def test_a_run_that_writes_a_checkpoint_ends_as_without_it(simobjects: Command, limit: tuple[str, str]) -> None:
    plain = simobjects(*GUEST, *limit, "--out", "plain")
    saving = simobjects(*GUEST, *limit, "--out", "saving", "--checkpoint", "g.ckpt", "--at", "500")
    assert plain.code == saving.code == 0
    assert Path(plain.out.strip()).name == Path(saving.out.strip()).name
    assert stats(saving.out) == stats(plain.out)


@pytest.mark.slow
def test_a_sweep_starts_every_point_from_a_checkpoint(simobjects: Command) -> None:
    config = str(EXAMPLES / "kvm_guest.py")
    assert simobjects("run", config, "--references", "200k", "--checkpoint", "g.ckpt", "--at", "200k").code == 0
    over = ("--over", "system.costs.tlbwe_latency=1,9", "--references", "100k", "--plot", "system.core.time")
    said = simobjects("sweep", config, "--from", "g.ckpt", *over, "--out", "o")
    assert said.code == 0, said.err
    with Path("o", "sweep.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["path"], row["stat"]) == ("system.core", "references")]
    assert {row["value"] for row in rows} == {"300000"}
    assert len({row["run"] for row in rows}) == 2
