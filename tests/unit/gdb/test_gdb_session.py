# SPDX-License-Identifier: BSD-3-Clause
"""Debian's gdb-multiarch, driven by a script, at a small guest over the loopback interface."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
from collections.abc import Callable

import pytest

from simobjects.gdb import serve
from simobjects.gdb.packets import frame
from simobjects.gdb.session import End
from simobjects.gdb.target import Target
from tests.helpers.fake_guest import FakeGuest, addi, branch, stw

GDB = shutil.which("gdb-multiarch")
COUNT = [addi(3, 0, 5), addi(3, 3, 1), stw(3, 0x200, 0), branch(-8)]
needs_gdb = pytest.mark.skipif(GDB is None, reason="no gdb-multiarch here: apt-get install gdb-multiarch")


def served(guest: Target, client: Callable[[int], None]) -> End:
    """Serve `guest` in a thread while `client` talks to the port; how the client left."""
    ends: list[End] = []
    told = threading.Event()
    ports: list[int] = []

    def ready(port: int) -> None:
        ports.append(port)
        told.set()

    thread = threading.Thread(target=lambda: ends.append(serve(guest, 0, ready)))
    thread.start()
    assert told.wait(10)
    client(ports[0])
    thread.join(30)
    assert not thread.is_alive()
    return ends[0]


def gdb(port: int, *commands: str) -> str:
    assert GDB is not None
    preparation = ("set pagination off", "set architecture powerpc:403", "set endian big", "set confirm off")
    lines = (*preparation, f"target remote 127.0.0.1:{port}", *commands)
    arguments = [argument for line in lines for argument in ("-ex", line)]
    done = subprocess.run([GDB, "-nx", "-batch", *arguments], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@needs_gdb
def test_gdb_breaks_steps_reads_writes_and_watches() -> None:
    guest = FakeGuest(COUNT)
    output: list[str] = []
    commands = (
        "x/2i $pc", "break *0x108", "continue", "printf \"r3 is %d\\n\", $r3", "stepi", "printf \"pc is %x\\n\", $pc",
        "set var $r3 = 41", "delete", "set {int}0x204 = 0x1234", "x/1xw 0x204", "watch *(int *)0x200", "continue",
        "printf \"pid is %d\\n\", $pid", "info registers cr", "monitor hello", "x/1xw 0x5000", "detach",
    )  # fmt: skip
    assert served(guest, lambda port: output.append(gdb(port, *commands))) is End.DETACH
    text = output[0]
    assert "li      r3,5" in text
    assert "addi    r3,r3,1" in text
    assert "r3 is 6" in text
    assert "pc is 10c" in text
    assert "0x204:\t0x00001234" in text
    assert "New value = 42" in text
    assert "pid is 0" in text
    assert "you said hello" in text
    assert "Cannot access memory at address 0x5000" in text
    assert guest.memory[0x204:0x208] == b"\0\0\x12\x34"
    assert not guest.breakpoints
    assert not guest.watchpoints


@needs_gdb
def test_gdb_kills_the_run() -> None:
    assert served(FakeGuest(COUNT), lambda port: print(gdb(port, "stepi", "kill"))) is End.KILL


def test_ctrl_c_interrupts_and_a_broken_connection_is_survived() -> None:
    guest = FakeGuest(COUNT)

    def client(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"$c#00" + frame(b"c"))
            assert connection.recv(1) == b"-"
            assert connection.recv(1) == b"+"
            connection.sendall(b"\x03")
            assert connection.recv(100) == frame(b"T02thread:1;")
            connection.sendall(frame(b"c"))

    assert served(guest, client) is End.GONE
    assert guest.stepped > 100


def test_a_damaged_packet_is_answered_in_both_ways_of_acknowledging() -> None:
    def client(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.settimeout(10)

            def told(request: bytes, answer: bytes) -> None:
                connection.sendall(request)
                found = b""
                while len(found) < len(answer):
                    found += connection.recv(100)
                assert found == answer

            told(b"$g#zz", b"-")
            told(frame(b"QStartNoAckMode"), b"+" + frame(b"OK"))
            told(b"$g#zz", frame(b"E16"))
            told(b"$" + b"m" * 0x5000 + b"#00", frame(b"E16"))
            told(frame(b"qC"), frame(b"QC1"))

    assert served(FakeGuest(COUNT), client) is End.GONE


def test_a_flood_while_the_guest_runs_ends_the_connection() -> None:
    def client(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(frame(b"c") + frame(b"g") * 2000)
            connection.settimeout(10)
            try:
                while connection.recv(4096):
                    pass
            except ConnectionError:
                pass

    assert served(FakeGuest(COUNT), client) is End.GONE
