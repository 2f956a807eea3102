# SPDX-License-Identifier: BSD-3-Clause
"""A timeline holds what the statistics count, exactly, and a machine that is watched does what it does unwatched."""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from simobjects import VMM, ElfProgram, GuestKernel, HostKernel, HostTask, Recording, Simulation, System, TraceWorkload
from simobjects.base.errors import SimObjectsError, UsageError
from simobjects.boards import bamboo, recording_machine, stream_machine
from simobjects.isa.arch import MSR, SPR
from simobjects.kvm.timeline.file import timeline, timeline_file
from simobjects.kvm.timeline.stacks import Stacks
from simobjects.kvm.timeline.trace_events import HOST, KERNEL, KVM, TASKS, USER
from simobjects.kvm.timeline.trace_events import VMM as VMM_TRACK
from simobjects.kvm.timeline.watch import ExitWatch
from simobjects.traces.record import record
from tests.differential.encode import load_constant
from tests.helpers.assembler import asm
from tests.helpers.kvm_guests import guest_system
from tests.helpers.played_machine import native_system
from tests.helpers.small_programs import STAY, elf_file

Events = list[dict[str, Any]]
REFERENCES = 150_000
ELSEWHERE = ("tick", "vmm", "switch", "tasks", "idle")
"""Kinds of cycles that pass within exits, and are not KVM's own."""


def streamed() -> System:
    """A guest fed with references, which waits, calls and does I/O, on a host with two tasks and signals."""
    host = HostKernel(scheme="e4", hz="4kHz", vmm=VMM(signal_every=3), tasks=[HostTask(every=2), HostTask(every=5)])
    guest = GuestKernel(io_every=2000, syscall_every=900, idle_every=9000)
    return stream_machine(TraceWorkload("sqlite"), host, guest=guest)


def executed() -> System:
    """A guest that executes, with refills of its own."""
    return bamboo(ElfProgram("refill", start="kvm"), "e4")


MACHINES = [streamed, executed]


class Watched:
    """A machine that has run, watched."""

    def __init__(self, system: System, path: Path, **window: Any) -> None:
        self.simulation = Simulation(system)
        with timeline(self.simulation, path, **window) as self.file:
            self.simulation.run_all(references=REFERENCES)
        text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        self.whole: dict[str, Any] = json.loads(text, parse_float=Decimal)
        self.events: Events = self.whole["traceEvents"]

    def of(self, **wanted: Any) -> Iterator[dict[str, Any]]:
        return (event for event in self.events if all(event.get(name) == value for name, value in wanted.items()))

    @property
    def exits(self) -> Events:
        return list(self.of(cat="exit"))

    def counts(self, name: str, of: str = "host") -> dict[str, Any]:
        """A vector of the statistics, by label."""
        return self.simulation.stats.by_label(f"system.{of}.{name}")


@pytest.fixture(scope="module", params=MACHINES, ids=lambda machine: machine.__name__)
def watched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    return Watched(request.param(), tmp_path_factory.mktemp("timeline") / "t.json")


def test_exits_are_those_of_the_statistics(watched: Watched) -> None:
    counted = Counter(event["name"] for event in watched.exits)
    expected = {name: count for name, count in watched.counts("exits_by_kind").items() if count}
    assert counted == expected
    assert len(expected) > 4


def test_time_of_exits_is_that_of_the_statistics(watched: Watched) -> None:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for event in watched.exits:
        sums[event["name"]] += event.get("args", {}).get("cycles", 0)
    expected = watched.counts("exit_cycles")
    assert {name: value for name, value in sums.items() if value} == {
        name: Decimal(str(value)) for name, value in expected.items() if value
    }


def test_tracks_have_the_time_of_the_core(watched: Watched) -> None:
    """Guest, VMM, host and tasks; KVM's own is in the exits, and so is an instruction that the VMM completes."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for event in watched.of(ph="X"):
        sums[min(event["tid"], TASKS)] += event["dur"]
    cycles = {name: Decimal(str(value)) for name, value in watched.counts("cycles", "core").items()}
    assert sums[USER] == cycles["guest_user"]
    completed = sum(event["name"] in ("mmio", "dcr") for event in watched.exits)
    within = completed if isinstance(watched.simulation.system.core.workload, ElfProgram) else 0
    assert sums[KERNEL] == cycles["guest_kernel"] - within
    assert sums[KVM] - overlap(watched) == cycles["exits"] + sum(cycles[kind] for kind in ELSEWHERE) + within
    assert sums[VMM_TRACK] == cycles["vmm"]
    assert sums[TASKS] == cycles["tasks"]
    assert sums[HOST] == cycles["tick"] + cycles["switch"] + cycles["idle"]


def overlap(watched: Watched) -> Decimal:
    """Time of slices within slices on KVM's track."""
    return sum((event["dur"] for event in watched.of(ph="X", tid=KVM, name="sig")), Decimal(0))


