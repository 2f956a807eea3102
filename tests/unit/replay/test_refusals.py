# SPDX-License-Identifier: BSD-3-Clause
"""What may not be another for a recorded guest, and what cannot be recorded: each with its reason and its fix."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Never

import pytest

from simobjects import (
    Core440,
    ElfProgram,
    HardwareTLB,
    HostKernel,
    MicroTLB,
    Recorder,
    Recording,
    Simulation,
    SyntheticWorkload,
    System,
    TraceWorkload,
    record,
)
from simobjects.boards import bamboo, recording_machine, stream_machine
from simobjects.framework import ConfigError, SimObjectsError
from simobjects.programs.elf_program import program_file
from simobjects.traces.shipped import data_directory
from simobjects.traces.tracefile import TraceError, read_header
from tests.golden.test_bare_metal_programs import PROGRAMS
from tests.helpers.kvm_guests import guest_system
from tests.helpers.recordings import recorded, replayed


@pytest.fixture(scope="module")
def hello(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hello") / "hello.arrow"
    recorded(guest_system(program_file("hello"), "e4"), path)
    return path


def problems(path: Path, *, guest_entries: int = 64, change: Any = None, host: Any = None) -> str:
    """The report of a machine that replays it."""
    system = recording_machine(Recording(str(path)), host or HostKernel(), guest_entries=guest_entries)
    if change is not None:
        change(system)
    with pytest.raises(ConfigError) as caught:
        Simulation(system)
    return str(caught.value)


def test_the_guests_own_tlb(hello: Path) -> None:
    report = problems(hello, guest_entries=32)
    assert (
        "a TLB for the guest of 64 entries, which the guest has seen: with another one it would do something" in report
    )
    assert "fix: make it as large, or execute the guest itself" in report


def test_the_bare_machines_tlb_is_the_guests_own(hello: Path) -> None:
    system = recording_machine(Recording(str(hello)), None, entries=32)
    with pytest.raises(ConfigError, match=r"system\.tlb\.entries = 32\n +expected: 64, which the guest has seen"):
        Simulation(system)


def test_memory_clock_time_base_and_version(hello: Path) -> None:
    def change(system: Any) -> None:
        system.clock = "200MHz"
        system.core.timebase_ratio = 2
        system.core.workload.memory = "64MiB"

    report = problems(hello, change=change, host=HostKernel(guest_pvr=0x1234))
    for name in ("system.clock", "system.core.timebase_ratio", "system.core.workload.memory", "system.host.guest_pvr"):
        assert name in report


def test_micro_tlbs(hello: Path, tmp_path: Path) -> None:
    def change(system: Any) -> None:
        system.core.itlb = MicroTLB(entries=4)

    assert "no micro-TLB, with which nothing is recorded" in problems(hello, change=change)
    system = guest_system(program_file("hello"), "e4")
    system.core.dtlb = MicroTLB(entries=4)
    with pytest.raises(SimObjectsError, match="has micro-TLBs, with which it cannot be recorded"):
        recorded(system, tmp_path / "r.arrow")
    assert list(tmp_path.iterdir()) == []


def test_without_room_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first records are written when the recording ends; then the disk is full."""

    def full(*_: object) -> Never:
        raise OSError(28, "No space left on device")

    simulation = Simulation(guest_system(program_file("hello"), "e4"))
    monkeypatch.setattr("simobjects.traces._spool._batch", full)
    with pytest.raises(TraceError, match=r"r\.arrow: cannot be written: No space left on device") as refused:
        with record(simulation, tmp_path / "r.arrow"):
            simulation.run_all()
    assert "has room" in refused.value.fix
    assert list(tmp_path.iterdir()) == []


def test_a_trace_is_no_recording_and_a_recording_no_trace(hello: Path) -> None:
    report = problems_of_file(str(data_directory() / "sqlite.arrow"))
    assert "is the trace of a program, not the recording of a whole guest" in report
    with pytest.raises(ConfigError, match="this is the recording of a whole guest"):
        Simulation(stream_machine(TraceWorkload(str(hello))))


def problems_of_file(path: str) -> str:
    system = recording_machine_without_file(path)
    with pytest.raises(ConfigError) as caught:
        Simulation(system)
    return str(caught.value)


def recording_machine_without_file(path: str) -> Any:
    system = System()
    system.core = Core440(workload=Recording(path))
    system.tlb = HardwareTLB()
    system.core.translation = system.tlb.core_side
    system.core.exceptions = system.core.workload.vectors
    return system


def test_a_file_that_is_not_there() -> None:
    assert "cannot be opened: No such file or directory" in problems_of_file("/nowhere/r.arrow")


def test_a_recording_begins_with_the_run(tmp_path: Path) -> None:
    simulation = Simulation(guest_system(program_file("hello"), "e4"))
    simulation.run_all(references=10)
    with (
        pytest.raises(SimObjectsError, match="a recording begins with the run; this one has begun"),
        record(simulation, tmp_path / "r.arrow"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_executed(tmp_path: Path) -> None:
    simulation = Simulation(stream_machine(SyntheticWorkload()))
    with pytest.raises(SimObjectsError, match="give the core a program"), record(simulation, tmp_path / "r.arrow"):
        pass


def test_pages_of_1_kib_have_no_names(tmp_path: Path) -> None:
    system = bamboo(ElfProgram(str(PROGRAMS / "t10_dev.elf")), memory="32MiB")
    with pytest.raises(TraceError, match="the program uses pages of 1 KiB, and records name pages of 4 KiB"):
        recorded(system, tmp_path / "r.arrow")
    assert list(tmp_path.iterdir()) == []


def test_a_start_on_the_board_is_not_how_kvm_starts_a_guest(tmp_path: Path) -> None:
    recorded(bamboo(ElfProgram("hello"), memory="32MiB"), tmp_path / "r.arrow")
    assert 'record the program with start="kvm"' in problems(tmp_path / "r.arrow")
    replayed(tmp_path / "r.arrow", None)


def test_a_recorder_in_the_machine_leaves_its_file(tmp_path: Path) -> None:
    system = guest_system(program_file("hello"), "e4")
    system.recorder = Recorder(label="hello again")
    simulation = Simulation(system)
    simulation.run_all()
    simulation.write(tmp_path)
    header = read_header(tmp_path / "recording.arrow")
    assert (header.source, header.full_system, header.architecture) == ("hello again", True, "ppc440")
    again, _ = replayed(tmp_path / "recording.arrow", HostKernel())
    assert again.reference == simulation.reference


def test_a_recorder_needs_a_program() -> None:
    system = stream_machine(SyntheticWorkload())
    system.recorder = Recorder()
    with pytest.raises(ConfigError, match="a core that executes a program"):
        Simulation(system)
