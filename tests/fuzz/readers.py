# SPDX-License-Identifier: BSD-3-Clause
"""What reads bytes that may be from anywhere: each as a function, with some good inputs.

A reader returns, or raises SimObjectsError. What it makes of the bytes runs a little.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow

from simobjects import Simulation, System
from simobjects.base.errors import SimObjectsError
from simobjects.boards import recording_machine
from simobjects.cli._results import NoRunError, read_run
from simobjects.console.script import read_script
from simobjects.gdb.machine import SimulatedGuest
from simobjects.gdb.packets import Packet, Reader, frame
from simobjects.gdb.session import Session
from simobjects.kvm.names import TIMING_NAMES
from simobjects.kvm.timing_file import Timing, format_timing, read_timing
from simobjects.programs.device_tree import Facts, make_tree
from simobjects.programs.elf import parse_elf
from simobjects.programs.elf_program import program_file
from simobjects.programs.flat_tree import read_tree, write_tree
from simobjects.study.plan import read_plan
from simobjects.study.suite import Suite
from simobjects.traces.lackey import import_lackey
from simobjects.traces.mtr import import_mtr
from simobjects.traces.recording import Recording
from simobjects.traces.tlb_events import import_tlb_events
from simobjects.traces.tracefile import open_trace
from tests.helpers.elf_files import Elf, Part
from tests.helpers.kvm_guests import guest_system
from tests.helpers.recordings import recorded
from tests.helpers.small_programs import elf_file, end_with, machine, spend, store
from tests.reference.ingest import encode_mtr

RUN = 3_000
"""References that a machine runs that was made of a mutant."""


@dataclass(frozen=True)
class Input:
    """A kind of input: `seeds` are good ones, `read` takes bytes and a folder of its own."""

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Path], object]


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="fuzz")


def _made(name: str) -> Path:
    return Path(_folder().name) / name


def _small() -> Path:
    return elf_file(_made("small.elf"), [*spend(200), *store(0x20000, 7), *spend(2000), *end_with(1)])


# ---- programs ---------------------------------------------------------------------------------------------


def _programs() -> list[bytes]:
    parts = [Part(), Part(0x20000, b"data", memsize=64)]
    return [Elf(parts, symbols=[("one", 0x10000, 4)]).bytes(), program_file("refill").read_bytes()]


def _run_program(data: bytes, folder: Path) -> None:
    parse_elf(data, "mutant.elf")
    file = folder / "mutant.elf"
    file.write_bytes(data)
    for system in (machine(file), guest_system(file, "e4")):
        Simulation(system).run_all(references=RUN)


def _code() -> list[bytes]:
    return [program_file("refill").read_bytes()[0x100:0x900], bytes(range(256)) * 4]


def _run_code(data: bytes, folder: Path) -> None:
    """Any words as a program, on the bare machine and as a guest."""
    words = [word for (word,) in struct.iter_unpack(">I", data[: len(data) & ~3])][:512]
    file = elf_file(folder / "code.elf", words or [0])
    for system in (machine(file), guest_system(file, "e3b")):
        Simulation(system).run_all(references=RUN)


# ---- traces and recordings --------------------------------------------------------------------------------


def _mtr() -> list[bytes]:
    events = [("static", (0x10000000, 4)), ("page", (0x10000,)), ("access", (0, 0x20000000)), ("mark", (7,))] * 3
    return [encode_mtr(events), pyarrow.compress(encode_mtr(events), codec="zstd", asbytes=True)]


def _lackey() -> list[bytes]:
    return [b"I  04000000,4\n L 1ffeffe7,8\n S 1ffeffe0,8\n M 0421c7cc,4\nI  04ffff,3\n"]


def _events() -> list[bytes]:
    lines = ["W 0 63 c0000290", "W 1 63 00000000", "W 2 63 00000107", "X ITLB 10000000", "W 0 0 10000210"]
    return ["".join(f"{line}\n" for line in [*lines, "W 1 0 00100000", "W 2 0 0000003f", "X DECR c0005000"]).encode()]


def _trace(source: bytes) -> bytes:
    import_lackey(io.BytesIO(source), _made("seed.arrow"))
    return _made("seed.arrow").read_bytes()


def _traces() -> list[bytes]:
    return [_trace(_lackey()[0]), _trace(_lackey()[0] * 50)]


def _read_trace(data: bytes, folder: Path) -> None:
    file = folder / "mutant.arrow"
    file.write_bytes(data)
    open_trace(file)


def _recordings() -> list[bytes]:
    recorded(machine(_small()), _made("r.arrow"))
    return [_made("r.arrow").read_bytes()]


def _replay(data: bytes, folder: Path) -> None:
    file = folder / "mutant.arrow"
    file.write_bytes(data)
    Simulation(recording_machine(Recording(str(file)), None, memory="32MiB")).run_all(references=RUN)


# ---- checkpoints ------------------------------------------------------------------------------------------


@cache
def _machines() -> dict[str, Callable[[], System]]:
    small = _small()
    return {"bare": lambda: machine(small), "guest": lambda: guest_system(small, "e4")}


def _checkpoints() -> list[bytes]:
    found = []
    for name, made in _machines().items():
        simulation = Simulation(made())
        list(simulation.run_to(500))
        simulation.save(_made(name))
        found.append(_opened(_made(name).read_bytes()))
    return found


def _opened(data: bytes) -> bytes:
    """The header, and the sections decompressed: what there is to mutate."""
    length = struct.unpack(">I", data[12:16])[0]
    header, at, parts = json.loads(data[48 : 48 + length]), 48 + length, []
    for section in header["sections"]:
        stored = data[at : at + section["stored"]]
        at += section["stored"]
        parts.append(pyarrow.decompress(stored, section["size"], codec="zstd", asbytes=True) if stored else b"")
    text = json.dumps(header).encode()
    return struct.pack(">I", len(text)) + text + b"".join(part[:4096] for part in parts)


def _closed(data: bytes) -> bytes:
    """A file with right checksums. Where a section was cut the rest is zeros."""
    length = struct.unpack(">I", data[:4])[0]
    header, rest, stored = json.loads(data[4 : 4 + length]), data[4 + length :], b""
    for section in header["sections"]:
        size = min(section["size"], 4 << 20)
        part, rest = rest[: min(size, 4096)].ljust(size, b"\0"), rest[min(size, 4096) :]
        packed = pyarrow.compress(part, codec="zstd", asbytes=True) if part else b""
        section["stored"], section["sha256"] = len(packed), hashlib.sha256(packed).hexdigest()
        stored += packed
    text = json.dumps(header).encode()
    return b"SIMCKPT\n" + struct.pack(">II", 1, len(text)) + hashlib.sha256(text).digest() + text + stored


def _restore(data: bytes, folder: Path) -> None:
    file = folder / "mutant.ckpt"
    try:
        file.write_bytes(_closed(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, struct.error):
        file.write_bytes(data)
    for made in _machines().values():
        try:
            simulation = Simulation(made())
            simulation.restore(file)
            simulation.run_all(references=RUN)
            simulation.stats.table()
        except SimObjectsError:
            pass


# ---- text -------------------------------------------------------------------------------------------------


def _from_file(name: str, read: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def reading(data: bytes, folder: Path) -> object:
        (folder / name).write_bytes(data)
        return read(folder / name)

    return reading


def _run_files() -> list[bytes]:
    simulation = Simulation(machine(_small()))
    simulation.run_all(references=1000)
    simulation.write(_made("run"), picture=False)
    return [(_made("run") / "stats.json").read_bytes()]


def _compare(path: Path) -> None:
    try:
        read_run(path)
    except NoRunError:
        pass


def _timings() -> list[bytes]:
    return [format_timing([Timing(name, 10, 1, 20, 100, 2000) for name in TIMING_NAMES]).encode()]


def _plans() -> list[bytes]:
    facts = {
        "format": 1, "script": "x.py", "axes": [{"name": "a", "values": ["1"], "settings": None}], "rows": None,
        "question": "", "fixed": {}, "limits": {"references": 5}, "checkpoint": "", "machine": "", "keep": [],
        "folder": "/", "statistics": {}, "provenance": {"script_sha256": None},
    }  # fmt: skip
    return [json.dumps(facts).encode()]


def _suites() -> list[bytes]:
    return [json.dumps({"format": 1, "name": "s", "workloads": [{"name": "w", "set": {"a": "1"}}]}).encode()]


# ---- gdb --------------------------------------------------------------------------------------------------


def _packets() -> list[bytes]:
    some = [b"g", b"m10000,40", b"M20000,4:deadbeef", b"Z0,10010,4", b"Z2,20000,4", b"s", b"vCont?", b"p0", b"P0=01"]
    others = [b"qRcmd,7374617473", b"qXfer:features:read:target.xml:0,fff"]
    return [b"+" + b"".join(map(frame, some)), b"".join(map(frame, others))]


def _debug(data: bytes, folder: Path) -> None:
    simulation = Simulation(machine(_small()))
    session, left = Session(SimulatedGuest(simulation), lambda: simulation.reference > RUN, lambda _: None), 64
    for found in Reader().feed(data):
        if isinstance(found, Packet) and (left := left - 1) > 0:
            session.handle(found.payload)


READERS: dict[str, Input] = {
    "elf": Input(_programs, _run_program),
    "code": Input(_code, _run_code),
    "device-tree": Input(
        lambda: [write_tree(make_tree([], Facts(1 << 27, 1, 1, "quiet", (1, 2))))],
        lambda data, folder: read_tree(data, "mutant.dtb"),
    ),
    "mtr": Input(_mtr, lambda data, folder: import_mtr(io.BytesIO(data), folder / "out.arrow")),
    "lackey": Input(_lackey, lambda data, folder: import_lackey(io.BytesIO(data), folder / "out.arrow")),
    "tlb-events": Input(_events, lambda data, folder: import_tlb_events(io.BytesIO(data), folder / "out.arrow")),
    "trace": Input(_traces, _read_trace),
    "recording": Input(_recordings, _replay),
    "checkpoint": Input(_checkpoints, _restore),
    "console-script": Input(
        lambda: [b'timeout = "20s"\n[[step]]\nexpect = "login: "\nsend = "root\\n"\nname = "prompt"\ntimeout = "6s"\n'],
        _from_file("script.toml", read_script),
    ),
    "run": Input(_run_files, _from_file("stats.json", _compare)),
    "timing": Input(_timings, _from_file("vm1_vcpu0_timing", read_timing)),
    "sweep": Input(_plans, _from_file("study.json", lambda path: read_plan(path.parent))),
    "suite": Input(_suites, _from_file("suite.json", Suite.load)),
    "gdb": Input(_packets, _debug),
}
