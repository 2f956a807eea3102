# SPDX-License-Identifier: BSD-3-Clause
"""What follows from the time is the same whoever else looks: run, cut, stepped, traced, under gdb, and to the twin."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from simobjects import EventKind, Simulation, System
from simobjects.gdb.machine import SimulatedGuest
from simobjects.gdb.target import StopKind
from tests.helpers.bare_board import MEMORY_AT_0
from tests.helpers.kvm_guests import guest_system
from tests.helpers.machines440 import Machine440, make
from tests.helpers.small_programs import elf_file, machine
from tests.helpers.timed_programs import (
    BUFFER,
    DEC,
    READ_TBL,
    READ_TBU,
    TBL,
    TCR,
    TSR,
    program,
)

WORDS = 600
MOST = 300_000
READABLE = (DEC, TSR, TCR, READ_TBL, READ_TBU)
RELEASES: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "2.6.28": ({"tsr_dis": "delivery"}, (READ_TBL, READ_TBU, TBL)),
    "2.6.29": ({}, (READ_TBL, READ_TBU, TBL)),
    "2.6.33": ({"decrementer": "exact", "emulation": "2.6.33"}, (READ_TBL, DEC, TBL)),
    "3.4": ({"decrementer": "exact", "emulation": "2.6.33", "tsr_dis": "expiry"}, (READ_TBL, DEC)),
    "3.6": ({"decrementer": "exact", "emulation": "3.6", "tsr_dis": "expiry"}, (READ_TBL, DEC, TSR, TCR)),
}
"""What of KVM concerns the guest's timers, and which of them a guest could read."""


def whole(sim: Simulation, rng: random.Random) -> None:
    last = list(sim.run(references=MOST))[-1]
    assert last.payload.get("reason") == "spins for nothing", last


def cut(sim: Simulation, rng: random.Random) -> None:
    """Run to limits of both kinds, with every register and peer looked at between."""
    while True:
        last = list(sim.run(references=rng.randrange(1, 900), cycles=rng.choice((None, rng.randrange(1, 2000)))))[-1]
        look(sim)
        if last.kind is EventKind.END_OF_WORKLOAD:
            return
        assert last.kind in (EventKind.REFERENCE_LIMIT, EventKind.CYCLE_LIMIT)


def look(sim: Simulation) -> None:
    sim.engine.registers()
    sim.engine.digest()
    sim.engine.save()
    sim.stats.table()
    host = getattr(sim.system, "host", None)
    if host is not None:
        sim.peers[host].registers()


def stepped(sim: Simulation, rng: random.Random) -> None:
    while (event := sim.step()) is None:
        pass
    assert event.payload["reason"] == "spins for nothing"


def traced(sim: Simulation, rng: random.Random) -> None:
    first = rng.choice((1, 1, 500))
    sim.trace_instructions(lambda line: None, first, rng.choice((None, first + 1000)))
    assert list(sim.run(slice=rng.choice((17, 2_000_000))))[-1].payload["reason"] == "spins for nothing"


def debugged(sim: Simulation, rng: random.Random) -> None:
    """gdb steps, or goes on for a while, and shows every register each time."""
    guest = SimulatedGuest(sim)
    while True:
        stop = guest.step() if rng.random() < 0.95 else guest.run(lambda: rng.random() < 0.5)
        for name in guest.register_names():
            guest.read_register(name)
        if stop.kind is StopKind.ENDED:
            return


def profiled(sim: Simulation, rng: random.Random) -> None:
    sim.start_profile(every=rng.choice((1, 7, 100)))
    whole(sim, rng)
    assert sim.profile.table()


WAYS: tuple[Callable[[Simulation, random.Random], None], ...] = (cut, stepped, traced, debugged, profiled)


def outcome(sim: Simulation) -> dict[str, Any]:
    return {
        "read": sim.engine.read_physical(BUFFER + guest_base(sim), 4 * WORDS),
        "registers": sim.engine.registers(),
        "digest": sim.engine.digest(),
        "time": (sim.cycle, sim.reference, sim.engine.instructions()),
        **{row.path + row.stat + str(row.index): row.value for row in sim.stats.rows()},
    }


def guest_base(sim: Simulation) -> int:
    host = getattr(sim.system, "host", None)
    return int(host.guest_base) if host is not None else 0


def agree(made: Callable[[], System], seed: int) -> None:
    expected = Simulation(made())
    whole(expected, random.Random(seed))
    assert any(outcome(expected)["read"])
    for way in WAYS:
        other = Simulation(made())
        way(other, random.Random(seed))
        one, two = outcome(expected), outcome(other)
        assert {name: (one[name], two[name]) for name in one if repr(one[name]) != repr(two[name])} == {}, way.__name__


@pytest.mark.parametrize("group", range(6))
def test_on_the_bare_machine(group: int, tmp_path: Path) -> None:
    for seed in range(5 * group, 5 * group + 5):
        rng = random.Random(seed)
        elf = elf_file(tmp_path / "p.elf", program(rng, READABLE))
        core = {"timebase_ratio": rng.choice((1, 1, 3))}
        uart = {"input": "abcdefgh", "input_interval": 777}
        agree(partial(machine, elf, core=core, uart=uart), seed)


@pytest.mark.parametrize("release", RELEASES)
def test_as_guest_of_kvm(release: str, tmp_path: Path) -> None:
    options, readable = RELEASES[release]
    for seed in range(4):
        rng = random.Random(f"{release} {seed}")
        later = options.get("emulation") == "3.6"
        elf = elf_file(tmp_path / "p.elf", program(rng, readable, critical=later, scale=300))

        def made(elf: Path = elf) -> System:
            system = guest_system(elf, "e6")
            system.host.hz = "10kHz"
            system.board.uart0.input, system.board.uart0.input_interval = "abcdefgh", 7777
            for name, value in options.items():
                setattr(system.host, name, value)
            return system

        agree(made, seed)


CODE = 0x10000


def twin_and_core(words: list[int]) -> tuple[Machine440, Machine440]:
    pair = make("twin"), make("compiled")
    for one in pair:
        one.set_entry(0, *MEMORY_AT_0, 0)
        one.store(CODE, b"".join(word.to_bytes(4, "big") for word in words))
        one.write("pc", CODE)
    return pair


@pytest.mark.parametrize("seed", range(12))
def test_the_twin_counts_tick_by_tick(seed: int) -> None:
    """The core runs as far as it can at once, and is looked at only then."""
    twin, core = twin_and_core(program(random.Random(seed), READABLE, devices=False))
    reason, payload = core.core.advance(-1, -1)  # type: ignore[attr-defined]
    assert payload["reason"] == "spins for nothing", reason
    assert twin.step(core.core.instructions()) == ""  # type: ignore[attr-defined]
    assert core.load(BUFFER, 4 * WORDS) == twin.load(BUFFER, 4 * WORDS)
    for name in ("dec", "tsr", "tcr", "pc"):
        assert core.read(name) == twin.read(name), name
    assert core.vectors() == twin.vectors()
