# SPDX-License-Identifier: BSD-3-Clause
"""The exit timing table: the kernel's text to the letter, what is counted when, and both generations."""

from __future__ import annotations

from typing import Any

import pytest

from simobjects import Simulation
from simobjects.kvm.names import TIMING_NAMES
from tests.helpers.executing_guest import (
    DEVICE,
    DTLB,
    EE,
    FP,
    ISI,
    ITLB,
    MFMSR,
    MTDCR,
    RFI,
    SRR0,
    STW,
    SYSCALL,
    TLBSX,
    TLBSYNC,
    TLBWE,
    WE,
    WRTEE,
    Executing,
)
from tests.helpers.live_runs import live, run_to_end
from tests.helpers.played_machine import FREE_C, virtual_system

# Without C, latencies and search an exit lasts as long as its assembly: instructions = cycles = ticks of the timebase.
ASSEMBLY = {**FREE_C, "interrupt_latency": 0, "rfi_latency": 0, "tlbwe_latency": 0, "iccci": False}

ONE_MFMSR = """\
type\tcount\tmin\tmax\tsum\tsum_squared
        MMIO\t         0\t4294967295\t         0\t                   0\t                   0
         DCR\t         0\t4294967295\t         0\t                   0\t                   0
      SIGNAL\t         0\t4294967295\t         0\t                   0\t                   0
    ITLBREAL\t         0\t4294967295\t         0\t                   0\t                   0
    ITLBVIRT\t         0\t4294967295\t         0\t                   0\t                   0
    DTLBREAL\t         0\t4294967295\t         0\t                   0\t                   0
    DTLBVIRT\t         0\t4294967295\t         0\t                   0\t                   0
     SYSCALL\t         1\t        98\t        98\t                  98\t                9604
         ISI\t         0\t4294967295\t         0\t                   0\t                   0
         DSI\t         0\t4294967295\t         0\t                   0\t                   0
    EMULINST\t         0\t4294967295\t         0\t                   0\t                   0
   EMUL_WAIT\t         0\t4294967295\t         0\t                   0\t                   0
  EMUL_WRTEE\t         0\t4294967295\t         0\t                   0\t                   0
  EMUL_MTSPR\t         0\t4294967295\t         0\t                   0\t                   0
  EMUL_MFSPR\t         0\t4294967295\t         0\t                   0\t                   0
  EMUL_MTMSR\t         0\t4294967295\t         0\t                   0\t                   0
  EMUL_MFMSR\t         2\t       143\t       143\t                 286\t               40898
  EMUL_TLBSX\t         0\t4294967295\t         0\t                   0\t                   0
  EMUL_TLBWE\t         0\t4294967295\t         0\t                   0\t                   0
    EMUL_RFI\t         0\t4294967295\t         0\t                   0\t                   0
         DEC\t         0\t4294967295\t         0\t                   0\t                   0
      EXTINT\t         0\t4294967295\t         0\t                   0\t                   0
        HALT\t         0\t4294967295\t         0\t                   0\t                   0
 USR_PR_INST\t         0\t4294967295\t         0\t                   0\t                   0
  FP_UNAVAIL\t         0\t4294967295\t         0\t                   0\t                   0
       DEBUG\t         0\t4294967295\t         0\t                   0\t                   0
 TIMEINGUEST\t         3\t        11\t        11\t                  33\t                 363
"""


def timed(generation: int = 2, per_microsecond: int = 1, **settings: Any) -> Executing:
    """A guest whose exits are timed, from now on, a timebase tick a cycle."""
    guest = Executing(
        **{"costs": ASSEMBLY, "exit_timing": generation, "ticks_per_microsecond": per_microsecond, **settings}
    )
    guest.host.clear_exit_timing()
    return guest


def rows(guest: Executing) -> dict[str, tuple[int, ...]]:
    return {kind: tuple(numbers) for kind, *numbers in guest.host.exit_timing() if numbers[0]}


def test_the_text_is_the_kernels() -> None:
    """An emulated instruction lasts 154 instructions of assembly, 11 of them unseen; a system call 109."""
    guest = timed()
    for _ in range(2):
        guest.do(MFMSR)
    guest.take(SYSCALL)
    guest.do(MFMSR)
    text = guest.host.exit_timing_text()
    assert text == ONE_MFMSR
    assert guest.host.files() == {"vm1_vcpu0_timing": text.encode()}
    assert Executing().host.files() == {}, "off unless asked for"


def test_the_last_exit_is_not_in_it_and_the_time_before_the_first_neither() -> None:
    guest = timed()
    guest.probe.pass_time(5000)
    guest.do(MFMSR)
    assert rows(guest) == {}
    guest.take(SYSCALL)
    assert rows(guest) == {"EMUL_MFMSR": (1, 143, 143, 143, 143**2), "TIMEINGUEST": (1, 11, 11, 11, 121)}


