# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux 6.1 as guest: it writes MCSR when it starts, which KVM of the era did not emulate."""

from __future__ import annotations

from pathlib import Path

import pytest

from simobjects import EventKind
from tests.helpers.kvm_guests import SCHEMES, run_guest

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
