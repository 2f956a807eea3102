# SPDX-License-Identifier: BSD-3-Clause
"""Checkpoints of a small machine: what goes on from one is the run itself, and no file can do harm."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from simobjects.base.errors import ExitCode
from simobjects.framework import SimObject, Simulation, System
from simobjects.framework.checkpoint import CheckpointError, read

from .fakes import Valve, machine

REGIONS = (100, 700)


def built(**tank: Any) -> System:
    system = machine(**tank)
    system.pump.regions = REGIONS
    return system


def rows(simulation: Simulation) -> list[tuple[str, ...]]:
    return [tuple(map(str, (row.window, row.path, row.stat, row.index, row.value))) for row in simulation.stats.rows()]


def saved_at(reference: int, file: Path, **tank: Any) -> Simulation:
    simulation = Simulation(built(**tank))
    if reference:
        list(simulation.run(references=reference))
    simulation.save(file)
    return simulation


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reference=st.integers(0, 999))
def test_save_restore_run_equals_run(tmp_path: Path, reference: int) -> None:
    whole = Simulation(built())
    list(whole.run())
    saved_at(reference, tmp_path / "c")
    second = Simulation(built())
    second.restore(tmp_path / "c")
    assert second.reference == reference
    list(second.run())
    assert rows(second) == rows(whole)


def test_a_larger_tank_and_another_rate_are_allowed(tmp_path: Path) -> None:
    saved_at(500, tmp_path / "c")
    other = Simulation(built(size=128, rate="1MHz"))
    other.restore(tmp_path / "c")
    list(other.run())
    assert other.stats["system.tank.kept"] == 128
    windows = {window.label: window.references for window in other.stats.windows()}
    assert windows == {"total": 1000, "roi": REGIONS[1] - 500}


@pytest.mark.parametrize(
    ("tank", "sentence"),
    [
        ({"size": 32}, "system.tank.size is 32, and 64 in the checkpoint: it may be larger, not smaller"),
        ({"scheme": "lifo"}, "system.tank.scheme is 'lifo', but 'fifo' in the checkpoint, whose state depends on it"),
    ],
)
def test_another_machine_is_refused_with_a_sentence(tmp_path: Path, tank: dict[str, Any], sentence: str) -> None:
    saved_at(500, tmp_path / "c")
    with pytest.raises(CheckpointError) as caught:
        Simulation(built(**tank)).restore(tmp_path / "c")
    assert str(caught.value) == f"{tmp_path / 'c'}: the checkpoint is of another machine\n  {sentence}"


def test_a_machine_with_other_objects_is_refused(tmp_path: Path) -> None:
    saved_at(500, tmp_path / "c")
    system = built()
    system.pump.spares = [Valve()]
    with pytest.raises(CheckpointError, match=r"system\.pump\.spares\[0\] is not the same object"):
        Simulation(system).restore(tmp_path / "c")


def test_a_simulation_that_has_run_takes_no_checkpoint(tmp_path: Path) -> None:
    simulation = saved_at(10, tmp_path / "c")
    with pytest.raises(CheckpointError, match="into a new simulation"):
        simulation.restore(tmp_path / "c")


def test_a_state_that_does_not_fit_names_its_object(tmp_path: Path) -> None:
    file = tmp_path / "c"
    saved_at(500, file)
    rewrite(file, lambda header: header["sections"][-1]["fields"].__setitem__(1, ["kept", None, 65]))
    with pytest.raises(CheckpointError, match=r"the state of system\.tank does not fit: 65 drops in a tank of 64"):
        Simulation(built()).restore(file)


class Jar(SimObject):
    """Its peer has a `save` of its own, and is no `Saved`."""

    def make_peer(self) -> object:
        class JarPeer:
            def save(self, lid: str) -> None:
                raise AssertionError

        return JarPeer()


def test_a_peer_that_cannot_be_saved_is_named(tmp_path: Path) -> None:
    system = machine()
    system.jar = Jar()
    with pytest.raises(CheckpointError, match=r"system\.jar: JarPeer cannot be saved"):
        Simulation(system).save(tmp_path / "c")


def test_a_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "c"
    saved_at(10, file)
    before = file.read_bytes()

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_space)
    with pytest.raises(CheckpointError, match="No space left"):
        saved_at(20, file)
    assert file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["c"]


# ---- files that nobody meant ------------------------------------------------------------------------------


def rewrite(file: Path, change: Any) -> None:
    """Change the header and make its checksum right again: what a careless or hostile program could write."""
    data = file.read_bytes()
    length = struct.unpack(">I", data[12:16])[0]
    header = json.loads(data[48 : 48 + length])
    change(header)
    text = json.dumps(header).encode()
    head = data[:12] + struct.pack(">I", len(text)) + hashlib.sha256(text).digest()
    file.write_bytes(head + text + data[48 + length :])


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (0, "no checkpoint of this program"),
        (20, "ends within its first 48 bytes"),
        (60, "ends within its header"),
        (-1, "impossible length"),
    ],
)
def test_a_truncated_file_says_so(tmp_path: Path, cut: int, words: str) -> None:
    file = tmp_path / "c"
    saved_at(10, file)
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(CheckpointError, match=words):
        read(file)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x7fELF" + bytes(100), "no checkpoint of this program"),
        (
            b"SIMCKPT\n" + struct.pack(">II", 2, 0) + bytes(32),
            "a checkpoint of version 2; this program reads version 1",
        ),
        (b"SIMCKPT\n" + struct.pack(">II", 1, 0) + bytes(32), "the checksum of its header is wrong"),
        (b"SIMCKPT\n" + struct.pack(">II", 1, 0) + hashlib.sha256(b"").digest(), "no JSON object"),
    ],
)
def test_a_foreign_file_says_so(tmp_path: Path, data: bytes, words: str) -> None:
    file = tmp_path / "c"
    file.write_bytes(data)
    with pytest.raises(CheckpointError, match=words):
        read(file)


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="cannot be read .No such file"):
        read(tmp_path / "none")


@pytest.mark.parametrize("kind", ["device", "pipe"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, kind: str) -> None:
    place = Path("/dev/zero") if kind == "device" else tmp_path / "pipe"
    if kind == "pipe":
        os.mkfifo(place)
    with pytest.raises(CheckpointError, match="Not a regular file"):
        Simulation(built()).restore(place)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"epoch": -1}, "written by another version"),
        ({"machine": {"size": 32}}, "the checkpoint is of another machine"),
        ({"kind": "Other"}, "is not the same object in the checkpoint and in this machine"),
        ({"size": 3 << 30}, "its sections have 32212"),
    ],
)
def test_nothing_is_decompressed_for_another_machine(
    tmp_path: Path, change: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gigabytes of zeros take some hundred bytes in the file."""
    file = tmp_path / "c"
    saved_at(500, file)

    def edit(header: dict[str, Any]) -> None:
        last = header["sections"][-1]
        if "epoch" in change:
            header["about"]["results_epoch"] = change["epoch"]
        last["kind"] = change.get("kind", last["kind"])
        if "size" in change:
            last["size"] += change["size"]
            last["fields"].append(["more", change["size"]])

    rewrite(file, edit)
    monkeypatch.setattr("pyarrow.decompress", lambda *_, **__: pytest.fail("it was decompressed"))
    with pytest.raises(CheckpointError, match=sentence):
        Simulation(built(**change.get("machine", {}))).restore(file)


