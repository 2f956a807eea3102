# SPDX-License-Identifier: BSD-3-Clause
"""Programs on the bare machine, through a Simulation: console, input, markers, windows, limits, memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simobjects import EventKind, MarkerDevice, RawImage, Simulation
from tests.differential.encode import d_form, i_form, load_constant
from tests.helpers.elf_files import Elf, Part
from tests.helpers.small_programs import (
    ECHO,
    MARKERS,
    RESET,
    START,
    STAY,
    console,
    elf_file,
    end_with,
    load,
    machine,
    run,
    say,
    spend,
    store,
)

PROGRAMS = Path(__file__).parents[2] / "data" / "baremetal"


def test_a_program_prints_and_ends(tmp_path: Path) -> None:
    sim, events = run(machine(elf_file(tmp_path / "p.elf", [*say("Hello"), *RESET])))
    assert console(sim) == "Hello"
    assert [event.kind for event in events] == [EventKind.END_OF_WORKLOAD]
    assert events[0].payload["reason"] == "reset"
    assert sim.stats["system.board.uart0.sent"] == 5
    assert sim.stats["system.core.instructions"] == 5 * 5 + 3
    assert sim.stats["system.core.references"] == 5 * 5 + 3 + 5


def test_an_oracle_program_prints_what_it_prints_on_hardware() -> None:
    sim, _ = run(machine(PROGRAMS / "t06_refill.elf"))
    assert console(sim) == (PROGRAMS / "t06_refill.expected").read_bytes().decode()


@pytest.mark.parametrize("name", ["s1_compute", "s3_fit"])
def test_the_compute_loops(name: str) -> None:
    sim, _ = run(machine(PROGRAMS / f"{name}.elf"))
    assert console(sim) == (PROGRAMS / f"{name}.expected").read_bytes().decode()


def test_the_console_goes_to_a_file_or_to_whoever_runs_it(tmp_path: Path) -> None:
    elf = elf_file(tmp_path / "p.elf", [*say("to a file"), *RESET])
    run(machine(elf, uart={"console": str(tmp_path / "out.txt")}))
    assert (tmp_path / "out.txt").read_text() == "to a file"
    sim = Simulation(machine(elf, uart={"console": "terminal"}))
    heard: list[str] = []
    sim.outlets.terminal = heard.append
    list(sim.run(slice=20))
    assert "".join(heard) == "to a file"
    assert len(heard) > 1, "it is passed on while it runs"


def test_the_terminal_is_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(machine(elf_file(tmp_path / "p.elf", [*say("seen"), *RESET]), uart={"console": "terminal"}))
    assert capsys.readouterr().out == "seen"


@pytest.mark.parametrize("given", ["text", "file"])
def test_input_comes_from_text_or_a_file(tmp_path: Path, given: str) -> None:
    (tmp_path / "in.txt").write_text("typed!")
    uart = {"input": "typed!"} if given == "text" else {"input_from": str(tmp_path / "in.txt")}
    sim, _ = run(machine(elf_file(tmp_path / "p.elf", ECHO), uart=uart))
    assert console(sim) == "typed!"
    assert sim.stats["system.board.uart0.received"] == 6
    assert sim.cycle >= 6 * 35_000, "characters come at the pace of the line"


def test_windows_count_what_happens_between_two_markers(tmp_path: Path) -> None:
    words = [
        *spend(10),
        *store(MARKERS, 1),
        *spend(100),
        *store(MARKERS + 4, 1),
        *spend(7),
        *store(MARKERS + 0x20, 77),
        *store(MARKERS, 2),
        *store(MARKERS + 4, 2),
        *end_with(5),
    ]
    sim, events = run(machine(elf_file(tmp_path / "p.elf", words)))
    assert [(event.kind, dict(event.payload)) for event in events] == [
        (EventKind.MARKER, {"window": "begin", "value": 1}),
        (EventKind.MARKER, {"window": "end", "value": 1}),
        (EventKind.MARKER, {"window": "begin", "value": 2}),
        (EventKind.MARKER, {"window": "end", "value": 2}),
        (EventKind.END_OF_WORKLOAD, {"reason": "marker", "value": 5}),
    ]
    windows = {window.label: window for window in sim.stats.windows()}
    # Each store is five instructions: the window ends after the store that ends it.
    assert windows["marker"]["system.core.instructions"] == 202 + 5
    assert windows["marker.2"]["system.core.instructions"] == 5
    assert windows["marker"]["system.core.stores"] == 1
    marker = sim.peers[sim.system.board.marker]
    assert marker.log() == [(0x20, 77)]
    assert sim.stats["system.board.marker.windows"] == 2
    sim.write(tmp_path / "run")
    assert (tmp_path / "run" / "system.board.marker.values.csv").read_text() == "offset,value\n0x20,77\n"
    assert "marker.2" in (tmp_path / "run" / "stats.csv").read_text()


def test_a_guest_that_marks_for_ever_is_kept_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows and events are kept up to a number; the window that is open then ends as it would."""
    monkeypatch.setattr("simobjects.framework.windows.MOST", 3)
    monkeypatch.setattr("simobjects.framework.events.Events.MOST", 8)
    words = [*(word for _ in range(5) for word in (*store(MARKERS, 0), *store(MARKERS + 4, 0))), *end_with(5)]
    sim, events = run(machine(elf_file(tmp_path / "p.elf", words)))
    assert [event.kind for event in events] == [EventKind.MARKER] * 10 + [EventKind.END_OF_WORKLOAD]
    assert [window.label for window in sim.stats.windows()] == ["total", "marker", "marker.2", "marker.3"]
    assert [event.kind for event in sim.events] == [EventKind.MARKER] * 8 + [EventKind.END_OF_WORKLOAD]
    assert (sim.marked.left_out, sim.events.left_out) == (2, 2)
    assert sim.stats["system.board.marker.windows"] == 5


