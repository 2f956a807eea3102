# SPDX-License-Identifier: BSD-3-Clause
"""Runs of whole machines: slices, regions, limits, the watchdog, several at once, the debug trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from simobjects import EventKind, Simulation, SyntheticWorkload, System
from simobjects.cext.kvm.host_probe import HostProbe
from simobjects.isa.arch import entry
from tests.helpers.live_runs import busy_host_task, two_processes
from tests.helpers.played_machine import FETCH, MFSPR, RWX, SCHEMES, micro_tlbs, native_system, virtual_system

BUSY: dict[str, Any] = {
    "hz": "4kHz",
    "interrupt_pages": 3,
    "vmm": {"signal_every": 3, "instructions": 1_500, "flush_every": 5, "page_flush_every": 3},
}


def busy(scheme: str, **core: Any) -> System:
    """A busy machine; `scheme` may be "native"."""
    guest = {"io_every": 4_000}
    if scheme == "native":
        return native_system(workload=two_processes(), guest=guest, core=core)
    return virtual_system(scheme, workload=two_processes(), guest=guest, core=core, tasks=[busy_host_task()], **BUSY)


def raw(sim: Simulation) -> dict[str, Any]:
    """Every raw count of every peer that has some."""
    system: Any = sim.system
    objects = [system.core, system.tlb, system.guest]
    if hasattr(system, "host"):
        objects += [system.host, system.guest_tlb]
    return {obj.path: sim.peers[obj].read_stats() for obj in objects}


every = pytest.mark.parametrize("scheme", ["native", *SCHEMES])


def whole(scheme: str, **core: Any) -> dict[str, Any]:
    sim = Simulation(busy(scheme, **core))
    (end,) = sim.run()
    assert end.kind is EventKind.END_OF_WORKLOAD
    return raw(sim)


@every
@pytest.mark.parametrize("micro", [False, True])
@pytest.mark.parametrize("share", [1, 7, 211, 4_999])
def test_slices_give_the_same_as_one_run(scheme: str, micro: bool, share: int) -> None:
    def sizes() -> dict[str, Any]:
        return micro_tlbs() if micro else {}

    expected = whole(scheme, **sizes())
    sim = Simulation(busy(scheme, **sizes()))
    if share == 1:
        list(sim.run(references=3_000, slice=1))
    last = None
    while last is not EventKind.END_OF_WORKLOAD:
        (event,) = sim.run(references=max(share, 211))
        last = event.kind
        assert last in (EventKind.REFERENCE_LIMIT, EventKind.END_OF_WORKLOAD)
    assert raw(sim) == expected


@every
def test_cycle_limits_give_the_same_as_one_run(scheme: str) -> None:
    expected = whole(scheme)
    sim = Simulation(busy(scheme))
    kinds = []
    while EventKind.END_OF_WORKLOAD not in kinds:
        kinds += [event.kind for event in sim.run(cycles=22_222)]
    assert kinds.count(EventKind.CYCLE_LIMIT) > 3
    assert raw(sim) == expected


@every
def test_region_of_interest(scheme: str) -> None:
    sim = Simulation(busy(scheme, roi_begin=5_000, roi_end=20_000))
    events = list(sim.run())
    assert [(event.kind, event.reference) for event in events[:2]] == [
        (EventKind.ROI_BEGIN, 5_000),
        (EventKind.ROI_END, 20_000),
    ]
    assert events[2].kind is EventKind.END_OF_WORKLOAD
    without = whole(scheme)
    assert raw(sim) == without, "a region is two snapshots: it changes nothing"
    snapshots = {}
    again = Simulation(busy(scheme))
    for name, references in (("begin", 5_000), ("end", 15_000)):
        list(again.run(references=references))
        snapshots[name] = again.stats.snapshot(name)
    by_hand = again.stats.window(snapshots["begin"], snapshots["end"])
    window = next(window for window in sim.stats.windows() if window.label == "roi")
    assert window["system.core.references"] == by_hand["system.core.references"] == 15_000
    for stat in ("system.core.cycles", "system.tlb.misses", "system.guest.refills"):
        assert window[stat] == by_hand[stat]


@pytest.mark.parametrize("scheme", SCHEMES)
def test_watchdog(scheme: str) -> None:
    system = virtual_system(scheme, core={"watchdog": 25})
    sim = Simulation(system)
    sim.peers[system.guest_tlb].write_all(0, *entry(0x1000_0000, 0, 256 << 20, RWX), 0)  # the stream's code, with TID 0
    (event,) = sim.run()
    assert event.kind is EventKind.WATCHDOG
    assert event.payload["ea"] == event.payload["pc"] == 0x1000_0000
    assert event.payload["misses"] == 25
    assert sim.stats.counts("system.host.exits_by_kind")["itlb_v"] == 25
    stats = raw(sim)
    assert [again.kind for again in sim.run()] == [EventKind.WATCHDOG], "there is no way on"
    assert raw(sim) == stats


def test_simulations_in_one_process_do_not_disturb_one_another() -> None:
    names = ["native", "e3b", "e4", "e4"]
    expected = [whole(name) for name in names]
    sims = [Simulation(busy(name)) for name in names]
    ended = [False] * len(sims)
    while not all(ended):
        for number, sim in enumerate(sims):
            ended[number] = [event.kind for event in sim.run(references=1_013)][-1] is EventKind.END_OF_WORKLOAD
    assert [raw(sim) for sim in sims] == expected


def test_two_simulations_of_one_machine() -> None:
    system = busy("e4")
    first, second = Simulation(system), Simulation(system)
    list(first.run())
    assert second.reference == 0
    list(second.run())
    assert raw(first) == raw(second) == whole("e4")


def test_a_native_run_has_no_host() -> None:
    system = busy("native")
    sim = Simulation(system)
    list(sim.run())
    paths = {row.path for row in sim.stats.rows()}
    assert paths == {"system.core", "system.tlb", "system.guest"}
    cycles = sim.stats.by_label("system.core.cycles")
    assert {name for name, spent in cycles.items() if spent} == {"guest_user", "guest_kernel"}


LINES: list[tuple[str, str]] = [
    ("exits", r"(itlb_r|itlb_v|dtlb_r|dtlb_v|mmio|sysc|inst_emu|dec|sig) ea=0x[0-9a-f]{8} pc=0x[0-9a-f]{8}"),
    ("maps", r"slot=\d+ ea=0x[0-9a-f]{8} real=0x[0-9a-f]{8}"),
    ("misses", r"(vmm|task|interrupt) ea=0x[0-9a-f]{8} slot=\d+"),
    ("schedule", r"(vmm runs|task 0 runs)"),
]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("kind", "text"), LINES)
def test_debug_trace_text(scheme: str, kind: str, text: str) -> None:
    system = busy(scheme)
    sim = Simulation(system)
    lines: list[str] = []
    sim.debug("system.host", kinds=[kind], sink=lines.append)
    list(sim.run())
    form = re.compile(rf" *\d+ system\.host: {kind}: {text}")
    assert lines
    assert not [line for line in lines if not form.fullmatch(line)]
    cycles = [int(line.split()[0]) for line in lines]
    assert cycles == sorted(cycles)
    stats = sim.peers[system.host].read_stats()
    exits = sim.stats.by_label("system.host.exits_by_kind")
    counted: dict[str, Callable[[], int]] = {
        "exits": lambda: sum(stats["exits_by_kind"]),
        "maps": lambda: stats["maps"],
        "misses": lambda: sum(stats["host_misses"]),
        "schedule": lambda: stats["task_turns"] + exits["mmio"] + exits["sig"],
    }
    assert len(lines) == counted[kind](), "one line for each"
    assert raw(sim) == whole(scheme), "looking changes nothing"


def test_debug_trace_between_cycles() -> None:
    sim = Simulation(busy("e4"))
    lines: list[str] = []
    sim.debug("system.host", start=100_000, stop=200_000, sink=lines.append)
    list(sim.run())
    assert lines and all(100_000 <= int(line.split()[0]) < 200_000 for line in lines)


def test_debug_trace_longer_than_its_buffer() -> None:
    system = virtual_system("e4", guest_entries=4, workload=SyntheticWorkload(data_pages=300, pattern="random"))
    sim = Simulation(system)
    lines: list[str] = []
    sim.debug("system.host", kinds=["exits"], sink=lines.append)
    list(sim.run())
    assert len(lines) == sum(sim.peers[system.host].read_stats()["exits_by_kind"]) > 70_000


def test_playing_by_hand_refuses_what_does_not_exist() -> None:
    system = virtual_system()
    sim = Simulation(system)
    core, host = sim.peers[system.core], sim.peers[system.host]
    core.begin()
    with pytest.raises(ValueError, match="reference 3: 0 load, 1 store, 2 fetch"):
        core.touch(0x1000, FETCH + 1)
    with pytest.raises(ValueError, match="operations are 0 to 4"):
        core.privileged_instruction(5)
    with pytest.raises(IndexError, match="tlbwe to entry 64 of 64"):
        core.privileged_instruction(2, slot=64)
    with pytest.raises(ValueError, match="replaceable slots are 0 to 62"):
        HostProbe(host).set_index(63)
    with pytest.raises(IndexError, match="host page -1 of guest memory"):
        host.held(-1)
    core.privileged_instruction(MFSPR)
