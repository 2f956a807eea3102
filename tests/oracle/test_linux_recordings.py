# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux, recorded under one host and replayed under it and another: all is equal, or all of the guest's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simobjects import CostModel, HostKernel, Recording, Simulation, record
from simobjects.boards import recording_machine
from tests.helpers.recordings import counters, differences
from tests.oracle import test_linux_windows as linux

pytestmark = linux.pytestmark
COLUMNS = linux.COLUMNS


folder = linux.folder


def replay(path: Path, kernel: str) -> Simulation:
    system = recording_machine(
        Recording(str(path)), HostKernel(kernel=kernel), costs=CostModel(guest_cpi=2, host_cpi=2)
    )
    simulation = Simulation(system)
    simulation.run_all()
    return simulation


@pytest.mark.parametrize("kernel", ["3.14", "commit", "2.6.27"])
def test_replay_is_execution(kernel: str, folder: Path, tmp_path: Path) -> None:
    """Boot and all windows, with the guest's timer, its console and its waits."""
    machine = linux.machine(folder / ("new" if kernel == "3.14" else "old"), kernel)
    executed = Simulation(machine)
    with record(executed, tmp_path / "r.arrow") as recording:
        executed.run_all()
    assert recording.header is not None
    assert recording.path.stat().st_size < 0.1 * executed.reference
    assert differences(counters(executed), counters(replay(tmp_path / "r.arrow", kernel))) == {}
    if kernel != "commit":
        return
    other = Simulation(linux.machine(folder / "old", "parent"))
    other.run_all()
    for ours, theirs in zip(windows(replay(tmp_path / "r.arrow", "parent")), windows(other), strict=True):
        assert {name: ours[name] for name in COLUMNS} == {name: theirs[name] for name in COLUMNS}
        # A tick more or less in a window is some 90 of them.
        virt_ours, virt_theirs = (each["itlb_v"] + each["dtlb_v"] for each in (ours, theirs))
        assert abs(virt_ours - virt_theirs) <= max(120, 0.04 * virt_theirs)


def windows(simulation: Simulation) -> list[dict[str, Any]]:
    found = [window for window in simulation.stats.windows() if window.label.startswith("marker")]
    return [each.counts("system.host.exits_by_kind") for each in found]