def test_two_sections_of_one_object_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "c"
    saved_at(500, file)
    nothing = {"stored": 0, "size": 0, "fields": []}
    rewrite(file, lambda header: header["sections"].append({**header["sections"][0], **nothing}))
    with pytest.raises(CheckpointError, match="it has two sections"):
        read(file)


def test_windows_that_no_checkpoint_can_hold_are_refused_when_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simobjects.framework.checkpoint.container._HEADER_LIMIT", 100)
    with pytest.raises(CheckpointError, match=r"the windows of its statistics take \d+ bytes, of 100"):
        saved_at(500, tmp_path / "c")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_not_the_fault_of_an_input() -> None:
    with pytest.raises(CheckpointError, match="cannot be written .No space left on device.; make room") as caught:
        saved_at(500, Path("/dev/full"))
    assert caught.value.exit_code == ExitCode.USAGE


@settings(
    max_examples=200,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_damaged_bytes_are_found(tmp_path: Path, data: st.DataObject) -> None:
    file = tmp_path / "c"
    if not file.exists():
        saved_at(10, file)
    whole = bytearray(file.read_bytes())
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(changed)
    if changed == whole:
        read(damaged)
    else:
        with pytest.raises(CheckpointError):
            read(damaged)


ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.text(max_size=5) | st.floats(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(
    max_examples=200,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_a_header_that_lies_is_an_error_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    whole, file = tmp_path / "whole", tmp_path / "c"
    if not whole.exists():  # the same in every case
        saved_at(10, whole)
    file.write_bytes(whole.read_bytes())

    def change(header: dict[str, Any]) -> None:
        place: Any = header
        while isinstance(place, (dict, list)) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = data.draw(st.sampled_from(keys))
            if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.integers(0, 3)) == 0:
                place[key] = data.draw(ODD)
                return
            place = place[key]

    rewrite(file, change)
    simulation = Simulation(built())
    try:
        simulation.restore(file)
    except CheckpointError:
        return
    list(simulation.run())
