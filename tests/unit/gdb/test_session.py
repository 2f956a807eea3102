# SPDX-License-Identifier: BSD-3-Clause
"""The commands of gdb's protocol on a small guest, one packet at a time."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simobjects.gdb.description import CORE
from simobjects.gdb.session import End, Session
from tests.helpers.fake_guest import FakeGuest, addi, branch, stw

COUNT = [addi(3, 0, 5), addi(3, 3, 1), stw(3, 0x200, 0), branch(-8)]


def session(program: list[int] | None = None) -> tuple[FakeGuest, Session, list[str]]:
    guest = FakeGuest(program or COUNT)
    said: list[str] = []
    return guest, Session(guest, lambda: guest.stepped > 500, said.append), said


def ask(made: Session, *commands: bytes) -> list[bytes]:
    return [made.handle(command).payload for command in commands]


def test_registers_are_read_and_written() -> None:
    guest, made, _ = session()
    assert ask(made, b"P3=00000007", b"p3", b"p20") == [b"OK", b"00000007", b"00000100"]
    everything = ask(made, b"g")[0]
    assert len(everything) == 8 * len(guest.registers)
    assert everything[24:32] == b"00000007"
    assert ask(made, b"G" + b"00000001" * 32) == [b"OK"]
    assert guest.registers["r31"] == 1
    assert guest.registers["pc"] == 0x100


def test_a_register_that_does_not_take_the_value_gives_an_error() -> None:
    guest, made, _ = session()
    number = b"%x" % len(CORE)
    assert ask(made, b"P" + number + b"=00000100", b"P" + number + b"=000000ff") == [b"E16", b"OK"]
    assert guest.registers["pid"] == 255


def test_memory_is_read_and_written() -> None:
    _, made, _ = session()
    assert ask(made, b"M200,4:0badcafe", b"m200,4", b"X204,2:\x01\x02", b"m202,4") == [
        b"OK",
        b"0badcafe",
        b"OK",
        b"cafe0102",
    ]


def test_memory_that_ends_is_read_up_to_its_end() -> None:
    _, made, _ = session()
    assert ask(made, b"mffe,8", b"m2000,4", b"M2000,1:00") == [b"0000", b"E0e", b"E0e"]


def test_breakpoints_steps_and_the_end() -> None:
    guest, made, said = session([addi(3, 0, 1), addi(4, 0, 2), branch(0)])
    assert ask(made, b"Z0,108,4", b"s", b"c", b"z0,108,4", b"vCont;c", b"c") == [
        b"OK", b"T05thread:1;", b"T05thread:1;", b"OK", b"W00", b"W00",
    ]  # fmt: skip
    assert (guest.registers["r3"], guest.registers["r4"]) == (1, 2)
    assert said == ["the guest branches to itself\n"]


def test_a_watchpoint_names_its_address() -> None:
    _, made, _ = session()
    assert ask(made, b"Z2,200,4", b"c", b"?", b"z2,200,4") == [
        b"OK", b"T05watch:200;thread:1;", b"T05watch:200;thread:1;", b"OK",
    ]  # fmt: skip


def test_an_interrupt_stops_a_loop_and_a_failure_is_told() -> None:
    _, made, _ = session()
    assert ask(made, b"c") == [b"T02thread:1;"]
    _, made, said = session([0])
    assert ask(made, b"c") == [b"T04thread:1;"]
    assert said == ["no instruction: 0x00000000\n"]


def test_gdb_leaves_in_three_ways() -> None:
    _, made, _ = session()
    assert made.handle(b"D").end is End.DETACH
    assert made.handle(b"vKill;1").end is End.KILL
    killed = made.handle(b"k")
    assert killed.end is End.KILL
    assert killed.quiet


def test_the_description_is_xml_with_every_register() -> None:
    guest, made, _ = session()
    text = b""
    while True:
        part = ask(made, b"qXfer:features:read:target.xml:%x,100" % len(text))[0]
        text += part[1:]
        if part[:1] == b"l":
            break
    root: Any = ElementTree.fromstring(text)
    assert [reg.get("name") for reg in root.iter("reg")] == list(guest.registers)
    assert root.findtext("architecture") == "powerpc:403"
    assert ask(made, b"qXfer:features:read:other.xml:0,100") == [b"E00"]


def test_monitor_commands_go_to_the_machine() -> None:
    _, made, _ = session()
    assert bytes.fromhex(ask(made, b"qRcmd," + b"tlb".hex().encode())[0].decode()) == b"you said tlb\n"
    assert ask(made, b"qRcmd," + b"nothing".hex().encode()) == [b"OK"]


@pytest.mark.parametrize(
    "command",
    [
        b"", b"m", b"m,", b"m-4,4", b"mfffffff0,20", b"m123456789,1", b"M0,2:00", b"Mz,1:00", b"p99", b"P3=0", b"P3",
        b"P99=00000000", b"G00", b"Gzz", b"Z0", b"Z0,zz,4", b"Z9,0,4", b"qXfer:features:read:target.xml:zz", b"qRcmd,z",
        b"s?", b"\xff\xfe", b"v", b"!",
    ],
)  # fmt: skip
def test_a_malformed_command_changes_nothing_and_gets_an_error_or_nothing(command: bytes) -> None:
    guest, made, _ = session()
    before = (bytes(guest.memory), dict(guest.registers), set(guest.breakpoints))
    assert made.handle(command).payload in (b"", b"E16", b"E0e")
    assert (bytes(guest.memory), dict(guest.registers), set(guest.breakpoints)) == before


@given(st.sampled_from([*b"?gGpPmMXZzvDqQHTk"]), st.binary(max_size=30))
def test_any_command_is_survived(letter: int, rest: bytes) -> None:
    _, made, _ = session()
    made.handle(bytes((letter,)) + rest)
    assert ask(made, b"p20") != [b""]
