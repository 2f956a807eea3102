# SPDX-License-Identifier: BSD-3-Clause
"""Every number of a machine's state at its extremes: refused when it comes back, or the machine goes on with it.

A checkpoint has right checksums whatever somebody wrote into it. What adds up beyond 64 bits, and what is read beyond
the end of a table, is seen when the kernels are built with the sanitizers (`make bytes`).
"""

from __future__ import annotations

import os
import random
import re
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from simobjects import ElfProgram, SyntheticWorkload, System
from simobjects.boards import bamboo, recording_machine
from simobjects.framework import SimObjectsError, Simulation
from simobjects.framework.roles import Restored
from simobjects.traces.recording import Recording
from tests.helpers.played_machine import native_system, virtual_system
from tests.helpers.recordings import recorded
from tests.helpers.small_programs import elf_file, end_with, say, spend, store

REFUSED = (ValueError, OverflowError, TypeError, KeyError, IndexError, MemoryError)
"""What a checkpoint makes a CheckpointError of."""
EXTREMES = (-1, 1, 2**31, 2**32 - 1, 2**53, 2**61, 2**62 - 1, 2**63 - 1, -(2**63))
VALUES = int(os.environ.get("HOSTILE_VALUES", "1"))
"""Extremes of a number that are tried, drawn by its name; words of 64 bits of a table, beside all of it at once."""
ALIKE = 1
"""Of fields that differ in a number of their names alone, such as those of TLB entries, so many."""
State = dict[str, Any]


def program(folder: Path) -> Path:
    return elf_file(folder / "p.elf", [*say("a"), *spend(200), *store(0x20000, 7), *spend(2000), *end_with(1)])


def executing(folder: Path, under: str) -> System:
    """With little memory: every byte of it is looked at when a state comes back."""
    memory = "32MiB" if under == "native" else "48MiB"
    return bamboo(ElfProgram(str(program(folder)), memory="32MiB"), under, memory=memory)


def replayed(folder: Path) -> System:
    recorded(executing(folder, "native"), folder / "r.arrow")
    return recording_machine(Recording(str(folder / "r.arrow")), None, memory="32MiB")


def busy(**scheme: Any) -> System:
    return virtual_system(workload=SyntheticWorkload(records=100), guest={"timer_every": 500}, **scheme)


MACHINES: dict[str, Callable[[Path], System]] = {
    "bare program": lambda folder: executing(folder, "native"),
    "guest under e3b": lambda folder: executing(folder, "e3b"),
    "imitated, bare": lambda folder: native_system(workload=SyntheticWorkload(records=100)),
    "imitated under KVM": lambda folder: busy(),
    "replayed": replayed,
}


def states_of(simulation: Simulation) -> dict[str, State]:
    found = {}
    for path, obj in simulation.peers._peers.items():
        if not path.stateless:
            found[path.path] = obj.save()
    return found


def fields_of(state: State) -> Iterator[tuple[str, int | bytes]]:
    """Some of the fields, but of every kind."""
    seen = Counter[str]()
    for field, value in state.items():
        seen[kind := re.sub(r"\d+", "#", field)] += 1
        if seen[kind] <= ALIKE:
            yield field, value


def hostile(field: str, value: int | bytes) -> Iterator[int | bytes]:
    """Other values of a field."""
    chance = random.Random(field)
    if isinstance(value, int):
        yield from chance.sample(EXTREMES, VALUES)
        return
    count = len(value) // 8
    for at in sorted({chance.randrange(count) for _ in range(VALUES)}) if count else ():
        word = chance.choice(EXTREMES)
        yield value[: 8 * at] + struct.pack("=q", word) + value[8 * at + 8 :]
    yield from (b"\xff" * len(value), value[:-1])


def with_state(simulation: Simulation, states: Mapping[str, State]) -> None:
    """As a checkpoint gives it back: the engine last, then whoever has to follow up."""
    peers = {obj.path: peer for obj, peer in simulation.peers._peers.items() if obj.path in states}
    for path, peer in sorted(peers.items(), key=lambda item: item[1] is simulation.engine):
        peer.restore(dict(states[path]))
    for peer in peers.values():
        if isinstance(peer, Restored):
            peer.restored()


@pytest.mark.parametrize("kind", MACHINES)
def test_a_number_at_its_extremes_is_refused_or_gone_on_with(kind: str, tmp_path: Path) -> None:
    system = MACHINES[kind](tmp_path)
    begun = Simulation(system)
    list(begun.run_to(300))
    states = states_of(begun)
    plain = Simulation(system)
    plain._begin()
    with_state(plain, states)
    plain.run_all(references=200)
    tried = refused = 0
    for path, state in states.items():
        for field, value in fields_of(state):
            for other in hostile(f"{kind} {path} {field}", value):
                if other == value:
                    continue
                tried += 1
                simulation = Simulation(system)
                simulation._begin()
                try:
                    with_state(simulation, {**states, path: {**state, field: other}})
                except REFUSED:
                    refused += 1
                    continue
                try:
                    simulation.run_all(references=200)
                    simulation.stats.table()
                except SimObjectsError:
                    pass
    assert tried > 20
    assert tried / 4 < refused < tried, "most are refused, and some are values that there may be"


FOUND = (
    ("imitated under KVM", "kvm.regs", lambda value: value[:4] + b"\xff" * 4 + value[8:], "interrupts 0xffffffff"),
    ("imitated under KVM", "kvm.instructions", lambda value: 2**53, "9007199254740992 instructions"),
    ("imitated under KVM", "kvm.tlb_writes", lambda value: -1, "-1 writes"),
    ("replayed", "line_waits", lambda value: 1, "no host"),
    ("replayed", "insns", lambda value: struct.pack("=2q", 0, 2**63 - 1), r"insns\[1\]"),
    ("bare program", "run.insns", lambda value: struct.pack(">2q", -1, 0), "insns: not within 0 to"),
    ("bare program", "run.loads", lambda value: struct.pack(">2q", 2**63 - 1, 0), "loads: not within 0 to"),
)
"""What the sanitizers found once: machine, field, what was made of its value, what is said of it now."""


@pytest.mark.parametrize(
    ("kind", "field", "change", "said"), FOUND, ids=[f"{kind} {field}" for kind, field, *_ in FOUND]
)
def test_what_did_harm_is_refused(
    kind: str, field: str, change: Callable[[Any], int | bytes], said: str, tmp_path: Path
) -> None:
    begun = Simulation(MACHINES[kind](tmp_path))
    list(begun.run_to(300))
    states = states_of(begun)
    path = next(path for path, state in states.items() if field in state)
    peer = next(peer for obj, peer in begun.peers._peers.items() if obj.path == path)
    with pytest.raises(ValueError, match=said):
        peer.restore({**states[path], field: change(states[path][field])})