def test_windows_do_not_nest(tmp_path: Path) -> None:
    words = [*store(MARKERS, 0), *store(MARKERS, 0), *store(MARKERS + 4, 0), *store(MARKERS + 4, 0), *end_with()]
    sim, events = run(machine(elf_file(tmp_path / "p.elf", words)))
    assert [event.payload.get("window", "refused") for event in events[:-1]] == ["begin", "refused", "end"]
    assert sim.stats["system.board.marker.refused"] == 2
    assert [window.label for window in sim.stats.windows()] == ["total", "marker"]


def test_the_marker_page_may_be_elsewhere(tmp_path: Path) -> None:
    words = [*store(0xEF601010, 3)]
    system = machine(elf_file(tmp_path / "p.elf", words), entries=[])
    system.core.workload.entries = [
        *_pages((0, 0, "256MiB", ""), (0xEF601000, 0xEF601000, "4KiB", "ig")),
    ]
    system.board.marker.address = 0xEF601000
    _, events = run(system)
    assert events[-1].payload == {"reason": "marker", "value": 3}


def _pages(*pages: tuple[int, int, str, str]) -> list[Any]:
    from simobjects import StartEntry

    return [
        StartEntry(slot=slot, ea=ea, pa=pa, size=size, attributes=flags)
        for slot, (ea, pa, size, flags) in enumerate(pages)
    ]


def test_a_whole_page_of_markers_where_no_uart_is(tmp_path: Path) -> None:
    system = machine(elf_file(tmp_path / "p.elf", [*store(MARKERS + 0xFFC, 9), *end_with()]))
    system.board.uart0.address, system.board.uart1.address = 0xEF700300, 0xEF700400
    sim, _ = run(system)
    assert sim.peers[system.board.marker].log() == [(0xFFC, 9)]
    assert isinstance(system.board.marker, MarkerDevice)


