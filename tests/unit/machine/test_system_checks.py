# SPDX-License-Identifier: BSD-3-Clause
"""Machines that cannot be: refused before they run, with path, reason and what to do. The tables of the schemes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simobjects import (
    ConfigError,
    HostKernel,
    Interleave,
    ShadowRefTable,
    ShadowTLBArray,
    Simulation,
    SyntheticWorkload,
    System,
    TraceWorkload,
    Workload,
)
from simobjects.cext.traces.stream import TraceStream
from simobjects.framework import SimObjectsError
from tests.helpers.played_machine import SCHEMES, native_system, virtual_system


def refused(system: System) -> str:
    with pytest.raises(ConfigError) as caught:
        Simulation(system)
    return str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "entries", "memory", "least"),
    [("e3b", 2, "256MiB", 3), ("e3b", 4, "768MiB", 5), ("e4", 1, "256MiB", 2), ("e4", 3, "768MiB", 4)],
)
def test_hardware_too_small_for_the_scheme(scheme: str, entries: int, memory: str, least: int) -> None:
    text = refused(virtual_system(scheme, entries=entries, memory=memory))
    assert "system.host.scheme" in text
    assert f"a hardware TLB of at least {least} entries (system.tlb has {entries})" in text
    assert f"make system.tlb.entries at least {least}" in text


@pytest.mark.parametrize(("scheme", "least"), [("e3b", 3), ("e4", 2)])
def test_the_smallest_machines_run(scheme: str, least: int) -> None:
    system = virtual_system(scheme, entries=least, core={"watchdog": 100})
    sim = Simulation(system)
    assert system.host.hwater == least - 2
    assert list(sim.run(references=500))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ({"page_size": "8KiB"}, ["system.host.page_size", "4KiB, 16KiB or 64KiB", "a page size that 44x Linux has"]),
        ({"page_size": "1MiB"}, ["system.host.page_size", "4KiB, 16KiB or 64KiB"]),
        ({"scheme": "e9"}, ["system.host.scheme", "e3b", "e4"]),
        ({"guest_base": 0x100}, ["system.host.guest_base", "a multiple of 0x10000"]),
        ({"interrupt_base": 0x1000}, ["system.host.interrupt_base"]),
    ],
)
def test_host_parameters(host: dict[str, Any], expected: list[str]) -> None:
    text = refused(virtual_system(**{"scheme": "e4", **host}))
    for part in expected:
        assert part in text


def test_more_ticks_than_cycles() -> None:
    system: Any = virtual_system("e4", hz="200kHz")
    system.clock = "100kHz"
    text = refused(system)
    assert "system.host.hz" in text and "no more ticks than clock cycles" in text
    assert "lower hz or raise system.clock" in text


def test_virtual_machine_without_guest_tlb() -> None:
    system = native_system()
    system.host = HostKernel(scheme="e4")
    system.core.exceptions = system.host.exits
    text = refused(system)
    assert "GuestTLB" in text and "guest_tlb" in text


def test_native_machine_of_one_entry() -> None:
    text = refused(native_system(entries=1))
    assert "a hardware TLB of at least 2 entries" in text and "raise system.tlb.entries" in text


def test_region_that_ends_before_it_begins() -> None:
    text = refused(native_system(core={"roi_begin": 100, "roi_end": 100}))
    assert "system.core.roi_end" in text and "a reference after roi_begin (100)" in text


@pytest.mark.parametrize("name", ["sqlight", "", "./missing.arrow", "nothing like it"])
def test_traces_that_are_not_there(name: str) -> None:
    text = refused(native_system(workload=TraceWorkload(name)))
    assert "system.core.workload.trace" in text
    if name == "sqlight":
        assert "did you mean 'sqlite'?" in text


def test_a_file_that_is_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "junk.arrow"
    path.write_bytes(b"not a trace at all")
    text = refused(native_system(workload=TraceWorkload(str(path))))
    assert "junk.arrow" in text and "system.core.workload.trace" in text


def test_interleave_of_nothing() -> None:
    text = refused(native_system(workload=Interleave(processes=[])))
    assert "system.core.workload.processes" in text and "at least one workload" in text


@pytest.mark.parametrize("scheme", ["native", *SCHEMES])
def test_memory_too_small(scheme: str) -> None:
    work = SyntheticWorkload(data_pages=9_000, records=9_000)
    guest = {"memory": "32MiB"}
    if scheme == "native":
        system = native_system(workload=work, guest=guest)
    else:
        system = virtual_system(scheme, workload=work, guest=guest)
    with pytest.raises(SimObjectsError) as caught:
        Simulation(system)
    text = str(caught.value)
    assert "system.guest.memory = 32MiB" in text and "page frames and 4096 are free" in text
    least = int(text.rsplit("at least ", 1)[1].removesuffix("MiB"))
    system = native_system(workload=SyntheticWorkload(data_pages=9_000, records=9_000), guest={"memory": f"{least}MiB"})
    assert list(Simulation(system).run()), "what the message asks for is enough"


class KernelToucher(Workload):
    """A stream with a kernel address in it."""

    def make_peer(self) -> TraceStream:
        def column(kind: type, *values: int) -> np.ndarray[Any, Any]:
            return np.array(values, kind)

        return TraceStream(
            column(np.uint32, 0x10000, 0x10000), column(np.uint32, 0x20000, 0xC0123), column(np.uint8, 0, 0),
            column(np.uint16, 1, 1), column(np.uint32, 1, 1),
        )  # fmt: skip


def test_kernel_addresses_in_a_stream() -> None:
    with pytest.raises(SimObjectsError) as caught:
        Simulation(native_system(workload=KernelToucher()))
    text = str(caught.value)
    assert "system.core.workload: stream 0 touches 0xc0123000" in text
    assert "user addresses end below 0xc0000000" in text and "renumbered" in text


# ---- the tables of the schemes ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "path", "kind"), [("e3b", "shadow_tlb", ShadowTLBArray), ("e4", "shadow_refs", ShadowRefTable)]
)
def test_the_host_makes_the_table_of_its_scheme(scheme: str, path: str, kind: type) -> None:
    system = virtual_system(scheme)
    sim = Simulation(system)
    assert type(getattr(system, path)) is kind
    assert not sim.notes
    other = {"shadow_tlb": "shadow_refs", "shadow_refs": "shadow_tlb"}[path]
    assert not hasattr(system, other)


@pytest.mark.parametrize(("scheme", "unused"), [("e3b", "refs"), ("e4", "array")])
def test_a_table_that_the_scheme_does_not_use_is_told_once(
    scheme: str, unused: str, caplog: pytest.LogCaptureFixture
) -> None:
    system = virtual_system(scheme)
    system.array = ShadowTLBArray()
    system.refs = ShadowRefTable()
    told = f"system.{unused} ({type(getattr(system, unused)).__name__}) is not used by scheme {scheme}"
    sims = [Simulation(system), Simulation(system)]
    assert [note.split(": ", 1)[1] for note in sims[0].notes] == [told]
    assert sum(told in record.getMessage() for record in caplog.records) == 1
    assert not hasattr(system, "shadow_tlb") and not hasattr(system, "shadow_refs"), "the script's own table is taken"


@pytest.mark.parametrize("memory", ["256MiB", "512MiB", "768MiB", "1GiB"])
def test_interrupt_pages_miss_whatever_the_memory(memory: str) -> None:
    work = SyntheticWorkload(records=4_000)
    system = virtual_system("e4", memory=memory, interrupt_pages=2, hz="4kHz", workload=work)
    sim = Simulation(system)
    list(sim.run())
    assert sim.stats.count("system.host.ticks") > 1
    assert sim.stats.counts("system.host.host_misses")["interrupt"] >= 2, "ioremapped registers are not lowmem"
