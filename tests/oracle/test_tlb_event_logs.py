# SPDX-License-Identifier: BSD-3-Clause
"""The logs of a real Linux's tlbwe and interrupts, imported and replayed: every logged miss is a real one."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from simobjects import EventKind, HostKernel
from simobjects.traces.tlb_events import import_tlb_events
from tests.helpers.recordings import replayed

LOGS = Path(__file__).resolve().parents[3] / "shared" / "oracle" / "linux"
pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not LOGS.is_dir(), reason="no logs beside the project (../shared/oracle/linux)"),
]


@pytest.mark.parametrize("name", ["int", "pipe", "cow"])
def test_misses_of_the_log_are_real_misses(name: str, tmp_path: Path) -> None:
    file = LOGS / f"tlb-events-{name}.zst"
    with pa.CompressedInputStream(pa.OSFile(str(file)), "zstd") as stream:
        lines = stream.read().decode().splitlines()
    header = import_tlb_events(file, tmp_path / "r.arrow")
    assert f"(1 of {len(lines)} events left out)" in header.source
    again, last = replayed(tmp_path / "r.arrow", HostKernel(scheme="e2"))
    assert last.kind is EventKind.END_OF_WORKLOAD
    misses = sum(line.startswith(("X DTLB", "X ITLB")) for line in lines)
    assert misses - 1 <= again.stats.count("system.host.real_misses") <= misses
    assert again.stats.current().counts("system.host.emulated")["tlbwe"] == sum(line.startswith("W") for line in lines)
    _, parted = replayed(tmp_path / "r.arrow", HostKernel(scheme="e4"))
    assert parted.kind is EventKind.FAILED  # this kernel clears SX in user pages