def test_a_program_that_waits_for_nothing_ends(tmp_path: Path) -> None:
    _, events = run(machine(elf_file(tmp_path / "p.elf", [STAY])))
    assert events[-1].kind is EventKind.END_OF_WORKLOAD
    assert events[-1].payload["reason"] == "spins for nothing"


def test_limits_and_going_on(tmp_path: Path) -> None:
    elf = elf_file(tmp_path / "p.elf", [*spend(1000), *say("x"), *RESET])
    whole, _ = run(machine(elf))
    parts = Simulation(machine(elf))
    kinds = []
    while EventKind.END_OF_WORKLOAD not in kinds:
        kinds += [event.kind for event in parts.run(references=97)]
    assert parts.stats.table("system.core") == whole.stats.table("system.core")
    limited = Simulation(machine(elf))
    assert [event.kind for event in limited.run(cycles=500)] == [EventKind.CYCLE_LIMIT]
    assert limited.cycle == 500


def test_the_board_starts_a_program_with_its_registers(tmp_path: Path) -> None:
    sim, _ = run(machine(elf_file(tmp_path / "p.elf", [STAY])))
    core = sim.peers[sim.system.core]
    assert {name: core.read_register(name) for name in ("r1", "r3", "msr", "pc")} == {
        "r1": (16 << 20) - 8,
        "r3": 0,
        "msr": 0,
        "pc": START,
    }
    tlb = sim.peers[sim.system.tlb]
    assert tlb.read(0) == (0x290, 0, 0x07, 0)
    assert tlb.read(1) == (0xEF600210, 0xEF600000, 0x507, 0)
    assert sim.stats["system.tlb.tlbwe"] == 0, "the start is no instruction of the program"


def test_a_start_as_kvm_gives_it_and_field_by_field(tmp_path: Path) -> None:
    elf = elf_file(tmp_path / "p.elf", [STAY])
    sim, _ = run(machine(elf, start="kvm", registers={"r5": 7, "sprg4": 8, "pid": 3}))
    core, tlb = sim.peers[sim.system.core], sim.peers[sim.system.tlb]
    assert core.read_register("ivpr") == 0x5555_0000
    assert [core.read_register(name) for name in ("r5", "sprg4", "pid")] == [7, 8, 3]
    assert tlb.read(0) == (0x270, 0, 0x07, 0), "16 MiB"


def test_an_image_begins_at_its_address(tmp_path: Path) -> None:
    code = b"".join(word.to_bytes(4, "big") for word in [0, *say("raw"), *RESET])
    (tmp_path / "image.bin").write_bytes(code)
    system = machine("unused")
    system.core.workload = None
    system.core.workload = RawImage(str(tmp_path / "image.bin"), address=0x4000, entry=0x4004)
    system.core.exceptions = system.core.workload.vectors
    sim, _ = run(system)
    assert console(sim) == "raw"


def test_bss_is_cleared_and_virtual_entries_are_translated(tmp_path: Path) -> None:
    code = b"".join(word.to_bytes(4, "big") for word in [*load(3, 0x11000), *end_with(), i_form(0, 0, 0)])
    elf = Elf([Part(0xC0010000, code, paddr=0x10000, memsize=0x2000)], entry=0xC0010000)
    (tmp_path / "p.elf").write_bytes(elf.bytes())
    sim = Simulation(machine(tmp_path / "p.elf"))
    list(sim.run())
    assert sim.peers[sim.system.core].read_register("r3") == 0


def test_two_simulations_of_one_machine_share_nothing(tmp_path: Path) -> None:
    words = [*load(3, 0x20000), d_form(14, 3, 3, 1), d_form(36, 3, 9, 0), *load_constant(4, 1), *end_with()]
    system = machine(elf_file(tmp_path / "p.elf", words))
    for _ in range(2):
        sim, _ = run(system)
        assert sim.peers[system.board.ram].read(0x20000, 4) == b"\0\0\0\x01"