def test_slices_of_a_track_are_nested(watched: Watched) -> None:
    for track in {event["tid"] for event in watched.of(ph="X")}:
        ends: list[Decimal] = []
        before = Decimal(0)
        for event in watched.of(ph="X", tid=track):
            start, end = event["ts"], event["ts"] + event["dur"]
            assert start >= before
            before = start
            while ends and ends[-1] <= start:
                ends.pop()
            assert not ends or end <= ends[-1]
            ends.append(end)


def test_emulated_operations_and_causes_are_those_of_the_statistics(watched: Watched) -> None:
    operations = Counter(event["args"]["operation"] for event in watched.exits if event["name"] == "inst_emu")
    assert operations == {name: count for name, count in watched.counts("emulated").items() if count}
    causes = Counter(event["args"]["cause"] for event in watched.exits if "cause" in event.get("args", {}))
    assert causes == {name: count for name, count in watched.counts("virt_miss_causes").items() if count}


def test_arrows_lead_from_real_misses_to_what_they_cause(watched: Watched) -> None:
    begun = {event["ts"]: event["name"] for event in watched.of(ph="X", tid=KVM, cat="exit")}
    starts = {event["id"]: event for event in watched.of(ph="s")}
    ends = list(watched.of(ph="f"))
    assert len(starts) == len(ends) == len({event["id"] for event in ends}) > 0
    for end in ends:
        start = starts[end["id"]]
        assert start["ts"] < end["ts"]
        assert begun[start["ts"]] in ("itlb_r", "dtlb_r")
        assert end["ts"] in begun
    names = Counter(event["name"] for event in ends)
    assert names["within a real miss's handler"] == sum(watched.counts("refill_exits").values())
    assert names["after a real miss's handler"] == sum(watched.counts("refill_later_misses").values())


def test_counters_are_within_the_machine(watched: Watched) -> None:
    names = {event["name"] for event in watched.of(ph="C")}
    assert names == {"live shadows", "host entries alive"}
    assert all(0 <= event["args"]["entries"] <= 64 for event in watched.of(ph="C"))
    assert max(event["args"]["entries"] for event in watched.of(ph="C", name="live shadows")) > 1


@pytest.mark.parametrize("machine", MACHINES)
def test_a_watched_machine_does_the_same(machine: Callable[[], System], tmp_path: Path) -> None:
    left = []
    for watch in (True, False):
        simulation = Simulation(machine())
        if watch:
            with timeline(simulation, tmp_path / "t.json"):
                simulation.run_all(references=REFERENCES)
        else:
            simulation.run_all(references=REFERENCES)
        simulation.save(tmp_path / "state")
        files = simulation.write(tmp_path / f"run{watch}", picture=False)
        left.append((files["stats.json"], (tmp_path / "state").read_bytes()))
    assert left[0] == left[1]


