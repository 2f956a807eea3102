# SPDX-License-Identifier: BSD-3-Clause
"""Every example of the page on extending does what the page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simobjects import Simulation, SyntheticWorkload
from simobjects.boards import stream_machine
from simobjects.guest.eras import ERAS
from simobjects.guest.steps import Addresses, Event, instructions
from simobjects.kvm.releases import RELEASES
from simobjects.traces.errors import TraceError
from tests.helpers.live_runs import live, run_to_end
from tests.helpers.page_examples import House, examples, script
from tests.helpers.played_machine import virtual_system

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
COMPILED = ("A scheme in Cython", "A device", "An instruction")
LIVE = """
from tests.helpers.live_runs import live, run_to_end
def counted(scheme):
    machine = live(scheme)
    run_to_end(machine)
    return [peer.read_stats() for peer in (machine.host, machine.core, machine.tlb, machine.guest)]
"""


def executed(heading: str) -> dict[str, Any]:
    """The names that the script of a section defines."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(script(PAGE, heading), f"docs/extending.md: {heading}", "exec"), names)
    return names


@pytest.fixture(autouse=True)
def registries() -> Iterator[None]:
    """What an example registers is gone after its test."""
    eras, releases = dict(ERAS), dict(RELEASES)
    yield
    for registry, before in ((ERAS, eras), (RELEASES, releases)):
        registry.clear()
        registry.update(before)  # type: ignore[arg-type]


def test_the_table_counts_the_files_of_each_section() -> None:
    rows = re.findall(r"^\| \[([^]]+)\]\(#([\w-]+)\) \| (\d+) \| (your script|this project) \|", PAGE, re.MULTILINE)
    sections = {heading.lower().replace(" ", "-"): heading for heading in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}
    assert {anchor for _, anchor, *_ in rows} == set(sections)
    for what, anchor, files, place in rows:
        paths = {example.path for example in examples(PAGE, sections[anchor]) if example.path}
        assert len(paths) == (int(files) if place == "this project" else 0), what


def test_a_scheme_in_python_keeps_to_its_slots() -> None:
    machine = live(executed("A scheme in Python")["FencedInPython"](slots=16))
    run_to_end(machine)
    held = [slot for slot, (page, *_) in enumerate(machine.scheme.references()) if page >= 0]
    assert held and max(held) < 16


def test_an_era_has_a_shorter_system_call() -> None:
    executed("A guest era")
    scripts = [ERAS[name].scripts(Addresses(), False)[Event.SYSCALL] for name in ("6.1", "short call")]
    assert instructions(scripts[0]) > 100
    assert instructions(scripts[1]) == 10
    Simulation(virtual_system(guest={"era": "short call", "syscall_every": 10_000}))


def test_a_release_sets_what_is_its_own() -> None:
    system = stream_machine(SyntheticWorkload(records=64), executed("A kernel release")["host"])
    Simulation(system)
    assert (system.host.scheme.short, system.costs.c_map, int(system.host.hz)) == ("e4", 400, 1000)


def test_an_importer(tmp_path: Path) -> None:
    made = executed("An importer of traces")["import_dinero"]
    text, trace = tmp_path / "text", tmp_path / "trace.arrow"
    text.write_text("2 1000\n0 5008\n1 500c\n2 1004\n")
    header = made(text, trace)
    assert (header.instructions, header.loads, header.stores, header.pages) == (2, 1, 1, 2)
    text.write_text("2 1000\nx 5008\n")
    with pytest.raises(TraceError, match="line 2: 'x 5008'"):
        made(text, trace)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A copy with the command and all compiled examples but the cost, for which every kernel would be compiled.

    Of those that an instruction concerns the two are made in which its number is used.
    """
    made = House(tmp_path_factory.mktemp("house"))
    made.apply(PAGE, "A command", *COMPILED)
    made.build("kvm.schemes.fenced", "board.revision", "engine.executing_core", "engine.core_state")
    return made


@pytest.mark.slow
def test_a_command(house: House) -> None:
    run = "import sys; from simobjects.cli import main; sys.exit(main(sys.argv[1:]))"
    assert house.python(run, "schemes").splitlines()[0].split()[0] == "e0"
    assert "fenced" in house.python(run, "schemes", "--all")


@pytest.mark.slow
def test_a_scheme_in_cython_counts_what_it_counts_in_python(house: House) -> None:
    compare = f"{LIVE}\nassert counted('fenced') == counted(FencedInPython()) != counted('e4')"
    house.python(script(PAGE, "A scheme in Python") + compare)


@pytest.mark.slow
def test_a_device_answers_loads_alone(house: House) -> None:
    house.python("""
import runpy
from simobjects import Simulation
from simobjects.cext.board.bus import Bus
from simobjects.cext.board.revision import Revision
from simobjects.ppc440.revision import BoardRevision
bus = Bus()
bus.map(Revision(0x440), 0xEF600700, 4)
assert (bus.load(0xEF600700), bus.load(0xEF600700, 1), bus.store(0xEF600700, 1)) == (0x440, None, False)
system = runpy.run_path("configs/examples/bare_metal.py")["system"]
system.revision = BoardRevision(word=0x440)
system.revision.bus = system.board.bus.devices
Simulation(system).run_all(references=1000)
""")


@pytest.mark.slow
def test_an_instruction_is_executed_and_disassembled(house: House) -> None:
    house.python("""
from simobjects.isa.disassemble import disassemble
from tests.helpers.bare_board import BareBoard
word = 31 << 26 | 3 << 21 | 4 << 16 | 122 << 1
assert disassemble(word, 0).split() == ["popcntb", "r4,r3"], disassemble(word, 0)
board = BareBoard()
board.load_words(0x1000, word)
board.core.write_register("pc", 0x1000)
board.core.write_register("r3", 0xFF0107F0)
board.core.advance(1, -1)
assert board.core.read_register("r4") == 0x08010304
""")


@pytest.mark.slow
def test_a_statistic_is_counted(house: House) -> None:
    house.apply(PAGE, "A statistic")
    house.build("board.marker")
    house.python("""
from simobjects.cext.board.bus import Bus
from simobjects.cext.board.marker import Marker
from simobjects.ppc440.marker import MarkerDevice
bus, marker = Bus(), Marker()
bus.map(marker, 0, 4096)
bus.load(0)
assert marker.read_stats()["loads"] == 1
again = Marker()
again.restore(marker.save())
assert again.read_stats()["loads"] == 1
""")


@pytest.mark.slow
def test_a_cost_is_a_parameter_and_a_number_of_the_kernels(tmp_path: Path) -> None:
    """Only the two kernels that name it are compiled: that suffices to ask, not to run a machine."""
    house = House(tmp_path)
    house.apply(PAGE, "A scheme in Cython", "A cost")
    house.build("core.costs", "kvm.schemes.fenced")
    house.python("""
from simobjects import CostModel
assert CostModel().fence == 3
CostModel(fence=5).make_peer()
""")
