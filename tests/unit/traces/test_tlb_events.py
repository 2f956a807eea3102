# SPDX-License-Identifier: BSD-3-Clause
"""Logs of tlbwe and interrupts become recordings, and what is no such log is refused with its place."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from simobjects import EventKind, HostKernel
from simobjects.traces import tlb_events
from simobjects.traces.errors import TraceError
from simobjects.traces.tlb_events import import_tlb_events
from tests.helpers.recordings import replayed

BOOT = ["W 0 63 c0000290", "W 1 63 00000000", "W 2 63 00000107", "W 0 0 00000000", "W 0 1 00000000"]


def refill(slot: int, ea: int, pa: int) -> list[str]:
    return [f"W 1 {slot} {pa:08x}", f"W 0 {slot} {ea | 0x210:08x}", f"W 2 {slot} 0000003f"]


def program() -> list[str]:
    lines = [*BOOT, "X ITLB 10000000", *refill(0, 0x10000000, 0x100000)]
    for page in range(80):
        lines += ["X DTLB 10000040", *refill((page + 1) % 63, 0x20000000 + 4096 * page, 0x200000 + 4096 * page)]
        if (page + 1) % 63 == 0:  # the code's entry was overwritten
            lines += ["X ITLB 10000040", *refill(0, 0x10000000, 0x100000)]
        if page % 20 == 0:
            lines += ["X SYSCALL 10000050", "X DECR c0005000"]
    return lines


def log(lines: list[str]) -> io.BytesIO:
    return io.BytesIO("".join(f"{line}\n" for line in lines).encode())


@pytest.mark.parametrize("scheme", ["e0", "e3b", "e4", "e6"])
def test_each_logged_miss_is_a_real_one(scheme: str, tmp_path: Path) -> None:
    lines = program()
    header = import_tlb_events(log(lines), tmp_path / "r.arrow", label="made up")
    assert header.source == f"made up (0 of {len(lines)} events left out)"
    again, last = replayed(tmp_path / "r.arrow", HostKernel(scheme=scheme))
    assert last.kind is EventKind.END_OF_WORKLOAD
    exits = again.stats.current().counts("system.host.exits_by_kind")
    assert (exits["dtlb_r"], exits["itlb_r"], exits["sysc"]) == (80, 2, 4)
    assert again.stats.current().counts("system.host.delivered")["decrementer"] == 4
    assert again.stats.current().counts("system.host.emulated")["tlbwe"] == sum(line.startswith("W") for line in lines)


def test_the_same_address_missed_again_is_another_process(tmp_path: Path) -> None:
    lines = [*BOOT]
    for slot, pa in ((0, 0x100000), (1, 0x300000)):
        lines += ["X ITLB 10000000", *refill(slot, 0x10000000, pa)]
    import_tlb_events(log(lines), tmp_path / "r.arrow")
    again, last = replayed(tmp_path / "r.arrow", HostKernel(scheme="e3b"))
    assert last.kind is EventKind.END_OF_WORKLOAD
    assert again.stats.current().counts("system.host.exits_by_kind")["itlb_r"] == 2
    assert again.peers[again.system.host].vcpu()["pid"] == 2


@pytest.mark.parametrize("line", ["W 3 0 0", "W 0 64 0", "W 0 0", "X NOTHING 0", "X DTLB 3", "", "W 0 0 1ffffffff"])
def test_what_is_no_event_is_refused_with_its_place(line: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="byte offset 16: .* is neither 'W word entry value' nor 'X kind pc'"):
        import_tlb_events(log([BOOT[0], line]), tmp_path / "r.arrow")
    assert list(tmp_path.iterdir()) == []


def test_a_log_that_does_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tlb_events, "LARGEST", 1000)
    with pytest.raises(TraceError, match=r"is longer than 1000 bytes, the largest log"):
        import_tlb_events(log(BOOT * 20), tmp_path / "r.arrow")
    assert list(tmp_path.iterdir()) == []
