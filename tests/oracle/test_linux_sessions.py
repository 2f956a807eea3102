# SPDX-License-Identifier: BSD-3-Clause
"""Sessions with the shell of a real Linux: booted once on the bare machine, and gone on with natively and under KVM."""

from __future__ import annotations

import lzma
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from simobjects import CostModel, ElfProgram, EventKind, Simulation
from simobjects.boards import bamboo
from tests.helpers.small_programs import console

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
GUEST = ORACLE / "kvm-linux"
BUSYBOX = ORACLE / "linux" / "initramfs-bbsf.cpio"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not ORACLE.is_dir(), reason="no Linux beside the project (../shared/oracle)"),
]
PROMPT = "\n# "
SHELL = "console=ttyS0,115200 norandmaps panic=-1 rdinit=/bin/sh"
COMMAND = (
    "mount -t proc proc /proc; echo $((6*7)); seq 1 200 | md5sum; "
    "i=0; while [ $i -lt 5 ]; do i=$((i+1)); echo $i | cat; done; ls /bin | wc -l; awk 'BEGIN{print sqrt(2)}'"
)
ANSWERS = ["42", "304f7b9574921ad21a2bc72f200483d7  -", *"12345", "79", "1.41421"]
UNDER = ["e0", "e1", "e2", "e3b", "e4", "e5", "e6", "2.6.27", "3.14"]
"""All but E3, whose stale user mappings Linux mended in 2.6.29."""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The guest's kernel, with the few words changed that KVM before 3.14 cannot run."""
    made = tmp_path_factory.mktemp("guest")
    (made / "vmlinux").write_bytes(lzma.decompress((GUEST / "vmlinux61.xz").read_bytes()))
    subprocess.run([sys.executable, GUEST / "patch.py", made / "vmlinux", made / "old", "old"], check=True)
    return made / "old"


def machine(kernel: Path, script: list[Any], under: str = "native", **costs: Any) -> Simulation:
    """A machine whose guest has 64 MiB, busybox, and somebody who plays `script` at its console."""
    program = ElfProgram(str(kernel), memory="64MiB", device_tree="made", bootargs=SHELL, initrd=str(BUSYBOX))
    system = bamboo(program, under, memory="64MiB" if under == "native" else "256MiB")
    system.board.uart0.script = script
    if costs:
        system.costs = CostModel(**costs)
    return Simulation(system)


@pytest.fixture(scope="module")
def prompt(kernel: Path) -> Path:
    """A checkpoint of the bare machine at the first prompt of the shell."""
    simulation = machine(kernel, [PROMPT])
    event = next(iter(simulation.run()))
    assert event.kind is EventKind.STEP
    assert "built-in shell (ash)" in console(simulation)
    simulation.save(kernel.parent / "prompt.ckpt")
    return kernel.parent / "prompt.ckpt"


def said(simulation: Simulation, checkpoint: Path) -> str:
    """What the console shows from the prompt of the checkpoint to the next."""
    simulation.restore(checkpoint)
    before = len(console(simulation))
    last = simulation.run_all()
    assert (last.kind, last.payload.get("reason")) == (EventKind.END_OF_WORKLOAD, "script"), str(last)
    return console(simulation)[before:].replace("\r", "")


TYPED = [("", f"{COMMAND}\n"), {"expect": PROMPT, "timeout": "30s"}]


def test_a_command_is_typed_and_answered_natively(kernel: Path, prompt: Path) -> None:
    assert said(machine(kernel, TYPED), prompt).split("\n") == [COMMAND, *ANSWERS, "# "]


@pytest.mark.parametrize("under", UNDER)
def test_the_same_command_is_answered_the_same_under_kvm(kernel: Path, prompt: Path, under: str) -> None:
    simulation = machine(kernel, TYPED, under)
    assert said(simulation, prompt) == said(machine(kernel, TYPED), prompt)
    assert simulation.stats.count("system.host.real_misses") > 0
    assert simulation.stats.by_label("system.host.delivered")["decrementer"] > 0, "its timer goes on"


def test_a_boot_in_one_go_prints_the_same(kernel: Path, prompt: Path) -> None:
    """Saving and restoring at the prompt changes nothing of a session."""
    whole = machine(kernel, [(PROMPT, f"{COMMAND}\n"), {"expect": PROMPT, "timeout": "30s"}])
    whole.run_all()
    parts = machine(kernel, TYPED)
    parts.restore(prompt)
    parts.run_all()
    assert (parts.cycle, parts.reference) == (whole.cycle, whole.reference)
    assert console(parts) == console(whole)


def test_points_that_go_on_from_the_prompt_differ_in_costs_alone(kernel: Path, prompt: Path) -> None:
    """The guest does the same at each; its clock is the processor's, so only what is timed may differ."""
    plain, slow = machine(kernel, TYPED), machine(kernel, TYPED, tlbwe_latency=40)
    assert said(plain, prompt) == said(slow, prompt)
    assert slow.cycle > plain.cycle


def test_a_prompt_is_restored_in_a_fifth_of_a_second(kernel: Path, prompt: Path) -> None:
    spent = []
    for _ in range(3):
        simulation = machine(kernel, TYPED)
        began = time.process_time()
        simulation.restore(prompt)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.2, spent
