# SPDX-License-Identifier: BSD-3-Clause
"""A real Linux, recorded under one host and replayed under it and another: all is equal, or all of the guest's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simobjects import Recording, Simulation, record
from tests.helpers.linux_study import GUEST, load_study, options, prepare
from tests.helpers.recordings import counters, differences

pytestmark = [
    pytest.mark.oracle,
    pytest.mark.skipif(not GUEST.is_dir(), reason="no guest beside the project (../shared/oracle/kvm-linux)"),
]
COLUMNS = ("itlb_r", "dtlb_r", "sysc", "isi", "dsi", "mmio", "dcr")
"""KVM's counters that do not depend on what the host does meanwhile."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(tmp_path_factory.mktemp("guest"))


def machine(folder: Path, kernel: str, recording: Path | None = None) -> Any:
    """The guest under that host, or its recording in the same machine."""
    system = load_study().machine(options(folder / ("new" if kernel == "3.14" else "old"), kernel), kernel)
    if recording is not None:
        system.core.workload = Recording(str(recording))
        system.core.exceptions = system.host.exits
    return system


def finished(system: Any) -> Simulation:
    simulation = Simulation(system)
    simulation.run_all()
    return simulation


@pytest.mark.parametrize("kernel", ["3.14", "commit", "2.6.27"])
def test_replay_is_execution(kernel: str, folder: Path, tmp_path: Path) -> None:
    """Boot and all windows, with the guest's timer, its console and its waits."""
    file = tmp_path / "r.arrow"
    executed = Simulation(machine(folder, kernel))
    with record(executed, file):
        executed.run_all()
    assert file.stat().st_size < 0.1 * executed.reference
    assert differences(counters(executed), counters(finished(machine(folder, kernel, file)))) == {}
    if kernel != "commit":
        return
    ours, theirs = finished(machine(folder, "parent", file)), finished(machine(folder, "parent"))
    for one, other in zip(windows(ours), windows(theirs), strict=True):
        assert {name: one[name] for name in COLUMNS} == {name: other[name] for name in COLUMNS}
        virt_one, virt_other = (each["itlb_v"] + each["dtlb_v"] for each in (one, other))
        # A tick more or less in a window is some 90 of them.
        assert abs(virt_one - virt_other) <= max(120, 0.04 * virt_other)


def windows(simulation: Simulation) -> list[dict[str, Any]]:
    found = [window for window in simulation.stats.windows() if window.label.startswith("marker")]
    return [each.counts("system.host.exits_by_kind") for each in found]