def test_generations() -> None:
    """2.6.29 cuts each duration before it adds; later kernels add ticks, and divide the squares once only."""
    guests = {generation: timed(generation, per_microsecond=100) for generation in (1, 2)}
    for guest in guests.values():
        for _ in range(11):
            guest.do(MFMSR)
    assert rows(guests[1])["EMUL_MFMSR"] == (10, 1, 1, 10, 10)
    assert rows(guests[2])["EMUL_MFMSR"] == (10, 1, 1, 1430 // 100, 10 * 143**2 // 100)
    least = {generation: guest.host.exit_timing()[0][2] for generation, guest in guests.items()}
    assert least == {1: 0xFFFFFFFF, 2: 0xFFFFFFFF // 100}, "of a kind that was not counted"


EVENTS = {
    "MMIO": lambda guest: guest.take(DTLB, ea=DEVICE + 4, insn=STW),
    "DCR": lambda guest: guest.do(MTDCR, spr=0xC0),
    "ITLBREAL": lambda guest: guest.take(ITLB, ea=0x5000_0000),
    "ITLBVIRT": lambda guest: guest.take(ITLB, ea=0x1000),
    "DTLBREAL": lambda guest: guest.take(DTLB, ea=0x5000_0000),
    "DTLBVIRT": lambda guest: guest.take(DTLB, ea=0x1000),
    "SYSCALL": lambda guest: guest.take(SYSCALL),
    "ISI": lambda guest: guest.take(ISI),
    "DSI": lambda guest: guest.take(2),
    "EMULINST": lambda guest: guest.do(TLBSYNC),
    "EMUL_WRTEE": lambda guest: guest.do(WRTEE),
    "EMUL_MTSPR": lambda guest: guest.mtspr(SRR0, 0),
    "EMUL_MFSPR": lambda guest: guest.mfspr(SRR0),
    "EMUL_MTMSR": lambda guest: guest.set_msr(0),
    "EMUL_TLBSX": lambda guest: guest.do(TLBSX),
    "EMUL_TLBWE": lambda guest: guest.do(TLBWE, slot=7),
    "EMUL_RFI": lambda guest: guest.do(RFI),
    "EXTINT": lambda guest: guest.take(4),
    "FP_UNAVAIL": lambda guest: guest.take(FP),
    "DEBUG": lambda guest: guest.take(15),
}


@pytest.mark.parametrize("kind", EVENTS)
def test_every_kind_has_its_row(kind: str) -> None:
    guest = timed()
    EVENTS[kind](guest)
    guest.do(MFMSR)
    assert set(rows(guest)) == {kind, "TIMEINGUEST"}


def test_interrupts_of_the_host_and_waits() -> None:
    guest = timed(signal_every=2)
    guest.probe.pass_time(1_000_000)
    guest.tick()
    guest.probe.pass_time(1_000_000)
    guest.tick()
    guest.set_msr(WE | EE)
    guest.do(MFMSR)
    guest.do(MFMSR)
    counts = {kind: numbers[0] for kind, numbers in rows(guest).items()}
    assert counts == {"DEC": 1, "SIGNAL": 2, "EMUL_MFMSR": 1, "TIMEINGUEST": 4}, "a signal takes the exit over"


def test_a_users_illegal_instruction() -> None:
    guest = timed()
    guest.mtspr(0x1B, 0x4000)
    guest.do(RFI)
    guest.do(MFMSR)
    guest.do(MFMSR)
    assert rows(guest)["USR_PR_INST"][0] == 1


def test_a_stream_is_timed_too() -> None:
    """Each exit but the last is in the table, and the guest's time is what is left."""
    machine = live("e4", exit_timing="later")
    run_to_end(machine)
    table = {kind: numbers for kind, *numbers in machine.host.exit_timing()}
    exits = {name: machine.exits(name) for name in ("itlb_r", "dtlb_r", "itlb_v", "dtlb_v", "mmio", "sysc", "sig")}
    names = dict(zip(exits, ("ITLBREAL", "DTLBREAL", "ITLBVIRT", "DTLBVIRT", "MMIO", "SYSCALL", "SIGNAL"), strict=True))
    assert sum(abs(table[names[name]][0] - count) for name, count in exits.items()) <= 1
    assert table["TIMEINGUEST"][0] == machine.stat("exceptions") - 1
    assert sum(numbers[0] for kind, numbers in table.items() if kind != "TIMEINGUEST") == table["TIMEINGUEST"][0]
    assert [kind for kind, *_ in machine.host.exit_timing()] == list(TIMING_NAMES) and len(TIMING_NAMES) == 27


def test_it_is_written_into_the_run_directory(tmp_path: Any) -> None:
    system = virtual_system("e4", exit_timing="2.6.29")
    sim = Simulation(system)
    list(sim.run())
    sim.write(tmp_path)
    assert (tmp_path / "vm1_vcpu0_timing").read_text() == sim.peers[system.host].exit_timing_text()