def test_a_window_has_the_exits_that_begin_in_it(watched: Watched, tmp_path: Path) -> None:
    whole = [event for event in watched.exits if event["ph"] == "X"]
    start, stop = int(whole[len(whole) // 3]["ts"]), int(whole[len(whole) // 2]["ts"])
    machine = streamed if isinstance(watched.simulation.system.core.workload, TraceWorkload) else executed
    part = Watched(machine(), tmp_path / "t.json.gz", start=start, stop=stop)
    inside = [event for event in whole if start <= event["ts"] < stop]
    found = [event for event in part.exits if event["ph"] == "X" and start <= event["ts"] < stop]
    assert found == inside
    assert part.file.exits <= len(found) + 1
    assert not part.file.capped


def test_a_full_timeline_says_so(tmp_path: Path) -> None:
    full = Watched(streamed(), tmp_path / "t.json", most=100)
    assert full.file.capped
    assert len({event["ts"] for event in full.of(ph="X", cat="exit") if event["name"] != "sig"}) == 100
    assert "full with 100" in full.whole["otherData"]["holds"]
    assert full.simulation.reference == REFERENCES  # the run goes on


class Profiled(NamedTuple):
    """A machine that has run, with the stacks of its exits."""

    simulation: Simulation
    stacks: Stacks

    def by(self, place: int) -> dict[str, Decimal]:
        """Cycles by the name at one place of the stacks."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for stack, cycles in self.stacks.cycles.items():
            sums[stack[place]] += Decimal(str(cycles))
        return sums


@pytest.fixture(scope="module", params=MACHINES, ids=lambda machine: machine.__name__)
def profiled(request: pytest.FixtureRequest) -> Profiled:
    simulation = Simulation(request.param())
    watch = ExitWatch(simulation)
    stacks = Stacks(watch)
    with watch:
        simulation.run_all(references=REFERENCES)
    return Profiled(simulation, stacks)


def test_stacks_have_the_time_of_the_exits(profiled: Profiled) -> None:
    cycles = profiled.simulation.stats.by_label("system.core.cycles")
    assert sum(profiled.by(0).values()) == sum(Decimal(str(cycles[kind])) for kind in ("exits", *ELSEWHERE))
    done = profiled.by(2)
    assert done["VMM runs"] == cycles["vmm"]
    assert done["timer interrupt"] == cycles["tick"]
    assert sum(value for name, value in done.items() if name.startswith("system.host.tasks")) == cycles["tasks"]


def test_stacks_of_a_program_have_its_functions_exit_time() -> None:
    """As the profile has it, which the core counts by itself."""
    simulation = Simulation(executed())
    simulation.start_profile()
    watch = ExitWatch(simulation)
    stacks = Stacks(watch)
    with watch:
        simulation.run_all()
    functions = Profiled(simulation, stacks).by(0)
    expected = {row.function: Decimal(str(row.exit_cycles)) for row in simulation.profile.rows if row.exit_cycles}
    assert len(functions) > 4
    # An instruction that the VMM completes takes a cycle within its exit, which is the guest's and in no stack.
    mmio = {stack[0] for stack in stacks.cycles if stack[1] == "mmio"}
    more = {name: expected[name] - functions[name] for name in expected}
    assert {name for name in more if more[name]} == mmio
    assert sum(more.values()) == simulation.stats.counts("system.host.exits_by_kind")["mmio"]


def test_collapsed_stacks_are_lines_with_whole_cycles(profiled: Profiled) -> None:
    lines = profiled.stacks.collapsed().splitlines()
    assert len(lines) == len(profiled.stacks.cycles) > 5
    for line, (stack, cycles) in zip(lines, profiled.stacks.cycles.items(), strict=True):
        names, _, weight = line.rpartition(" ")
        assert tuple(names.split(";")) == stack
        assert abs(int(weight) - cycles) <= 0.5


def test_speedscope_has_the_same_stacks(profiled: Profiled) -> None:
    whole = json.loads(profiled.stacks.speedscope())
    assert whole["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = [frame["name"] for frame in whole["shared"]["frames"]]
    (profile,) = whole["profiles"]
    assert profile["type"] == "sampled"
    assert profile["endValue"] == pytest.approx(sum(profile["weights"]))
    stacks = {
        tuple(frames[number] for number in sample): weight
        for sample, weight in zip(profile["samples"], profile["weights"], strict=True)
    }
    assert stacks == profiled.stacks.cycles


def test_a_timeline_and_stacks_share_a_watch(tmp_path: Path) -> None:
    """The timeline is full early; the stacks have all exits nevertheless."""
    simulation = Simulation(streamed())
    watch = ExitWatch(simulation)
    stacks = Stacks(watch)
    with timeline_file(watch, tmp_path / "t.json", start=1000, most=50) as file, watch:
        simulation.run_all(references=20_000)
    assert file.capped
    cycles = simulation.stats.by_label("system.core.cycles")
    assert sum(stacks.cycles.values()) == pytest.approx(float(sum(cycles[kind] for kind in ("exits", *ELSEWHERE))))


def test_refusals(tmp_path: Path) -> None:
    native = Simulation(native_system())
    with pytest.raises(SimObjectsError, match="no KVM"), timeline(native, tmp_path / "t.json"):
        pass
    virtual = Simulation(executed())
    with pytest.raises(UsageError, match="cannot be written"), timeline(virtual, tmp_path / "no" / "t.json"):
        pass
    with pytest.raises(UsageError, match="is empty"), timeline(virtual, tmp_path / "t.json", start=5, stop=5):
        pass
    assert not list(tmp_path.iterdir())


NEEDS = {
    "M": {"name", "pid", "args"},
    "X": {"name", "cat", "pid", "tid", "ts", "dur"},
    "i": {"name", "cat", "pid", "tid", "ts", "s"},
    "C": {"name", "pid", "ts", "args"},
    "s": {"name", "cat", "pid", "tid", "ts", "id"},
    "f": {"name", "cat", "pid", "tid", "ts", "id", "bp"},
}
"""The fields that the trace event format asks of each phase that is used here."""


def test_the_file_is_what_the_format_says(watched: Watched) -> None:
    """Phases with their fields, tracks named before use, counters of numbers, flows that bind to enclosing slices."""
    assert watched.whole["displayTimeUnit"] in ("ms", "ns")
    named: set[int] = set()
    starts: dict[int, dict[str, Any]] = {}
    open_at: dict[int, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for event in watched.events:
        phase = event["ph"]
        assert event.keys() >= NEEDS[phase]
        assert event.get("dur", 0) >= 0 <= event["ts"]
        if phase == "M" and event["name"] == "thread_name":
            named.add(event["tid"])
        elif phase == "X":
            assert event["tid"] in named
            open_at[event["tid"]].append((event["ts"], event["ts"] + event["dur"]))
        elif phase == "i":
            assert event["s"] in ("g", "p", "t")
        elif phase == "C":
            assert all(isinstance(value, int) for value in event["args"].values())
        elif phase == "s":
            assert event["id"] not in starts
            starts[event["id"]] = event
        elif phase == "f":
            start = starts.pop(event["id"])
            assert (start["name"], start["cat"], event["bp"]) == (event["name"], event["cat"], "e")
            assert any(begin <= event["ts"] < end for begin, end in open_at[event["tid"]][-2:])
    assert not starts


@pytest.mark.parametrize("machine", MACHINES)
def test_a_restored_machine_is_watched_from_where_it_goes_on(machine: Callable[[], System], tmp_path: Path) -> None:
    first = Simulation(machine())
    first.run_all(references=40_000)
    first.save(tmp_path / "state")
    before = first.stats.by_label("system.core.cycles")
    second = Simulation(machine())
    with timeline(second, tmp_path / "t.json"):
        second.restore(tmp_path / "state")
        second.run_all(references=20_000)
    after = second.stats.by_label("system.core.cycles")
    events = json.loads((tmp_path / "t.json").read_bytes(), parse_float=Decimal)["traceEvents"]
    guest = sum(event["dur"] for event in events if event["ph"] == "X" and event["tid"] in (USER, KERNEL))
    if machine is executed:
        guest += sum(event["name"] == "mmio" for event in events)  # each completes an instruction within its exit
    kinds = ("guest_user", "guest_kernel")
    assert guest == sum(Decimal(str(after[kind])) - Decimal(str(before[kind])) for kind in kinds) > 0
    assert min(event["ts"] for event in events if event["ph"] == "X") >= int(first.cycle)


def test_a_replayed_guest_has_the_timeline_of_the_guest(tmp_path: Path) -> None:
    """Of a program that waits for nothing from outside, to the cycle."""
    recorded = Simulation(executed())
    with record(recorded, tmp_path / "refill.rec"):
        recorded.run_all(references=20_000)
    replay = recording_machine(Recording(str(tmp_path / "refill.rec")), HostKernel(scheme="e4"))
    paths = {}
    for name, machine in (("executed", executed()), ("replayed", replay)):
        simulation = Simulation(machine)
        with timeline(simulation, tmp_path / "t.json"):
            simulation.run_all(references=20_000)
        events = json.loads((tmp_path / "t.json").read_bytes(), parse_float=Decimal)["traceEvents"]
        paths[name] = [(event["ts"], event["name"]) for event in events if event.get("cat") == "exit"]
    assert len(paths["executed"]) > 1000
    assert paths["replayed"][:-1] == paths["executed"][: len(paths["replayed"]) - 1]
    assert len(paths["replayed"]) > 1000


# mtmsr with MSR[WE] and [EE] set: it sleeps till a tick of the host's brings a signal, and again
WAITS = [*load_constant(3, MSR.WE | MSR.EE), asm("mtmsr", rs=3), STAY]
UNKNOWN = [asm("mfspr", rt=4, spr=SPR.MCSR), STAY]
"""KVM of 2.6.29 does not emulate it."""


@pytest.mark.parametrize(("words", "kind"), [(UNKNOWN, "emulation_failure"), (WAITS, "inst_emu")])
def test_an_exit_that_the_run_ends_in_is_unfinished(words: list[int], kind: str, tmp_path: Path) -> None:
    system = guest_system(elf_file(tmp_path / "p.elf", words), "e4")
    system.host.vmm.signal_every = 4
    simulation = Simulation(system)
    with timeline(simulation, tmp_path / "t.json"):
        simulation.run_all(cycles=20_000)
    events = json.loads((tmp_path / "t.json").read_bytes(), parse_float=Decimal)["traceEvents"]
    exits = [event for event in events if event.get("cat") == "exit"]
    assert exits[-1]["name"] == kind
    assert exits[-1]["args"]["unfinished"] is True
    assert int(exits[-1]["ts"] + exits[-1]["dur"]) == simulation.cycle
    counts = simulation.stats.counts("system.host.exits_by_kind")
    assert Counter(event["name"] for event in exits) == {name: count for name, count in counts.items() if count}
