# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux 6.1 as guest: it writes MCSR when it starts, which KVM did not emulate before its last releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import EventKind, Simulation
from tests.helpers.kvm_guests import SCHEMES, guest_system, run_guest
from tests.helpers.small_programs import console

KERNEL = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "linux" / "vmlinux-soft"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not KERNEL.exists(), reason="no Linux kernel beside the project (../shared/oracle/linux)"),
]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_linux_6_1_stops_at_its_write_to_mcsr(scheme: str) -> None:
    """Before it has printed anything; the report has the sentence, the instruction, the place and the registers."""
    ended = run_guest(KERNEL, scheme, memory="128MiB", device_tree="made")
    assert ended.last.kind is EventKind.FAILED
    assert ended.output == ""
    assert ended.message.splitlines() == [
        "instruction 0x7c1c8ba6 at pc 0xc0000068: "
        "KVM of this release does not emulate writing special purpose register 572",
        "mtmcsr r0 at _start+0x68; the link register holds _start+0x44",
    ]
    assert ended.last.payload["registers"]["pc"] == ended.last.payload["pc"] == 0xC000_0068
    assert "r0     00000000" in str(ended.last), "the value that it would have written"


def test_linux_6_1_goes_on_under_3_14() -> None:
    """It prints its messages; its user programs need the patch with which it is run window by window."""
    system = guest_system(KERNEL, "3.14", memory="128MiB", device_tree="made", bootargs="console=ttyS0,115200")
    simulation = Simulation(system)
    assert list(simulation.run(references=30_000_000))[-1].kind is EventKind.REFERENCE_LIMIT
    assert "Linux version 6.1" in console(simulation)
