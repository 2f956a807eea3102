# SPDX-License-Identifier: BSD-3-Clause
"""Random programs recorded and replayed, all counters equal; whatever a file's bytes are, it is read or refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from simobjects import ElfProgram, EventKind, HostKernel, Recording, Simulation
from simobjects.boards import bamboo, recording_machine
from simobjects.framework import ConfigError
from simobjects.ppc440.workload import GUEST_START
from simobjects.programs.elf_program import program_file
from simobjects.traces.columns import DTYPES, Columns
from simobjects.traces.tracefile import TraceError, TraceWriter, open_trace
from tests.differential import image, layout
from tests.differential.campaign import Campaign
from tests.helpers.kvm_guests import SCHEMES, guest_system
from tests.helpers.recordings import counters, differences, executed, recorded, replayed

MEMORY = f"{layout.MEMORY_MIB}MiB"
relaxed = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def test_random_sequences_on_the_bare_machine(tmp_path: Path) -> None:
    """All that the generator makes: every instruction, both modes, storage and alignment interrupts, strings, tlbwe."""
    wanted = Campaign(1, count=16)
    elf = image.build(tmp_path / "c.elf", wanted.rows(), wanted.sets(), rounds=1)
    plain, _ = executed(bamboo(ElfProgram(str(elf)), memory=MEMORY))
    watched, last = recorded(bamboo(ElfProgram(str(elf)), memory=MEMORY), tmp_path / "r.arrow")
    assert last.payload["reason"] == "reset"
    assert differences(counters(plain), counters(watched)) == {}
    again, _ = replayed(tmp_path / "r.arrow", None, memory=MEMORY)
    assert differences(counters(plain), counters(again)) == {}


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(SCHEMES),
    st.sampled_from(SCHEMES),
    st.sampled_from(["hello", "refill"]),
    st.integers(8, 80),
    st.integers(500, 5000),
    st.integers(1000, 60_000),
)
@example("e0", "e2", "hello", 8, 636, 1000)  # a tick is due when the program comes to its last branch, to itself
def test_any_host_on_any_hardware(
    tmp_path_factory: pytest.TempPathFactory,
    first: str,
    other: str,
    program: str,
    entries: int,
    hz: int,
    references: int,
) -> None:
    path = tmp_path_factory.mktemp("any") / "r.arrow"
    recorded(guest_system(program_file(program), first), path, references=references)

    def host() -> HostKernel:
        return HostKernel(scheme=other, hz=hz)

    system = guest_system(program_file(program), other)
    system.host = host()
    system.core.exceptions = system.host.exits
    system.tlb.entries = entries
    real, _ = executed(system, references=references)
    again, _ = replayed(path, host(), entries=entries)
    assert differences(counters(real), counters(again)) == {}


# ---- damage

SEEN: dict[str, Any] = {
    "host": True, "entries": 64, "memory": 32 << 20, "clock": 400_000_000, "timebase_ratio": 1, "pvr": 0,
    "marks": [0, 0], "start": [list(each) for each in GUEST_START],
}  # fmt: skip
RECORD = st.tuples(
    st.integers(0, 1 << 20) | st.integers(0, 0xFFFF_FFFF).map(lambda pc: pc & 0xFFFF_FFFC),
    st.integers(0, 1 << 20) | st.integers(0, 0xFFFF_FFFF),
    st.sampled_from([0, 0, 0, 1, 2, 3, 4, 5, *range(16, 27), 255]),
    st.integers(0, 40) | st.integers(0, 0xFFFF),
    st.integers(0, 9) | st.integers(0, 0xFFFF_FFFF),
)


def write(path: Path, records: list[tuple[int, ...]], machine: str = json.dumps(SEEN)) -> None:
    parts = zip(zip(*records, strict=True), DTYPES.values(), strict=True)
    with TraceWriter(path, source="s", importer="i", architecture="ppc440", machine=machine) as writer:
        writer.append(Columns(*(np.array(part, dtype) for part, dtype in parts)))
        writer.close(
            instructions=writer.tally.fetches, loads=writer.tally.load_lookups, stores=writer.tally.store_lookups
        )


@relaxed
@given(st.lists(RECORD, min_size=1, max_size=40), st.sampled_from([*SCHEMES, "native"]))
def test_any_records_are_refused_or_replayed(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[int, ...]], scheme: str
) -> None:
    path = tmp_path_factory.mktemp("noise") / "r.arrow"
    try:
        write(path, records)
    except ValueError as error:
        assert "is not valid" in str(error)
        return
    host = None if scheme == "native" else HostKernel(scheme=scheme)
    simulation = Simulation(recording_machine(Recording(str(path)), host))
    last = simulation.run_all(cycles=2_000_000)
    assert last.kind in (
        EventKind.END_OF_WORKLOAD, EventKind.FAILED, EventKind.WATCHDOG, EventKind.CYCLE_LIMIT,
    )  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("good") / "hello.arrow"
    recorded(guest_system(program_file("hello"), "e4"), path)
    return path


@relaxed
@given(st.data())
def test_a_damaged_file_is_an_error(good: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Or its records are what they were."""
    content = bytearray(good.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("bad") / "r.arrow"
    path.write_bytes(content[: data.draw(st.just(len(content)) | st.integers(0, len(content)))])
    try:
        found = open_trace(path, cache=False)
    except TraceError as error:
        assert str(path) in str(error)
        assert error.fix
        return
    sound = open_trace(good, cache=False)
    assert all(np.array_equal(getattr(found.columns, name), getattr(sound.columns, name)) for name in DTYPES)


@relaxed
@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner), max_leaves=5),
    st.sampled_from(sorted(SEEN)),
)
def test_a_machine_that_is_none_is_an_error(tmp_path_factory: pytest.TempPathFactory, value: object, name: str) -> None:
    path = tmp_path_factory.mktemp("machine") / "r.arrow"
    write(path, [(16, 0, 0, 0, 3)], json.dumps({**SEEN, name: value}))
    try:
        recording_machine(Recording(str(path)), HostKernel())
    except (TraceError, ConfigError):
        return
    assert type(value) is type(SEEN[name])
